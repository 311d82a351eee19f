/** What becomes of an error that a caller's own callback throws; why, is in `docs/decisions/pool.md`. */

/**
 * Calls a caller's own function, and reports what it throws; if it is asynchronous, also that it rejects later. Returns when it has ended, if it is.
 *
 * @param callback What it is called in the report.
 */
export function runCallback<A extends unknown[]>(
  callback: string,
  fn: ((...args: A) => unknown) | undefined,
  ...args: A
): PromiseLike<unknown> | undefined {
  try {
    return reportRejection(callback, fn?.(...args));
  } catch (error) {
    reportCallbackError(callback, error);
    return undefined;
  }
}

/** Reports that what a callback returned rejects, if it is a promise; returns when it has settled, then. Throws what its `then` throws. */
export function reportRejection(callback: string, returned: unknown): PromiseLike<unknown> | undefined {
  if (!isThenable(returned)) return undefined;
  return returned.then(undefined, (error: unknown) => reportCallbackError(callback, error));
}

/** Whether a value is a promise, or does as if. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== "object" || value === null || !("then" in value)) return false;
  return typeof value.then === "function";
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
