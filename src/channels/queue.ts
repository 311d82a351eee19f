import { QueueEmptyError, QueueFullError, TimeoutError } from "../errors.ts";
import { type ObjectRef, REF, registerHandleClass, SharedHandle } from "../hub/handle.ts";
import { hub } from "../hub/hub.ts";
import { GRACE_MS, SILENT } from "../hub/requests/questions.ts";
import { timeoutError, type WaitOptions } from "../hub/wait_queue.ts";
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { checkWait, monotonicMs, untilSettled } from "../timer.ts";
import { Prefetch } from "./prefetch.ts";
import { QueueObject } from "./queue_object.ts";

/** Where a class of queues keeps its name on the wire. */
const QUEUE_TYPE = Symbol("corral.queueType");

/**
 * A first-in, first-out queue that processes share.
 *
 * - It lives in the process that made it. `await put()` means that this process has the item: it is not lost when the
 *   writer ends, or is killed.
 * - A full bounded queue makes the writer wait; writers and readers are served first come, first served.
 * - Bytes are bounded, too: while items of 256 MiB (or of a quarter of the heap, if that is less) wait to be taken, puts from other
 *   processes than the one that made it reject with QueueFullError. A small `maxSize` makes them wait instead. What one process
 *   has put into all queues and pipes of another may take a sixth of that one's heap or so, then they reject as well.
 * - An item that was on its way to a reader that died goes to the next reader, in its old place.
 * - What is put is a copy, as it is then, also within one process.
 * - `close()` by its maker ends it for all: no more is put, and the others read what is there, then they get
 *   EndOfStreamError, and `for await` ends. In another process, `close()` closes it there only.
 * - When the process that made it ends, so does the queue, with EndOfStreamError.
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
 *
 * @example A program that writes, tasks that read until the end
 * ```ts
 * import { Pool, Queue } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 2 });
 * const queue = new Queue<number>(10);
 * const sum = async (queue: Queue<number>) => {
 *   let sum = 0;
 *   for await (const item of queue) sum += item;
 *   return sum;
 * };
 * const sums = [pool.apply(sum, [queue]), pool.apply(sum, [queue])];
 * for (let n = 1; n <= 100; n++) await queue.put(n);
 * queue.close();
 * const [a, b] = await Promise.all(sums);
 * console.log(a! + b!); // 5050
 * ```
 *
 * @example Without waiting
 * ```ts
 * import { Queue } from "@corral/multiprocessing";
 *
 * const queue = new Queue<number>(2);
 * await queue.put(1);
 * await queue.putNowait(2);
 * console.log(await queue.full(), await queue.qsize()); // true 2
 * console.log(await queue.get(), await queue.getNowait(), await queue.empty()); // 1 2 true
 * queue.close();
 * ```
 */
export class Queue<T = unknown> extends SharedHandle {
  /** How queues of this class travel. */
  static readonly [QUEUE_TYPE]: string = "Queue";

  /**
   * Makes an empty queue. It lives in this process.
   *
   * @param maxSize How many items it holds; 0 or less for as many as memory allows. @default 0
   * @throws {RangeError} If `maxSize` is not a whole number.
   */
  constructor(maxSize = 0) {
    refuseSurplus("new Queue(maxSize)", arguments, 1);
    super(makeRef(new.target[QUEUE_TYPE], maxSize));
  }

  /**
   * Adds an item, and waits until the queue's process has it.
   *
   * @param item Anything that can travel.
   * @param wait How long to wait while the queue is full; without it, as long as it takes.
   * @throws {QueueFullError} If the queue was full for longer than `timeoutMs`, or too many bytes wait in it, as said above. Nothing was
   * put, and a retry is safe.
   * @throws {ClosedError} If this process has closed the queue.
   * @throws {EndOfStreamError} If its maker has closed it, or has ended.
   * @throws {EncodingError} If the item cannot travel. Nothing was put.
   * @throws {PayloadTooLargeError} If the item is larger than `maxFrameBytes` of the process that calls.
   * @throws `signal.reason`, if the wait was aborted.
   * @throws {TypeError} If the options of the wait are wrong; a `RangeError` if `timeoutMs` is NaN.
   */
  async put(item: T, wait?: WaitOptions): Promise<void> {
    refuseSurplus("put(item, wait)", arguments, 2);
    try {
      await this[REF].call("put", [item], wait);
    } catch (error) {
      if (!isTimeUp(error, wait)) throw error;
      throw new QueueFullError(error.message, { cause: error });
    }
  }

  /**
   * Adds an item if there is room, and waits until the queue's process has it.
   *
   * @param item Anything that can travel.
   * @throws {QueueFullError} If there is no room. Nothing was put.
   * @throws What `put()` throws.
   */
  async putNowait(item: T): Promise<void> {
    refuseSurplus("putNowait(item)", arguments, 1);
    await this[REF].call("putNowait", [item]);
  }

  /**
   * Takes the first item, and waits for one if there is none.
   *
   * @param wait How long; without it, as long as it takes.
   * @returns The item.
   * @throws {QueueEmptyError} If none came within `timeoutMs`.
   * @throws {ClosedError} If this process has closed the queue.
   * @throws {EndOfStreamError} If its maker has closed it and all items are taken, or has ended.
   * @throws {PayloadTooLargeError} If the item is larger than `maxFrameBytes` of the worker. It stays the first: raise
   *   `maxFrameBytes`, or take it where the queue was made.
   * @throws `signal.reason`, if the wait was aborted.
   * @throws {TypeError} If the options of the wait are wrong; a `RangeError` if `timeoutMs` is NaN.
   */
  async get(wait?: WaitOptions): Promise<T> {
    refuseSurplus("get(wait)", arguments, 1);
    return await takeItem(this[REF], wait) as T;
  }

  /**
   * Takes the first item.
   *
   * @returns The item.
   * @throws {QueueEmptyError} If there is none.
   * @throws What `get()` throws.
   */
  async getNowait(): Promise<T> {
    refuseArguments("getNowait()", arguments);
    return await callBeforeLoops(this[REF], "getNowait") as T;
  }

  /** How many items it holds. By the time you look at the answer, it may be another number. */
  async qsize(): Promise<number> {
    refuseArguments("qsize()", arguments);
    return await callBeforeLoops(this[REF], "qsize") as number;
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

  /** Whether a put would wait. By the time you look at the answer, that may have changed. */
  async full(): Promise<boolean> {
    refuseArguments("full()", arguments);
    return await callBeforeLoops(this[REF], "full") as boolean;
  }

  /**
   * Closes the queue for this process: calls and waits reject with ClosedError, also those of other tasks that the process works on, and of
   * the items of a `map` that came with it in one chunk.
   *
   * If this process made the queue, it ends for the others too, when they have read what it holds.
   */
  override close(): void {
    refuseArguments("close()", arguments);
    this[REF].close();
  }

  /** Takes item after item; ends when the queue has, or when it is closed here. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, void, undefined> {
    return new Prefetch<T>(this[REF]);
  }
}

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
   * Waits until every item that was put has been reported as done. This works even after the process that made the queue has
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

/** Takes an item. Throws QueueEmptyError if none came in time. */
export async function takeItem(ref: ObjectRef, wait?: WaitOptions): Promise<unknown> {
  try {
    return await callBeforeLoops(ref, "get", wait);
  } catch (error) {
    if (!isTimeUp(error, wait)) throw error;
    throw new QueueEmptyError(error.message, { cause: error });
  }
}

/** Whether a wait ended by its own time: a signal may be aborted with the error of another wait. */
function isTimeUp(error: unknown, wait: WaitOptions | undefined): error is TimeoutError {
  return error instanceof TimeoutError && error !== wait?.signal?.reason;
}

/** Calls an operation for which the items of this process's loops are still in the queue. */
export async function callBeforeLoops(ref: ObjectRef, operation: string, wait: WaitOptions = {}): Promise<unknown> {
  const { prefetch } = ref;
  if (prefetch === undefined) return await ref.call(operation, [], wait);
  checkWait(wait);
  const isBack = prefetch.recall();
  let answer;
  try {
    answer = ref.call(operation, [], await restAfter(isBack, wait));
  } finally {
    // The call has left: what is prefetched from now on comes behind it.
    prefetch.goOn();
  }
  return await answer;
}

/** What is left of a wait when a loop has given back what it had: the owner, which may compute, has to answer first. */
async function restAfter(isBack: Promise<void>, wait: WaitOptions): Promise<WaitOptions> {
  const { timeoutMs = Infinity, signal } = wait;
  const startedAt = monotonicMs();
  const isAnswered = await untilSettled(isBack, { timeoutMs: Math.max(0, timeoutMs) + GRACE_MS, signal });
  if (!isAnswered) throw timeoutError(SILENT, timeoutMs);
  return timeoutMs === Infinity ? wait : { signal, timeoutMs: Math.max(0, timeoutMs - (monotonicMs() - startedAt)) };
}

/** The reference of a new queue. */
export function makeRef(type: string, maxSize: number): ObjectRef {
  if (!Number.isSafeInteger(maxSize)) {
    throw new RangeError(`Cannot make a queue of size ${shown(maxSize)}: a whole number is wanted`);
  }
  return hub.own(type, new QueueObject(maxSize));
}

registerHandleClass(Queue[QUEUE_TYPE], Queue);
registerHandleClass(JoinableQueue[QUEUE_TYPE], JoinableQueue);
