/**
 * Joins the stack of an error that came from a worker to the stack of whoever awaited the call.
 *
 * The caller's frames are taken when the error arrives: an engine knows the awaiting functions of a
 * promise then, and a call that succeeds pays nothing.
 */

const OWN_FILES = new URL("../", import.meta.url).href;

/** Puts the caller's frames on top of the error's own. Call it in an async function that awaited the task. */
export function withCallerStack(error: Error): Error {
  const caller = frames(new Error().stack);
  const own = frames(error.stack);
  try {
    const middle = own.length > 0 ? ["    --- in the worker ---", ...own] : [];
    error.stack = [`${error.name}: ${error.message}`, ...caller, ...middle].join("\n");
  } catch {
    // A frozen error keeps the stack it has.
  }
  return error;
}

function frames(stack: string | undefined): string[] {
  const lines = (stack ?? "").split("\n");
  return lines.filter((line) => /^\s+at /.test(line) && !line.includes(OWN_FILES));
}
