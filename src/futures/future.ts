import { brand, sharedSymbol } from "../copies.ts";
import { TimeoutError } from "../errors.ts";
import { runCallback } from "../pool/callback_errors.ts";
import { checkTimeout, inMicrotask, until } from "../timer.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";

/** The task behind a future, and who keeps the future. */
export interface FutureOwner {
  /** Cancels the task, and tells the sink so, unless it runs. */
  cancel(): void;
  /** Whether a worker may have begun the task. */
  isRunning(): boolean;
  /** The future is done; `failure` is there if it failed and nobody has asked for the outcome so far. */
  settled(failure: { readonly error: unknown } | undefined): void;
  /** Somebody asked for the outcome, for the first time. */
  observed(): void;
  /** Gives an error from a worker the frames of the code that awaits it. */
  traced(error: unknown): unknown;
}

/** Where the outcome of a future comes from. What comes after the first outcome is ignored. */
export interface FutureSink {
  /** The task gave a value. */
  resolve(value: unknown): void;
  /** The task failed, or was cancelled. */
  reject(error: unknown, cancelled: boolean): void;
}

type State = "pending" | "fulfilled" | "rejected" | "cancelled";

/** A future, and what settles it. */
interface NewFuture<R> {
  readonly future: Future<R>;
  readonly sink: FutureSink;
}

// Only the class can make one, and it is to have no public constructor.
let make: <R>(owner: FutureOwner) => NewFuture<R>;

/** Makes a future, and what settles it. */
export function makeFuture<R>(owner: FutureOwner): NewFuture<R> {
  return make(owner);
}

/** What those who wait for several futures need of each. */
interface FutureInside {
  listen(callback: () => void): () => void;
  observe(): void;
  hasFailed(): boolean;
}

// The future may be one of another copy of the library: its private parts are then out of reach.
const INSIDE = sharedSymbol("future");

const insideOf = (future: Future<unknown>): FutureInside =>
  (future as unknown as Record<symbol, FutureInside>)[INSIDE]!;

/** Calls back once when the future is done, at once if it is, without counting as a look at its outcome. Returns what undoes that. */
export function whenDone(future: Future<unknown>, callback: () => void): () => void {
  return insideOf(future).listen(callback);
}

/** Counts as a look at the future's outcome. */
export function observe(future: Future<unknown>): void {
  insideOf(future).observe();
}

/** Whether the future has failed, not counting cancelled ones. */
export function hasFailed(future: Future<unknown>): boolean {
  return insideOf(future).hasFailed();
}

/**
 * The outcome, now or later, of a call that was submitted to a `ProcessPoolExecutor`.
 *
 * - It can be awaited like a promise, and settles once: with a value, with an error, or cancelled.
 * - It can be cancelled until its task starts. What only waits, even in the pipe to a worker behind another task, has not started.
 * - Done callbacks run in the order in which they were added, before code that awaits goes on.
 * - A failure that no code asked about before the executor has ended, or the program does, is raised as an unhandled
 *   rejection. Code that awaits, asks, adds a callback, or gets the future from `waitFutures` or `asCompleted`, has asked.
 *   What was cancelled is not a failure.
 *
 * Python's `concurrent.futures.Future` (https://docs.python.org/3/library/concurrent.futures.html#future-objects).
 *
 * @typeParam R What the call gives.
 *
 * @example Asking, and waiting
 * ```ts
 * import { ProcessPoolExecutor } from "@corral/multiprocessing";
 *
 * await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
 * const future = executor.submit(Math.hypot, 3, 4);
 * console.log(future.done()); // false
 * console.log(await future); // 5
 * console.log(future.done(), future.cancel()); // true false
 * ```
 *
 * @example Its state
 * ```ts
 * import { ProcessPoolExecutor } from "@corral/multiprocessing";
 *
 * await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
 * const future = executor.submit(Math.sqrt, 9);
 * await future;
 * console.log(future.done(), future.running(), future.cancelled()); // true false false
 * ```
 */
export class Future<R> implements PromiseLike<R> {
  readonly #owner: FutureOwner;
  #state: State = "pending";
  #outcome: unknown;
  #isObserved = false;
  #listeners: Set<() => void> | undefined;
  /** It is done, and its listeners are still to be told. */
  #isTelling = false;
  #promise: Promise<R> | undefined;

  static {
    make = (owner) => {
      const future = new Future<never>(owner);
      const sink: FutureSink = {
        resolve: (value) => future.#settle("fulfilled", value),
        reject: (error, cancelled) => future.#settle(cancelled ? "cancelled" : "rejected", error),
      };
      return { future, sink };
    };
    const insideOf = (future: Future<unknown>): FutureInside => ({
      listen: (callback) => future.#listen(callback),
      observe: () => future.#observe(),
      hasFailed: () => future.#state === "rejected",
    });
    Object.defineProperty(this.prototype, INSIDE, {
      get(this: Future<unknown>) {
        return insideOf(this);
      },
    });
  }

  private constructor(owner: FutureOwner) {
    this.#owner = owner;
  }

  /**
   * Waits for the value.
   *
   * @param timeoutMs How long to wait, in milliseconds; 0 or less does not wait. The task itself goes on. @default as long as it takes
   * @returns What the function returned, awaited.
   * @throws {TimeoutError} If there was no outcome after `timeoutMs`.
   * @throws {CancelledError} If the task was cancelled, or the executor ended; `signal.reason` if its signal did that.
   * @throws {WorkerExitError} If the worker died; `taskStarted` says whether the function may have begun.
   * @throws {BrokenPoolError} If a worker died, and the executor has `onWorkerExit: "break"`.
   * @throws What the function threw, or another error that {@linkcode Pool.apply} names.
   * @throws {TypeError} If `timeoutMs` is not a number; a `RangeError` if it is NaN.
   *
   * @example A limit for the wait
   * ```ts
   * import { ProcessPoolExecutor } from "@corral/multiprocessing";
   *
   * await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
   * const future = executor.submit((x: number) => x * 2, 21);
   * console.log(await future.result(10_000)); // 42
   * ```
   */
  async result(timeoutMs?: number): Promise<R> {
    refuseSurplus("result(timeoutMs)", arguments, 1);
    this.#observe();
    await this.#wait(timeoutMs);
    if (this.#state === "fulfilled") return this.#outcome as R;
    throw this.#owner.traced(this.#outcome);
  }

  /**
   * Waits for the error.
   *
   * @param timeoutMs How long to wait, in milliseconds; 0 or less does not wait. @default as long as it takes
   * @returns The error, or `undefined` if there is a value.
   * @throws {TimeoutError} If there was no outcome after `timeoutMs`.
   * @throws {CancelledError} If the task was cancelled; `signal.reason` if its signal did that.
   * @throws {TypeError} If `timeoutMs` is not a number; a `RangeError` if it is NaN.
   *
   * @example Looking at a failure
   * ```ts
   * import { ProcessPoolExecutor } from "@corral/multiprocessing";
   *
   * await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
   * const future = executor.submit(JSON.parse, "{");
   * console.log((await future.exception()) instanceof SyntaxError); // true
   * ```
   */
  async exception(timeoutMs?: number): Promise<unknown> {
    refuseSurplus("exception(timeoutMs)", arguments, 1);
    this.#observe();
    await this.#wait(timeoutMs);
    if (this.#state === "cancelled") throw this.#outcome;
    return this.#state === "rejected" ? this.#outcome : undefined;
  }

  /**
   * Cancels the task if it has not started. It then rejects with `CancelledError`, and its done callbacks have run.
   *
   * A task that was sent ahead to a worker, behind another, might start there in the moment before the worker hears of this;
   * it is then aborted. A task that has started is stopped by the `signal` that was submitted with it.
   *
   * @returns Whether the task is cancelled, even if it was before; `false` if it runs or is done.
   *
   * @example Before it starts
   * ```ts
   * import { ProcessPoolExecutor } from "@corral/multiprocessing";
   *
   * await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
   * const future = executor.submit(Math.sqrt, 2);
   * console.log(future.cancel(), future.cancelled()); // true true
   * ```
   */
  cancel(): boolean {
    refuseArguments("cancel()", arguments);
    if (this.#state === "pending") {
      this.#owner.cancel();
      this.#tell();
    }
    return this.#state === "cancelled";
  }

  /** Whether the task was cancelled: by `cancel()`, by its signal, or by the end of its executor. */
  cancelled(): boolean {
    refuseArguments("cancelled()", arguments);
    return this.#state === "cancelled";
  }

  /** Whether a worker works on the task now. Not while it only waits, even in the pipe to a worker. */
  running(): boolean {
    refuseArguments("running()", arguments);
    return this.#state === "pending" && this.#owner.isRunning();
  }

  /** Whether there is an outcome: a value, an error, or that it was cancelled. */
  done(): boolean {
    refuseArguments("done()", arguments);
    return this.#state !== "pending";
  }

  /**
   * Calls `fn` with this future when it is done; at once, if it is.
   *
   * Callbacks run in the order in which they were added, each once. What one throws is printed on
   * stderr with its stack, and the others still run.
   *
   * @param fn Called once.
   * @throws {TypeError} If it is not a function.
   *
   * @example Told of the end
   * ```ts
   * import { ProcessPoolExecutor } from "@corral/multiprocessing";
   *
   * await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
   * const future = executor.submit(Math.sqrt, 16);
   * future.addDoneCallback((done) => console.log("done:", done.done())); // done: true
   * await future;
   * ```
   */
  addDoneCallback(fn: (future: Future<R>) => void): void {
    refuseSurplus("addDoneCallback(fn)", arguments, 1);
    if (typeof fn !== "function") {
      throw new TypeError(`Cannot add a done callback: it is ${typeof fn}, wanted a function`);
    }
    this.#observe();
    this.#listen(() => runCallback("a done callback", fn, this));
  }

  /** Lets the future be awaited. */
  then<A = R, B = never>(
    onfulfilled?: ((value: R) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#observe();
    this.#promise ??= new Promise((resolve, reject) =>
      this.#listen(() => this.#state === "fulfilled" ? resolve(this.#outcome as R) : reject(this.#outcome))
    );
    return this.#promise.then(onfulfilled, onrejected);
  }

  #observe(): void {
    if (this.#isObserved) return;
    this.#isObserved = true;
    this.#owner.observed();
  }

  async #wait(timeoutMs: number | undefined): Promise<void> {
    checkTimeout(timeoutMs);
    if (this.done() || await until((callback) => this.#listen(callback), { timeoutMs })) return;
    throw new TimeoutError(
      `Cannot give the outcome: the task is not done after ${timeoutMs} ms; it goes on, wait again, or cancel() it before it runs`,
    );
  }

  #listen(listener: () => void): () => void {
    if (this.done() && !this.#isTelling) {
      listener();
      return () => {};
    }
    const listeners = this.#listeners ??= new Set();
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  #settle(state: State, outcome: unknown): void {
    if (this.done()) return;
    this.#state = state;
    this.#outcome = outcome;
    this.#owner.settled(state === "rejected" && !this.#isObserved ? { error: outcome } : undefined);
    if (this.#listeners === undefined) return;
    this.#isTelling = true;
    // Not at once: the scheduler is in the middle of its turn, and a callback may do anything.
    inMicrotask(() => this.#tell());
  }

  /** Tells the listeners, also those that are added meanwhile. */
  #tell(): void {
    if (!this.#isTelling || this.#listeners === undefined) return;
    const listeners = this.#listeners;
    for (const listener of listeners) {
      listeners.delete(listener);
      listener();
    }
    this.#isTelling = false;
    this.#listeners = undefined;
  }
}

brand({ Future });
