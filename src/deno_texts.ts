/**
 * What Deno, V8 and the system say in words only, where this library decides by it. The words are those of Deno 2.9.6; another version may have
 * others, and then `tests/deno_texts_test.ts` fails, which has a real Deno say each of them.
 *
 * What is only told in other words, as advice, stands in tables beside it: `worker/explain.ts` and the command's `runner/advice.ts`.
 */

/** Whether a process that could not start says that the system had no thread, memory or file handle free for it. */
export function saysShortage(stderr: string): boolean {
  // The second is that of a panic.
  return /\b(?:os error |Os \{ code: )(?:11|12|23|24|35)\b|unable to create worker threads/.test(stderr);
}

/** Whether V8 says that it ended the process because the JavaScript heap was full. */
export function saysHeapIsFull(stderr: string): boolean {
  return /out of memory|heap limit|Last few GCs/i.test(stderr);
}

/** Which line begins what Deno says of an uncaught error; or of itself, when the system gave it no thread. */
export function beginsLastWords(line: string): "uncaught" | "unstarted" | undefined {
  if (line.startsWith("error: ")) return "uncaught";
  return line.startsWith("Deno could not start: ") ? "unstarted" : undefined;
}

/** What was not there, of an error of a command that could not be started. */
export type SpawnGap =
  | { readonly missing: "command" | "program's folder" }
  | { readonly missing: "folder"; readonly folder: string };

/** Reads that out of the error's text. All of it are errors of one class. */
export function spawnGapOf(error: unknown): SpawnGap | undefined {
  if (!(error instanceof Deno.errors.NotFound) || !error.message.startsWith("Failed to spawn")) return undefined;
  const [, folder] = /No such cwd '(.*)'\.?$/s.exec(error.message) ?? [];
  if (folder !== undefined) return { missing: "folder", folder };
  return { missing: error.message.includes("failed resolving cwd") ? "program's folder" : "command" };
}

/** The variable that is not there, by the text of a ReferenceError. */
export function undefinedName(message: string): string | undefined {
  return /^([\p{ID_Start}$_][\p{ID_Continue}$]*) is not defined/u.exec(message)?.[1];
}

/** The variable that has no value yet, by the text of a ReferenceError. */
export function uninitializedName(message: string): string | undefined {
  return /^Cannot access '(\w+)' before initialization$/.exec(message)?.[1];
}

/** Whether a TypeError is of something that was looked for in `undefined`. */
export function isOfUndefined(message: string): boolean {
  return message.includes("undefined");
}

/** Whether a TypeError is of something that was looked for in `null`. */
export function isOfNull(message: string): boolean {
  return message.includes("of null");
}
