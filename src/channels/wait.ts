import type { WaitOptions } from "../hub/wait_queue.ts";
import { refuseSurplus, shown } from "../shown.ts";
import { checkWait, delay, monotonicMs, until } from "../timer.ts";
import { Connection } from "./connection.ts";

/** Something to wait for: a connection, or a promise such as `process.sentinel`. */
// deno-lint-ignore no-explicit-any -- connections of all messages
export type Waitable = Connection<any, any> | PromiseLike<unknown>;

// One promise is subscribed to once, however many waits it takes part in: subscriptions cannot be taken back.
const watches = new WeakMap<PromiseLike<unknown>, Watch>();

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
  const watched = all.map((object) => object instanceof Connection ? object.poll() : Watch.of(object));
  const polled = await Promise.all(watched.map((one) => one instanceof Watch ? one.look() : one));
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
      if (!(object instanceof Connection)) return Watch.of(object).whenSettled(callback);
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

/** Knows whether a promise is settled. */
class Watch {
  #settled = false;
  readonly #listeners = new Set<() => void>();

  static of(promise: PromiseLike<unknown>): Watch {
    let watch = watches.get(promise);
    if (watch === undefined) watches.set(promise, watch = new Watch(promise));
    return watch;
  }

  constructor(promise: PromiseLike<unknown>) {
    const settle = (): void => {
      this.#settled = true;
      for (const listener of this.#listeners) listener();
      this.#listeners.clear();
    };
    promise.then(settle, settle);
  }

  /** Whether it is settled. A promise that is tells so only after a turn. */
  async look(): Promise<boolean> {
    if (!this.#settled) await delay();
    return this.#settled;
  }

  /** Calls `listener` when it is settled, unless the returned function was called before. */
  whenSettled(listener: () => void): () => void {
    if (this.#settled) listener();
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
