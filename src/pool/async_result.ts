import { brand } from "../copies.ts";
import { TimeoutError } from "../errors.ts";
import { untilSettled } from "../timer.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";

/**
 * The result of a task that was submitted with one of the pool's `…Async` methods.
 *
 * It can be awaited like a promise. An error that no code asked for before the pool has ended, or the program does, is
 * raised as an unhandled rejection: no failure is silent. What the program cancels itself, by the call's `signal` or by `terminate()`, is not
 * a failure.
 *
 * Python's `multiprocessing.pool.AsyncResult`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult).
 *
 * @example Asking later
 * ```ts
 * import { Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1 });
 * const result = pool.applyAsync((x: number) => x * 2, [21]);
 * await result.wait();
 * console.log(result.ready(), result.successful(), await result.get()); // true true 42
 * ```
 */
export class AsyncResult<R> implements PromiseLike<R> {
  readonly #promise: Promise<R>;
  readonly #onObserved: () => void;
  #state: "pending" | "fulfilled" | "rejected" = "pending";

  /** Only pools make these. */
  constructor(promise: Promise<R>, onObserved: () => void) {
    this.#promise = promise;
    this.#onObserved = onObserved;
    promise.then(() => this.#state = "fulfilled", () => this.#state = "rejected");
  }

  /**
   * Waits for the result.
   *
   * @param timeoutMs How long to wait, in milliseconds; 0 or less does not wait. The task itself goes on. @default as long as it takes
   * @returns What the task returned.
   * @throws {TimeoutError} If it took longer than `timeoutMs`.
   * @throws What the task threw, or another error that {@linkcode Pool.apply} names.
   * @throws {TypeError} If `timeoutMs` is not a number; a `RangeError` if it is NaN.
   */
  async get(timeoutMs?: number): Promise<R> {
    refuseSurplus("get(timeoutMs)", arguments, 1);
    this.#onObserved();
    if (!await this.wait(timeoutMs)) {
      throw new TimeoutError(
        `Cannot give the result: the call has none after ${timeoutMs} ms; it goes on, wait again, or limit it itself by "timeoutMs" of its options`,
      );
    }
    return await this.#promise;
  }

  /**
   * Waits until there is a result or an error, and throws neither.
   *
   * @param timeoutMs How long to wait, in milliseconds; 0 or less does not wait. @default as long as it takes
   * @returns Whether there is one.
   * @throws {TypeError} If `timeoutMs` is not a number; a `RangeError` if it is NaN.
   */
  async wait(timeoutMs?: number): Promise<boolean> {
    refuseSurplus("wait(timeoutMs)", arguments, 1);
    return await untilSettled(this.#promise, { timeoutMs }) || this.ready();
  }

  /** Whether there is a result or an error. */
  ready(): boolean {
    refuseArguments("ready()", arguments);
    return this.#state !== "pending";
  }

  /**
   * Whether there is a result and no error.
   *
   * @throws {Error} If there is neither yet.
   */
  successful(): boolean {
    refuseArguments("successful()", arguments);
    if (this.#state === "pending") {
      throw new Error("Cannot say whether it succeeded: the result is not ready, wait() for it first");
    }
    if (this.#state === "rejected") this.#onObserved();
    return this.#state === "fulfilled";
  }

  /** Lets the result be awaited. */
  then<A = R, B = never>(
    onfulfilled?: ((value: R) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#onObserved();
    return this.#promise.then(onfulfilled, onrejected);
  }
}

brand({ AsyncResult });
