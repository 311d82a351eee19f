import { ClosedError, EndOfStreamError, QueueEmptyError, QueueFullError } from "../errors.ts";
import { EncodedValue } from "../hub/encoded_value.ts";
import { foreignBytes } from "../hub/requests/askers.ts";
import type { Delivery } from "../hub/delivery.ts";
import type { Holder, Operation, SharedObject } from "../hub/shared_object.ts";
import { type Caller, type WaitOptions, WaitQueue } from "../hub/wait_queue.ts";
import { monotonicMs } from "../timer.ts";
import { heapBytes } from "../wire/heap.ts";
import { ItemQueue } from "./item_queue.ts";

/** How often a process must have read before it may prefetch. */
const READS_BEFORE_PREFETCH = 8;
/** And for how long no other may have read: others wait while something is prefetched. */
const ALONE_BEFORE_PREFETCH_MS = 50;

/** An error, since to wait without a limit that the program has set could be for ever. */
const MAX_WAITING_BYTES = 256 * 1024 * 1024;
/** Fits every heap: how large this one is, is asked above that only. */
const SAFE_WAITING_BYTES = 16 * 1024 * 1024;

/** A writer that waits for room, with what it wants to put. */
interface Writer extends Caller {
  readonly item: unknown;
}

/**
 * The owner's side of a queue. Items live here, so none is lost when its writer ends.
 *
 * What waits for room is put by the owner as soon as there is some: no writer that comes later can be faster.
 */
export class QueueObject implements SharedObject {
  readonly operations: Readonly<Record<string, Operation>> = {
    put: (caller, wait, item: unknown) => this.#put(caller, wait, item),
    putNowait: (caller, _wait, item: unknown) => {
      const encoded = EncodedValue.capture(item, isOwner(caller));
      if (this.#tryPut(caller, encoded)) return;
      EncodedValue.abandon(encoded);
      throw new QueueFullError(`Cannot put: the queue is full, it holds ${this.#maxSize} items`);
    },
    get: (caller, wait) => {
      this.#noteReader(caller);
      return this.#tryGet(caller) ?? this.#items.wait(caller, wait);
    },
    prefetch: (caller, _wait, most: unknown) =>
      this.#isOnlyReader(caller) ? this.#items.tryTakeTogether(caller, Number(most)) : undefined,
    getNowait: (caller) => {
      this.#noteReader(caller);
      const item = this.#tryGet(caller);
      if (item === undefined) throw new QueueEmptyError("Cannot get: the queue is empty");
      return item;
    },
    qsize: (caller) => this.#sizeFor(caller),
    empty: (caller) => this.#sizeFor(caller) === 0,
    full: (caller) => {
      this.#requireOpen(caller);
      return this.#isFull;
    },
    taskDone: () => this.#taskDone(),
    join: (caller, wait) => this.#unfinished === 0 ? undefined : this.#joining.wait(caller, wait),
  };
  readonly #maxSize: number;
  #maxBytes: number | undefined;
  readonly #items = new ItemQueue("Cannot get: the queue is empty", () => this.#itemsMoved());
  readonly #writers = new WaitQueue<void, Writer>("Cannot put: the queue is full");
  readonly #joining = new WaitQueue<void>("Cannot join the queue: taskDone() was not called for all of its items");
  /** Items that were put, and not reported as done. */
  #unfinished = 0;
  /** The process that read last, how often it did so since another one read, and since when. */
  #reader: string | undefined;
  #reads = 0;
  #aloneSince = -Infinity;
  #closed = false;
  readonly #now: () => number;

  /**
   * @param now The clock, in milliseconds.
   * @param maxBytes How many bytes of items may wait for other processes to put more. @default 256 MiB, or a quarter of the heap
   */
  constructor(maxSize: number, now: () => number = monotonicMs, maxBytes?: number) {
    this.#maxBytes = maxBytes;
    this.#maxSize = maxSize > 0 ? maxSize : Infinity;
    this.#now = now;
  }

  /** The owner closed its handle: no more is put. What is there can be read by others. */
  dropped(holder: Holder): void {
    if (holder !== "here" || this.#closed) return;
    this.#closed = true;
    this.#items.rejectReaders((caller) => this.#closedFor(caller, "get"), isOwner);
    this.#writers.rejectAll((caller) => this.#closedFor(caller, "put"));
    this.#itemsMoved();
  }

  processEnded(isEnded: (process: string) => boolean): void {
    this.#items.dropProcess(isEnded);
    this.#writers.dropProcess(isEnded);
    this.#joining.dropProcess(isEnded);
  }

  #put(caller: Caller, wait: WaitOptions, item: unknown): Promise<void> | undefined {
    const encoded = EncodedValue.capture(item, isOwner(caller));
    if (this.#tryPut(caller, encoded)) return undefined;
    const writer = { process: caller.process, task: caller.task, item: encoded };
    return EncodedValue.offer(encoded, this.#writers.wait(writer, wait));
  }

  #tryPut(caller: Caller, encoded: unknown): boolean {
    const refusal = this.#refusalOfPut(caller);
    if (refusal !== undefined) {
      EncodedValue.abandon(encoded);
      throw refusal;
    }
    if (this.#isFull) return false;
    this.#accept(encoded, caller);
    return true;
  }

  #refusalOfPut(caller: Caller): Error | undefined {
    if (this.#closed) return this.#closedFor(caller, "put");
    // What the owner fills its own memory with is its own affair.
    if (isOwner(caller)) return undefined;
    if (this.#isOverfull) return this.#overfull();
    return this.#items.hasRoomFor(caller.process) ? undefined : new QueueFullError(noRoom("put", "items"));
  }

  get #isOverfull(): boolean {
    const { bytes } = this.#items;
    if (this.#maxBytes !== undefined) return bytes >= this.#maxBytes;
    if (bytes < SAFE_WAITING_BYTES) return false;
    return bytes >= (this.#maxBytes = Math.min(MAX_WAITING_BYTES, Math.max(SAFE_WAITING_BYTES, heapBytes() / 4)));
  }

  #accept(encoded: unknown, { process }: Caller): void {
    this.#unfinished++;
    this.#items.push(encoded, process);
  }

  #noteReader({ process }: Caller): void {
    if (process !== this.#reader) {
      if (this.#reader !== undefined) this.#aloneSince = this.#now();
      this.#reader = process;
      this.#reads = 0;
    }
    this.#reads++;
  }

  /** Whether no other process has read for a while, or waits to. */
  #isOnlyReader({ process }: Caller): boolean {
    return process === this.#reader && this.#reads >= READS_BEFORE_PREFETCH && this.#items.waiting === 0 &&
      this.#now() - this.#aloneSince >= ALONE_BEFORE_PREFETCH_MS;
  }

  #tryGet(caller: Caller): Delivery | undefined {
    if (this.#closed && isOwner(caller)) throw this.#closedFor(caller, "get");
    const item = this.#items.tryTake(caller);
    if (item === undefined) {
      if (this.#closed && !this.#items.isHeldFrom(caller)) throw this.#closedFor(caller, "get");
      return undefined;
    }
    this.#letWrite();
    return item;
  }

  #itemsMoved(): void {
    this.#letWrite();
    // Nobody who still waits will get one.
    if (this.#closed) {
      this.#items.rejectReaders(
        (caller) => this.#closedFor(caller, "get"),
        (caller) => !this.#items.isHeldFrom(caller),
      );
    }
  }

  /** There may be room for those who wait. */
  #letWrite(): void {
    for (let next; !this.#isFull && (next = this.#writers.peek()) !== undefined;) {
      this.#accept(next.item, next);
      this.#writers.serve();
    }
  }

  get #isFull(): boolean {
    return this.#items.held >= this.#maxSize;
  }

  #sizeFor(caller: Caller): number {
    this.#requireOpen(caller);
    return this.#items.size;
  }

  #requireOpen(caller: Caller): void {
    if (this.#closed && isOwner(caller)) throw this.#closedFor(caller, "look");
  }

  #taskDone(): void {
    if (this.#unfinished === 0) {
      throw new Error("Cannot report a task as done: all items that were put have been reported, one report each");
    }
    if (--this.#unfinished === 0) this.#joining.serveAll();
  }

  #overfull(): QueueFullError {
    const mebibytes = Math.round(this.#maxBytes! / 1024 / 1024);
    return new QueueFullError(
      `Cannot put: items of ${mebibytes} MiB wait to be taken, take them meanwhile, or make the queue with a maxSize`,
    );
  }

  #closedFor(caller: Caller, action: string): Error {
    if (isOwner(caller)) return new ClosedError(`Cannot ${action}: the queue was closed`);
    return new EndOfStreamError(
      `Cannot ${action}: the queue was closed by its owner${action === "get" ? ", and all items are taken" : ""}`,
    );
  }
}

/** What a process is told that has put too much into all queues and pipes of another together. */
export function noRoom(action: string, what: string): string {
  return `Cannot ${action}: ${what} that this process, or one that it made, has put into queues and pipes of another wait there and take as much as ` +
    `is left for others, of ${foreignBytes.limitMiB} MiB for all: take some out first`;
}

function isOwner(caller: Caller): boolean {
  return caller.process === "";
}
