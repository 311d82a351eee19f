import type { WaitOptions } from "../hub/wait_queue.ts";
import { Settlement } from "../settlement.ts";
import { refuseSurplus, shown } from "../shown.ts";
import { checkWait, delay, monotonicMs, until } from "../timer.ts";
import { Connection } from "./connection.ts";

/** Something to wait for: a connection, or a promise such as `process.sentinel`. */
// deno-lint-ignore no-explicit-any -- connections of all messages
export type Waitable = Connection<any, any> | PromiseLike<unknown>;

/**
 * Waits until some of several connections and promises are ready: a connection when it has a message or has ended, a promise
 * when it is settled. Nothing is received, and no rejection is thrown.
 *
 * Python's `multiprocessing.connection.wait`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.wait).
 *
 * @param objects What to wait for.
 * @param limit How long, in milliseconds, 0 or less to look only; or the options of a wait. @default as long as it takes
 * @returns Those that are ready, in the order given; none, if the time was up.
 * @throws {TypeError} If something is neither a connection nor a promise, or the options are wrong; a `RangeError` if the limit is NaN.
 * @throws {ClosedError} If a connection was closed here.
 * @throws `signal.reason`, if the wait was aborted.
 *
 * @example Whichever comes first
 * ```ts
 * import { Pipe, wait } from "@corral/multiprocessing";
 *
 * const [a, b] = Pipe();
 * const pause = new Promise((resolve) => setTimeout(resolve, 10));
 * console.log((await wait([a, pause])).indexOf(pause)); // 0, it is the only one
 * await b.send("hello");
 * console.log((await wait([a, pause])).length); // 2
 * ```
 */
export async function wait<T extends Waitable>(objects: Iterable<T>, limit: number | WaitOptions = {}): Promise<T[]> {
  refuseSurplus("wait(objects, limit)", arguments, 2);
  const options = typeof limit === "number" ? { timeoutMs: limit } : limit;
  checkWait(options);
  const { timeoutMs = Infinity, signal } = options as WaitOptions;
  signal?.throwIfAborted();
  const all = waitables(objects);
  const endsAt = monotonicMs() + timeoutMs;
  while (true) {
    const ready = await readyOf(all);
    const leftMs = endsAt - monotonicMs();
    if (ready.length > 0 || leftMs <= 0) return ready;
    // What is ready then may have been received by somebody else before it is looked at.
    await firstOf(all, leftMs, signal);
  }
}

function waitables<T extends Waitable>(objects: Iterable<T>): T[] {
  if (typeof objects !== "object" || objects === null || !(Symbol.iterator in objects)) {
    throw new TypeError(`Cannot wait for ${shown(objects)}: a list of connections and promises is wanted`);
  }
  const all = [...objects];
  for (const object of all) {
    if (typeof (object as PromiseLike<unknown> | undefined)?.then === "function" || object instanceof Connection) {
      continue;
    }
    throw new TypeError(`Cannot wait for ${shown(object)}: a connection or a promise is wanted`);
  }
  return all;
}

async function readyOf<T extends Waitable>(all: readonly T[]): Promise<T[]> {
  const polled = await Promise.all(
    all.map((object) => object instanceof Connection ? object.poll() : isSettled(object)),
  );
  return all.filter((_, index) => polled[index]);
}

/** Resolves when the first is ready, or the time is up. */
async function firstOf(all: readonly Waitable[], timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  const subscribe = (callback: () => void): () => void => {
    const end = new AbortController();
    const fail = (error: unknown): void => {
      // What was given up below fails too, and says nothing.
      if (end.signal.aborted) return;
      failure = { error };
      callback();
    };
    const forget = all.map((object) => {
      if (!(object instanceof Connection)) return Settlement.of(object).whenReached(callback);
      object.poll(Infinity, { signal: end.signal }).then(callback, fail);
      return undefined;
    });
    return () => {
      for (const one of forget) one?.();
      end.abort();
    };
  };
  await until(subscribe, { timeoutMs, signal });
  if (failure !== undefined) throw failure.error;
}

/** Whether a promise is settled. */
async function isSettled(promise: PromiseLike<unknown>): Promise<boolean> {
  const settlement = Settlement.of(promise);
  // It hears of one that is settled only after a turn.
  if (!settlement.isReached) await delay();
  return settlement.isReached;
}
