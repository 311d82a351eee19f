import { TimeoutError } from "../errors.ts";
import { OptionChecks } from "../option_checks.ts";
import { refuseSurplus, shown } from "../shown.ts";
import { checkWait, monotonicMs, until, type WaitLimit } from "../timer.ts";
import { Future, hasFailed, observe, whenDone } from "./future.ts";

/** When `waitFutures` returns: after the first that is done, after the first that failed, or after all. */
export type ReturnWhen = "FIRST_COMPLETED" | "FIRST_EXCEPTION" | "ALL_COMPLETED";

/** Options of `asCompleted`. */
export interface AsCompletedOptions {
  /** Milliseconds to wait at most. @default no limit */
  timeoutMs?: number;
  /** Ends the wait early: it rejects with `signal.reason`. */
  signal?: AbortSignal;
}

/** Options of `waitFutures`. */
export interface WaitFuturesOptions extends AsCompletedOptions {
  /** What to wait for. `"FIRST_EXCEPTION"` waits for all if none fails; a cancelled future has not failed. @default "ALL_COMPLETED" */
  returnWhen?: ReturnWhen;
}

/** What `waitFutures` found, in the order in which the futures were given. */
export interface WaitedFutures<F> {
  /** Those that have a value or an error, or were cancelled. */
  readonly done: Set<F>;
  /** The others. */
  readonly notDone: Set<F>;
}

/**
 * A future that `asCompleted` yielded. It is the future itself; only its type hides `then`, because TypeScript takes whatever
 * `for await` yields for awaited. Ask it with `result()`.
 */
export type CompletedFuture<F> = F & { then: never };

const RETURN_WHEN: readonly [ReturnWhen, ...ReturnWhen[]] = ["ALL_COMPLETED", "FIRST_EXCEPTION", "FIRST_COMPLETED"];
const AS_COMPLETED_OPTIONS: Record<keyof AsCompletedOptions, true> = { timeoutMs: true, signal: true };
const checks = new OptionChecks("wait");

function limitOf({ timeoutMs, signal }: AsCompletedOptions): WaitLimit {
  return { timeoutMs, signal };
}

/**
 * Waits for futures, of one executor or of several.
 *
 * Returns at once if nothing is left to wait for. The time limit only ends the wait: it does not throw, and the tasks go on.
 *
 * Python's `concurrent.futures.wait` (https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.wait).
 *
 * @typeParam F The type of the futures.
 * @param futures The futures; one that is given twice counts once.
 * @param options What to wait for, and for how long.
 * @returns The futures that are done, and those that are not.
 * @throws {TypeError} If something is not a future, or an option has the wrong name or type.
 * @throws `signal.reason`, if the signal is aborted.
 *
 * @example The first of two
 * ```ts
 * import { ProcessPoolExecutor, waitFutures } from "@corral/multiprocessing";
 *
 * await using executor = new ProcessPoolExecutor({ maxWorkers: 2 });
 * const futures = [executor.submit(Math.sqrt, 4), executor.submit(Math.sqrt, 9)];
 * const { done } = await waitFutures(futures, { returnWhen: "FIRST_COMPLETED" });
 * console.log(done.size > 0); // true
 * ```
 */
export async function waitFutures<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitFuturesOptions = {},
): Promise<WaitedFutures<F>> {
  refuseSurplus("waitFutures(futures, options)", arguments, 2);
  checks.names(options, { ...AS_COMPLETED_OPTIONS, returnWhen: true }, "waitFutures()");
  const returnWhen = checks.choice("returnWhen", options.returnWhen, RETURN_WHEN);
  checkWait(limitOf(options));
  const all = distinct(futures);
  for (const future of all) observe(future);
  await until((callback) => whenEnough(all, returnWhen, callback), limitOf(options));
  return {
    done: new Set([...all].filter((future) => future.done())),
    notDone: new Set([...all].filter((future) => !future.done())),
  };
}

/** Calls back when what is waited for has happened. Returns what undoes that. */
function whenEnough(all: Set<Future<unknown>>, returnWhen: ReturnWhen, callback: () => void): () => void {
  let left = all.size;
  const isEnough = (future: Future<unknown>): boolean =>
    left === 0 || returnWhen === "FIRST_COMPLETED" || (returnWhen === "FIRST_EXCEPTION" && hasFailed(future));
  for (const future of all) {
    if (!future.done()) continue;
    left--;
    if (isEnough(future)) left = 0;
    if (left === 0) break;
  }
  if (left === 0) {
    callback();
    return () => {};
  }
  const undo = [...all].filter((future) => !future.done()).map((future) =>
    whenDone(future, () => {
      left--;
      if (isEnough(future)) callback();
    })
  );
  return () => undo.forEach((one) => one());
}

/**
 * Yields futures as they are done, those that are done already first.
 *
 * `timeoutMs` counts from the call. When it is over, a `next()` that would have to wait rejects with `TimeoutError`; futures that are done
 * are still yielded. Leaving the loop early leaves the tasks alone.
 *
 * Python's `concurrent.futures.as_completed`
 * (https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.as_completed).
 *
 * @typeParam F The type of the futures.
 * @param futures The futures, of one executor or of several; one that is given twice is yielded once.
 * @param options For how long to wait.
 * @returns An iterator over the futures themselves: ask each for its `result()`. Its `next()` rejects with `signal.reason` after an abort.
 * @throws {TypeError} If something is not a future, or an option has the wrong name or type.
 *
 * @example Results as they come
 * ```ts
 * import { asCompleted, ProcessPoolExecutor } from "@corral/multiprocessing";
 *
 * await using executor = new ProcessPoolExecutor({ maxWorkers: 2 });
 * const futures = [1, 4, 9].map((x) => executor.submit(Math.sqrt, x));
 * for await (const future of asCompleted(futures, { timeoutMs: 10_000 })) {
 *   console.log(await future.result());
 * }
 * ```
 */
export function asCompleted<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: AsCompletedOptions = {},
): AsyncIterableIterator<CompletedFuture<F>> {
  refuseSurplus("asCompleted(futures, options)", arguments, 2);
  checks.names(options, AS_COMPLETED_OPTIONS, "asCompleted()");
  checkWait(limitOf(options));
  return new CompletedFutures(distinct(futures), options) as AsyncIterableIterator<unknown> as AsyncIterableIterator<
    CompletedFuture<F>
  >;
}

/** The iterator of `asCompleted`. Not a generator: that would await the futures, and yield their values. */
class CompletedFutures<F extends Future<unknown>> implements AsyncIterableIterator<F> {
  readonly #options: AsCompletedOptions;
  readonly #endsAt: number;
  readonly #total: number;
  readonly #done: F[] = [];
  readonly #undo = new Map<F, () => void>();
  #left: number;
  #ended = false;
  #wake: (() => void) | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(futures: Set<F>, options: AsCompletedOptions) {
    this.#options = options;
    this.#endsAt = monotonicMs() + (options.timeoutMs ?? Infinity);
    this.#left = this.#total = futures.size;
    for (const future of futures) {
      if (future.done()) this.#done.push(future);
    }
    for (const future of futures) {
      if (!future.done()) this.#undo.set(future, whenDone(future, () => this.#add(future)));
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<F>> {
    const step = this.#turn.then(() => this.#step());
    this.#turn = step.catch(() => {});
    return step;
  }

  return(): Promise<IteratorResult<F>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  async #step(): Promise<IteratorResult<F>> {
    if (this.#ended || this.#left === 0) return { done: true, value: undefined };
    if (this.#done.length === 0 || this.#options.signal?.aborted) await this.#wait();
    const future = this.#done.shift();
    if (future === undefined) return { done: true, value: undefined };
    this.#left--;
    observe(future);
    return { done: false, value: future };
  }

  async #wait(): Promise<void> {
    const { signal } = this.#options;
    try {
      const woken = await until((callback) => {
        this.#wake = callback;
        return () => this.#wake = undefined;
      }, { timeoutMs: this.#endsAt - monotonicMs(), signal });
      if (woken) return;
    } catch (reason) {
      this.#end();
      throw reason;
    }
    const error = new TimeoutError(
      `${this.#left} (of ${this.#total}) futures unfinished when the time was up; they go on, wait for them again`,
    );
    this.#end();
    throw error;
  }

  #add(future: F): void {
    this.#undo.delete(future);
    this.#done.push(future);
    this.#wake?.();
  }

  #end(): void {
    this.#ended = true;
    for (const undo of this.#undo.values()) undo();
    this.#undo.clear();
    this.#done.length = 0;
    this.#wake?.();
  }
}

function distinct<F>(futures: Iterable<F>): Set<F> {
  if (typeof futures !== "object" || futures === null || !(Symbol.iterator in futures)) {
    throw new TypeError(`Cannot wait for ${shown(futures)}: a list of futures is wanted`);
  }
  const all = new Set(futures);
  for (const future of all) {
    if (!(future instanceof Future)) throw new TypeError(`Cannot wait for ${shown(future)}: futures are wanted`);
  }
  return all;
}
