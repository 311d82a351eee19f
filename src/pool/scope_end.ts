/** The end of an `await using` scope: docs/decisions/callers.md. */
import { isTerminal, writeToProgram } from "../printing.ts";
import { untilSettled } from "../timer.ts";

/** What a scope ends with. */
export interface ScopedPool {
  readonly options: { readonly name: string; readonly scopeTimeoutMs: number | undefined };
  stats(): { readonly waiting: number; readonly running: number };
  terminate(): Promise<void>;
}

/** So long may a scope take to end before somebody who looks at a terminal asks what it waits for. */
const NOTE_AFTER_MS = 3000;

/**
 * Waits until a closed pool has ended, as long as its options allow, and terminates it then.
 *
 * @param joined Settles when the pool has ended.
 * @param note Gets what the scope waits for when that takes long and no limit was set.
 */
export async function endScope(
  pool: ScopedPool,
  joined: Promise<void>,
  { note = noteOnTerminal, noteAfterMs = NOTE_AFTER_MS } = {},
): Promise<void> {
  const { scopeTimeoutMs } = pool.options;
  const limitMs = scopeTimeoutMs ?? noteAfterMs;
  if (limitMs < Infinity && !await untilSettled(joined, { timeoutMs: limitMs })) {
    if (scopeTimeoutMs === undefined) note(describeWait(pool));
    else await pool.terminate();
  }
  await joined;
}

function describeWait(pool: ScopedPool): string {
  const { running, waiting } = pool.stats();
  return `corral: the scope of ${pool.options.name} waits for its tasks (${running} running, ${waiting} waiting). If an error left the ` +
    "scope, it is shown when they are done: scopeTimeoutMs limits the wait, terminate() (of an executor, terminateWorkers()) in a catch ends it\n";
}

/** A program that nobody looks at has no use for it, and its stderr may be read by another. */
function noteOnTerminal(text: string): void {
  if (isTerminal(2)) writeToProgram(2, new TextEncoder().encode(text));
}
