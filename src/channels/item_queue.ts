import { Deque } from "../deque.ts";
import { Parcel } from "../hub/parcel.ts";
import { Handover } from "../hub/shared_object.ts";
import { type Caller, type WaitOptions, WaitQueue } from "../hub/wait_queue.ts";

/** How much text leaves in one message, but for the last item of it. */
const MAX_TOGETHER_UNITS = 64 * 1024;

interface Item {
  /** Its place in the order in which items came. */
  readonly place: number;
  readonly value: unknown;
}

/**
 * Items in their order, and those who wait for one.
 *
 * What was handed to a process that died before it had it comes back to its old place, whatever came back before it.
 */
export class ItemQueue {
  readonly #items = new Deque<Item>();
  readonly #readers = new WaitQueue<Handover>();
  #lastPlace = 0;

  /** How many items wait for a reader. */
  get size(): number {
    return this.#items.size;
  }

  /** How many readers wait for an item. */
  get waiting(): number {
    return this.#readers.size;
  }

  /** Adds an item: for the first reader, if one waits. */
  push(value: unknown): void {
    const item = { place: ++this.#lastPlace, value };
    if (this.#readers.size > 0) this.#readers.grant(this.#handover(item));
    else this.#items.push(item);
  }

  /** Takes the first item. */
  tryTake(): Handover | undefined {
    const item = this.#items.shift();
    return item === undefined ? undefined : this.#handover(item);
  }

  /**
   * Takes the first items that can travel together, at most so many. Others are for `tryTake()`.
   *
   * @param onTaken Called after each: there is room for another.
   */
  tryTakeTogether(most: number, onTaken: () => void): Handover | undefined {
    const items: Item[] = [];
    const texts: string[] = [];
    for (let units = 0; items.length < most && this.#items.size > 0 && units < MAX_TOGETHER_UNITS;) {
      const text = Parcel.plainText(this.#items.peek()!.value);
      if (text === undefined) break;
      units += text.length;
      texts.push(text);
      items.push(this.#items.shift()!);
      onTaken();
    }
    if (items.length === 0) return undefined;
    const putBack = (left: number): void => {
      for (const item of items.slice(items.length - left)) this.#putBack(item);
    };
    return new Handover(Parcel.list(texts), putBack, undefined, items.length);
  }

  /** Waits for an item, when there is none. */
  wait(caller: Caller, wait: WaitOptions): Promise<Handover> {
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

  /** Forgets all items. */
  clear(): void {
    while (this.#items.size > 0) this.#items.shift();
  }

  #handover(item: Item): Handover {
    return new Handover(item.value, () => this.#putBack(item));
  }

  #putBack(item: Item): void {
    if (item.value instanceof Parcel) item.value.takeBack();
    if (this.#readers.size > 0) return void this.#readers.grant(this.#handover(item));
    const before: Item[] = [];
    while (this.#items.size > 0 && this.#items.peek()!.place < item.place) before.push(this.#items.shift()!);
    this.#items.unshift(item);
    for (const earlier of before.reverse()) this.#items.unshift(earlier);
  }
}
