import { REF, registerHandleClass } from "../hub/handle.ts";
import type { WaitOptions } from "../hub/wait_queue.ts";
import { Queue, QUEUE_TYPE } from "./queue.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";

/**
 * A {@linkcode Queue} that can tell when everything that was put has been worked off: for each item that it takes, a reader
 * calls `taskDone()` when it has done with it.
 *
 * Python's `multiprocessing.JoinableQueue`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.JoinableQueue).
 *
 * @typeParam T The items.
 *
 * @example Waiting until all is done
 * ```ts
 * import { JoinableQueue, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 2 });
 * const queue = new JoinableQueue<number>();
 * const work = async (queue: JoinableQueue<number>) => {
 *   for await (const _item of queue) await queue.taskDone();
 * };
 * const workers = [pool.apply(work, [queue]), pool.apply(work, [queue])];
 * for (let n = 0; n < 10; n++) await queue.put(n);
 * await queue.join();
 * queue.close();
 * await Promise.all(workers);
 * ```
 */
export class JoinableQueue<T = unknown> extends Queue<T> {
  /** How queues of this class travel. */
  static override readonly [QUEUE_TYPE]: string = "JoinableQueue";

  /**
   * Reports that an item that was taken is done.
   *
   * @throws {Error} If it is called more often than items were put.
   * @throws {EndOfStreamError} If the process that made the queue has ended.
   */
  async taskDone(): Promise<void> {
    refuseArguments("taskDone()", arguments);
    await this[REF].call("taskDone", []);
  }

  /**
   * Waits until every item that was put has been reported as done. This works also after the process that made the queue has
   * closed it.
   *
   * @param wait How long; without it, as long as it takes.
   * @throws {TimeoutError} If that took longer than `timeoutMs`.
   * @throws `signal.reason`, if the wait was aborted.
   * @throws {TypeError} If the options of the wait are wrong; a `RangeError` if `timeoutMs` is NaN.
   */
  async join(wait?: WaitOptions): Promise<void> {
    refuseSurplus("join(wait)", arguments, 1);
    await this[REF].call("join", [], wait);
  }
}

registerHandleClass(JoinableQueue[QUEUE_TYPE], JoinableQueue);
