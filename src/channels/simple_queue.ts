import { REF, registerHandleClass, SharedHandle } from "../hub/handle.ts";
import type { WaitOptions } from "../hub/wait_queue.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";
import { callBeforeLoops, makeRef, takeItem } from "./queue.ts";
import { Prefetch } from "./prefetch.ts";

const TYPE = "SimpleQueue";

/**
 * A {@linkcode Queue} with nothing but `put`, `get`, `empty` and `close`. It has no `maxSize`; memory bounds it as it does a `Queue`.
 *
 * Python's `multiprocessing.SimpleQueue`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.SimpleQueue).
 *
 * @typeParam T The items.
 *
 * @example First in, first out
 * ```ts
 * import { SimpleQueue } from "@corral/multiprocessing";
 *
 * const queue = new SimpleQueue<string>();
 * await queue.put("a");
 * await queue.put("b");
 * console.log(await queue.get(), await queue.get(), await queue.empty()); // a b true
 * queue.close();
 * ```
 */
export class SimpleQueue<T = unknown> extends SharedHandle {
  /**
   * Makes an empty queue. It lives in this process.
   *
   * @throws {TypeError} If it is given a size: a {@linkcode Queue} takes one.
   */
  constructor() {
    refuseArguments("new SimpleQueue()", arguments, ", a Queue has a size");
    super(makeRef(TYPE, 0));
  }

  /**
   * Adds an item, and waits until the queue's process has it.
   *
   * @param item Anything that can travel.
   * @throws What {@linkcode Queue.put} throws.
   */
  async put(item: T): Promise<void> {
    refuseSurplus("put(item)", arguments, 1);
    await this[REF].call("put", [item]);
  }

  /**
   * Takes the first item, and waits for one if there is none.
   *
   * @param wait How long; without it, as long as it takes.
   * @returns The item.
   * @throws What {@linkcode Queue.get} throws.
   */
  async get(wait?: WaitOptions): Promise<T> {
    refuseSurplus("get(wait)", arguments, 1);
    return await takeItem(this[REF], wait) as T;
  }

  /** Whether this process has closed the queue. */
  get closed(): boolean {
    return this[REF].isClosed;
  }

  /** Whether it holds no item. By the time you look at the answer, that may have changed. */
  async empty(): Promise<boolean> {
    refuseArguments("empty()", arguments);
    return await callBeforeLoops(this[REF], "empty") as boolean;
  }

  /** Closes the queue as {@linkcode Queue.close} does. */
  override close(): void {
    refuseArguments("close()", arguments);
    this[REF].close();
  }

  /** Takes item after item; ends when the queue has, or when it is closed here. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, void, undefined> {
    return new Prefetch<T>(this[REF]);
  }
}

registerHandleClass(TYPE, SimpleQueue);
