import { registerHandleClass, SharedHandle } from "../hub/handle.ts";
import { call } from "./call.ts";

/** Names the class of iterators in every process. */
export const ITERATOR = "IteratorProxy";

/**
 * What a method of a registered type yields, one message for each value.
 *
 * The generator runs in the process that owns the object. It is closed when a `for await` is left, when the process that has the iterator
 * ends, when no process has it any more, and when its object or manager is closed. What the generator throws rejects the call.
 *
 * @typeParam T The values.
 * @typeParam R What the generator returns.
 * @typeParam N What `next()` hands to it.
 *
 * @example By hand
 * ```ts
 * import { Manager } from "@corral/multiprocessing";
 *
 * class Words {
 *   *all(): Generator<string> {
 *     yield* ["one", "two", "three"];
 *   }
 * }
 *
 * await using manager = new Manager();
 * manager.register("Words", Words);
 * const words = await manager.create(Words);
 * const all = await words.all();
 * console.log(await all.next()); // { done: false, value: "one" }
 * await all.return();
 * const again = await words.all();
 * console.log(await again.throw(new Error("enough")).catch((error) => error.message)); // enough
 * ```
 */
export class IteratorProxy<T = unknown, R = unknown, N = unknown> extends SharedHandle
  implements AsyncIterableIterator<T, R, N> {
  /**
   * The next value.
   *
   * @param args What the generator's `yield` returns.
   * @returns The value, or that the generator has ended.
   * @throws {ClosedError} If its object or manager was closed.
   */
  async next(...args: [] | [N]): Promise<IteratorResult<T, R>> {
    return await call(this, "next", args) as IteratorResult<T, R>;
  }

  /**
   * Closes the generator.
   *
   * @param value What the generator is to return.
   * @returns The end, with that value.
   */
  async return(value?: R | PromiseLike<R>): Promise<IteratorResult<T, R>> {
    return await call(this, "return", [await value]) as IteratorResult<T, R>;
  }

  /**
   * Throws an error into the generator, where it waits at a `yield`.
   *
   * @param error What to throw.
   * @returns What the generator yields next, if it catches the error.
   */
  async throw(error?: unknown): Promise<IteratorResult<T, R>> {
    return await call(this, "throw", [error]) as IteratorResult<T, R>;
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Closes the generator. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

registerHandleClass(ITERATOR, IteratorProxy);
