/** What becomes of an error that a caller's own callback throws; why, is in `docs/decisions/pool.md`. */

/**
 * Prints the error with its stack on stderr, and goes on, as Python does: the fault of a callback must not become that of a task, a worker
 * or the program. We rejected raising it as an uncaught error, which ends the program.
 */
export function reportCallbackError(callback: string, error: unknown): void {
  // deno-lint-ignore no-console -- there is no one else to tell
  console.error(`Error in ${callback} of a pool, which goes on:`, error);
}
