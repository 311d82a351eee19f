/** What becomes of an error that a caller's own callback throws; why, is in `docs/decisions/pool.md`. */

/**
 * Calls a caller's own function, and reports what it throws; if it is asynchronous, also that it rejects later. Nobody waits for it.
 *
 * @param callback What it is called in the report.
 */
export function runCallback<A extends unknown[]>(
  callback: string,
  fn: ((...args: A) => unknown) | undefined,
  ...args: A
): void {
  try {
    reportRejection(callback, fn?.(...args));
  } catch (error) {
    reportCallbackError(callback, error);
  }
}

/** Reports that what a callback returned rejects, if it is a promise. Throws what its `then` throws. */
export function reportRejection(callback: string, returned: unknown): void {
  if (typeof returned !== "object" || returned === null || !("then" in returned)) return;
  if (typeof returned.then !== "function") return;
  returned.then(undefined, (error: unknown) => reportCallbackError(callback, error));
}

/**
 * Prints the error with its stack on stderr, and goes on, as Python does: the fault of a callback must not become that of a task, a worker
 * or the program. We rejected raising it as an uncaught error, which ends the program.
 */
export function reportCallbackError(callback: string, error: unknown): void {
  const text = `Error in ${callback} of a pool, which goes on:`;
  try {
    // deno-lint-ignore no-console -- there is no one else to tell
    console.error(text, error);
  } catch {
    // It has code of its own that says how it is shown, and that code throws.
    // deno-lint-ignore no-console -- there is no one else to tell
    console.error(text, "a value that cannot be shown");
  }
}
