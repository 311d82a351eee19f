/** Writing to stderr, where nothing that goes wrong may end a run. */

/** Writes all of a text at once; does nothing if nobody reads it any more. */
export function writeToStderr(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // The reader has gone. What failed is told by the joblog and the exit code, too.
  }
}
