import { Deque } from "../collections/deque.ts";
import { type ForeignBytes, foreignBytes } from "../hub/requests/askers.ts";
import { EncodedValue } from "../hub/encoded_value.ts";
import { Delivery } from "../hub/delivery.ts";
import { type Caller, type WaitOptions, WaitQueue } from "../hub/wait_queue.ts";
import { PlaceHeap } from "./place_heap.ts";

/** How much text leaves in one message: one of more is looked at by its receiver, who ends a worker for too many values (`requireFewMarks()`). */
const MAX_TOGETHER_UNITS = 64 * 1024;

interface Item {
  /** Its place in the order in which items came. */
  readonly place: number;
  readonly value: unknown;
  readonly bytes: number;
  /** The process that put it; "" for the owner, who may fill its own memory as far as it likes. */
  readonly process: string;
}

/** What one queue keeps of each process, to be given back if the queue is collected with items in it. */
class Share {
  readonly #all: ForeignBytes;
  readonly #of = new Map<string, number>();

  constructor(all: ForeignBytes) {
    this.#all = all;
  }

  add(process: string, bytes: number): void {
    if (process === "") return;
    this.#all.add(process, bytes);
    const sum = (this.#of.get(process) ?? 0) + bytes;
    if (sum > 0) this.#of.set(process, sum);
    else this.#of.delete(process);
  }

  hasRoomFor(process: string): boolean {
    return process === "" || this.#all.hasRoomFor(process);
  }

  forget(): void {
    for (const [process, bytes] of this.#of) this.#all.add(process, -bytes);
    this.#of.clear();
  }
}

const collected = new FinalizationRegistry<Share>((share) => share.forget());

/**
 * Items in their order, and those who wait for one.
 *
 * What was delivered to a process that died before it had it comes back to its old place, whatever came back before it.
 */
export class ItemQueue {
  readonly #items = new Deque<Item>();
  /** What came back. Each of thousands has its own old place, and may come back in any order. */
  readonly #returned = new PlaceHeap<Item>();
  readonly #readers: WaitQueue<Delivery>;
  readonly #onMoved: () => void;
  readonly #share: Share;
  #bytes = 0;
  #lastPlace = 0;
  /** The process that has items that it has not acknowledged, in so many messages. */
  #prefetcher = "";
  #prefetches = 0;
  /** How many items these are. */
  #prefetched = 0;

  /**
   * @param state What a reader says whose time is over.
   * @param onMoved Is told when items have left, or come back, by another way than `tryTake()`.
   * @param all What counts the items of all queues.
   */
  constructor(state?: string, onMoved: () => void = () => {}, all: ForeignBytes = foreignBytes) {
    this.#readers = new WaitQueue(state);
    this.#onMoved = onMoved;
    this.#share = new Share(all);
    collected.register(this, this.#share);
  }

  /** Whether a process may have more wait, here and in all other queues. */
  hasRoomFor(process: string): boolean {
    return this.#share.hasRoomFor(process);
  }

  /** How many items wait for a reader. */
  get size(): number {
    return this.#items.size + this.#returned.size;
  }

  /** How many items it holds: what was prefetched, and not acknowledged, may come back. */
  get held(): number {
    return this.size + this.#prefetched;
  }

  /** About how many bytes those keep that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many readers wait for an item. */
  get waiting(): number {
    return this.#readers.size;
  }

  /**
   * Whether the caller must wait although there are items: another reader has prefetched earlier ones. They might come
   * back, and the caller would then have a later item before an earlier one.
   */
  isHeldFrom({ process }: Caller): boolean {
    return this.#prefetches > 0 && process !== this.#prefetcher;
  }

  /** Adds an item that a process has put, "" for the owner: for the first reader, if one waits. */
  push(value: unknown, process = ""): void {
    const item = { place: ++this.#lastPlace, value, bytes: EncodedValue.size(value), process };
    const reader = this.#readers.peek();
    if (reader === undefined || this.isHeldFrom(reader)) {
      this.#items.push(item);
      this.#count(item, 1);
    } else this.#readers.serve(this.#delivery(item));
  }

  /** Takes the first item, if the caller may have it. */
  tryTake(caller: Caller): Delivery | undefined {
    const item = this.isHeldFrom(caller) ? undefined : this.#shift();
    return item === undefined ? undefined : this.#delivery(item);
  }

  /** Takes the first items that can travel together, at most so many. Others are for `tryTake()`. */
  tryTakeTogether(caller: Caller, most: number): Delivery | undefined {
    if (this.isHeldFrom(caller)) return undefined;
    const items: Item[] = [];
    const texts: string[] = [];
    for (let units = 0; items.length < most && this.size > 0;) {
      const text = EncodedValue.plainText(this.#peek()!.value, MAX_TOGETHER_UNITS - units);
      if (text === undefined) break;
      units += text.length;
      texts.push(text);
      items.push(this.#shift()!);
    }
    if (items.length === 0) return undefined;
    this.#prefetcher = caller.process;
    this.#prefetches++;
    this.#prefetched += items.length;
    const settle = (): void => {
      this.#prefetches--;
      this.#serve();
    };
    const requeue = (left: number): void => {
      this.#prefetched -= left;
      for (const item of items.slice(items.length - left)) this.#insert(item);
      settle();
    };
    const ack = (): void => {
      this.#prefetched--;
      if (delivery.isSettled) settle();
      else this.#onMoved();
    };
    const delivery = new Delivery(EncodedValue.list(texts), requeue, ack, items.length);
    return delivery;
  }

  /** Waits for an item, when there is none. */
  wait(caller: Caller, wait: WaitOptions): Promise<Delivery> {
    return this.#readers.wait(caller, wait);
  }

  /** Rejects the readers for which `matches` holds. */
  rejectReaders(makeError: (caller: Caller) => Error, matches: (caller: Caller) => boolean = () => true): void {
    this.#readers.rejectWhere(matches, makeError);
  }

  /** Drops the readers of ended processes. */
  dropProcess(isEnded: (process: string) => boolean): void {
    this.#readers.dropProcess(isEnded);
  }

  /** Forgets all items: nobody will get one. */
  clear(): void {
    for (let item; (item = this.#shift()) !== undefined;) EncodedValue.abandon(item.value);
  }

  #peek(): Item | undefined {
    return this.#isReturnedFirst ? this.#returned.peek() : this.#items.peek();
  }

  get #isReturnedFirst(): boolean {
    const returned = this.#returned.peek();
    return returned !== undefined && returned.place < (this.#items.peek()?.place ?? Infinity);
  }

  #shift(): Item | undefined {
    const item = this.#isReturnedFirst ? this.#returned.shift() : this.#items.shift();
    if (item !== undefined) this.#count(item, -1);
    return item;
  }

  #count({ process, bytes }: Item, sign: 1 | -1): void {
    this.#bytes += sign * bytes;
    this.#share.add(process, sign * bytes);
  }

  #delivery(item: Item): Delivery {
    return new Delivery(item.value, () => {
      this.#insert(item);
      this.#serve();
    });
  }

  /** Gives those who wait what they may have. */
  #serve(): void {
    for (let reader; this.size > 0 && (reader = this.#readers.peek()) !== undefined;) {
      if (this.isHeldFrom(reader)) break;
      this.#readers.serve(this.#delivery(this.#shift()!));
    }
    this.#onMoved();
  }

  #insert(item: Item): void {
    if (item.value instanceof EncodedValue) item.value.requeued();
    this.#returned.push(item);
    this.#count(item, 1);
  }
}
