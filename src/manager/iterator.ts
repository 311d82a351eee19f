import { registerHandleClass, SharedHandle } from "../hub/handle.ts";
import { call } from "./call.ts";

/** Names the class of iterators in every process. */
export const ITERATOR = "IteratorProxy";

/**
 * What a method of a registered type yields, one message for each value.
 *
 * The generator runs in the process that owns the object. It is closed when a `for await` is left, when the
 * process that has the iterator ends, when nobody has it any more, and with its object or manager.
 *
 * @typeParam T The values.
 * @typeParam R What the generator returns.
 * @typeParam N What `next()` hands to it.
 */
export class IteratorProxy<T = unknown, R = unknown, N = unknown> extends SharedHandle
  implements AsyncIterableIterator<T, R, N> {
  /** The next value. */
  async next(...args: [] | [N]): Promise<IteratorResult<T, R>> {
    return await call(this, "next", args) as IteratorResult<T, R>;
  }

  /** Closes the generator. */
  async return(value?: R | PromiseLike<R>): Promise<IteratorResult<T, R>> {
    return await call(this, "return", [await value]) as IteratorResult<T, R>;
  }

  /** Throws an error into the generator. */
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
