import { QueueEmptyError, QueueFullError, TimeoutError } from "../errors.ts";
import { type Handle, type ObjectRef, REF, registerHandleType } from "../hub/handle.ts";
import { hub } from "../hub/hub.ts";
import type { WaitOptions } from "../hub/wait_queue.ts";
import { QueueObject } from "./queue_object.ts";

const TYPE = "Queue";

/**
 * A first-in, first-out queue that processes share.
 *
 * - `await put()` means that the owner has the item: it is not lost when the writer ends.
 * - A full bounded queue makes the writer wait.
 * - An item that was on its way to a reader that died goes to the next reader.
 *
 * It may travel in any argument, result, queue item or pipe message, also to pool tasks. Python's `multiprocessing.Queue`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Queue).
 *
 * @typeParam T The items.
 *
 * @example A task that writes, a program that reads
 * ```ts
 * import { Pool, Queue } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1 });
 * const queue = new Queue<number>();
 * const writer = pool.apply(async (queue: Queue<number>) => {
 *   for (let n = 1; n <= 3; n++) await queue.put(n);
 * }, [queue]);
 * for (let n = 0; n < 3; n++) console.log(await queue.get()); // 1, 2, 3
 * await writer;
 * ```
 */
export class Queue<T = unknown> implements Handle {
  /** How the queue travels. */
  readonly [REF]: ObjectRef;

  /**
   * Makes an empty queue. It lives in this process.
   *
   * @param maxSize How many items it holds; 0 for as many as memory does. @default 0
   */
  constructor(maxSize = 0) {
    if (!Number.isSafeInteger(maxSize)) {
      throw new RangeError(`Cannot make a queue of ${maxSize}: a whole number is wanted`);
    }
    this[REF] = hub.own(TYPE, new QueueObject(maxSize));
  }

  /**
   * Adds an item, and waits until the owner has it.
   *
   * @throws {QueueFullError} If the queue was full for longer than `timeoutMs`. Nothing was put.
   * @throws {ClosedError} If the queue was closed.
   */
  async put(item: T, wait?: WaitOptions): Promise<void> {
    try {
      await this[REF].call("put", [item], wait);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      throw new QueueFullError("Cannot put: the queue is full, and stayed so", { cause: error });
    }
  }

  /** Adds an item if there is room. Throws QueueFullError otherwise. */
  async putNowait(item: T): Promise<void> {
    await this[REF].call("putNowait", [item]);
  }

  /**
   * Takes the first item, and waits for one if there is none.
   *
   * @throws {QueueEmptyError} If none came within `timeoutMs`.
   * @throws {ClosedError} If the queue was closed.
   */
  async get(wait?: WaitOptions): Promise<T> {
    try {
      return await this[REF].call("get", [], wait) as T;
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      throw new QueueEmptyError("Cannot get: the queue is empty, and stayed so", { cause: error });
    }
  }

  /** Takes the first item. Throws QueueEmptyError if there is none. */
  async getNowait(): Promise<T> {
    return await this[REF].call("getNowait", []) as T;
  }

  /** How many items it holds. */
  async qsize(): Promise<number> {
    return await this[REF].call("qsize", []) as number;
  }

  /** Whether it holds none. */
  async empty(): Promise<boolean> {
    return await this[REF].call("empty", []) as boolean;
  }

  /** Whether a put would wait. */
  async full(): Promise<boolean> {
    return await this[REF].call("full", []) as boolean;
  }
}

registerHandleType(TYPE, (ref) => Object.create(Queue.prototype, { [REF]: { value: ref } }) as Queue);
