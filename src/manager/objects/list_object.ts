import type { LongOperation, Operation, SharedObject, Steps } from "../../hub/shared_object.ts";
import type { Caller } from "../../hub/wait_queue.ts";
import { isDense, optionalBound, optionalWholeNumber, placeOf, sum, wholeNumber } from "../checks.ts";
import { copyFor, copyOf, type Versioned } from "../call.ts";
import { Kept, sizeOf, sizeOfAll } from "../kept_bytes.ts";
import { placesOf } from "../comparing.ts";
import { sorted } from "../sorting.ts";

/** So many items are moved in about a millisecond. */
const MOVES_PER_STEP = 32 * 1024;
/** So many are measured in about as long. */
const ITEMS_PER_STEP = 4096;

/** The owner's side of a list. Items are replaced, never changed in place. */
export class ListObject implements SharedObject {
  readonly operations: Record<string, Operation> = {
    at: (_caller, _wait, index) => this.#items[this.#placeOf(index)],
    set: (caller, _wait, index, item) => void this.#set(caller, index, item),
    push: (caller, _wait, ...items) => {
      this.#extend(caller, items);
      return this.#items.length;
    },
    extend: (caller, _wait, items) => this.#extend(caller, items),
    pop: (_caller, _wait, index) => this.#pop(index),
    insert: (caller, _wait, index, item) => {
      const place = wholeNumber(index);
      this.#changedBy(caller, [item]).splice(place, 0, item);
    },
    add: (caller, _wait, index, amount) => this.#set(caller, index, sum(this.#items[this.#placeOf(index)], amount)),
    read: (_caller, _wait, index) => this.#read(index),
    write: (caller, _wait, index, version, value) => {
      if (version !== this.#version) return this.#read(index);
      this.#set(caller, index, value);
      return undefined;
    },
    writeAll: (caller, _wait, version, items) => this.#writeAll(caller, version, items),
    length: () => this.#items.length,
    clear: () => {
      this.#changed().length = 0;
      this.#kept.forget();
    },
  };
  readonly longOperations: Record<string, LongOperation> = {
    remove: (caller, item) => this.#remove(caller, item),
    indexOf: (caller, item, start) => this.#indexOf(caller, item, optionalWholeNumber(start)),
    count: (caller, item) => this.#count(caller, item),
    sort: (caller, descending) => this.#sort(caller, descending === true),
    reverse: () => this.#reverse(),
    slice: (caller, start, end) => copyFor(caller, this.#items.slice(optionalBound(start), optionalBound(end))),
    splice: (caller, start, count, ...items) => this.#splice(caller, start, count, items),
    readAll: (caller) => copyFor(caller, [this.#version, ...this.#items]),
  };
  readonly copies: ReadonlySet<string> = new Set(["slice", "splice", "readAll"]);
  #items: unknown[];
  #version = 1;
  readonly #kept: Kept;

  constructor(items: unknown[]) {
    this.#items = copyOf(items);
    this.#kept = Kept.of(this);
    this.#kept.begin(sizeOfAll(this.#items));
  }

  close(): void {
    this.#kept.forget();
  }

  /** The items, which get these as well. */
  #changedBy(caller: Caller, added: readonly unknown[]): unknown[] {
    this.#kept.add(caller, sizeOfAll(added));
    return this.#changed();
  }

  /** The items, to be changed. */
  #changed(): unknown[] {
    this.#version++;
    return this.#items;
  }

  #placeOf(index: unknown): number {
    return placeOf(index, this.#items.length, "list");
  }

  #set(caller: Caller, index: unknown, item: unknown): unknown {
    const place = this.#placeOf(index);
    this.#kept.replace(caller, sizeOf(this.#items[place]), sizeOf(item));
    this.#changed()[place] = item;
    return item;
  }

  #extend(caller: Caller, items: unknown): void {
    if (!isDense(items)) throw new TypeError("Cannot extend the list: an iterable of items is wanted");
    const all = this.#changedBy(caller, items);
    // One by one: as arguments of one call, many do not fit the stack.
    for (const item of items) all.push(item);
  }

  #pop(index: unknown): unknown {
    if (this.#items.length === 0) throw new RangeError("Cannot pop an item: the list is empty");
    return this.#removeAt(this.#placeOf(index));
  }

  #removeAt(place: number): unknown {
    const [item] = this.#changed().splice(place, 1);
    this.#kept.remove(sizeOf(item));
    return item;
  }

  *#splice(caller: Caller, start: unknown, count: unknown, items: unknown[]): Steps {
    const [first, most] = [wholeNumber(start), optionalBound(count) ?? Infinity];
    const removed = this.#changedBy(caller, items).splice(first, most, ...items);
    for (let at = 0; at < removed.length; at += ITEMS_PER_STEP) {
      this.#kept.remove(sizeOfAll(removed.slice(at, at + ITEMS_PER_STEP)));
      if (removed.length - at > ITEMS_PER_STEP) yield;
    }
    return yield* copyFor(caller, removed);
  }

  *#remove(caller: Caller, item: unknown): Steps<void> {
    const place = yield* this.#indexOf(caller, item);
    if (place < 0) throw new RangeError("Cannot remove the item: the list does not have it");
    this.#removeAt(place);
  }

  *#indexOf(caller: Caller, item: unknown, start = 0): Steps<number> {
    const first = start < 0 ? Math.max(0, this.#items.length + start) : start;
    for (const place of placesOf(this.#items, item, first, caller)) {
      if (place !== undefined) return place;
      yield;
    }
    return -1;
  }

  *#count(caller: Caller, item: unknown): Steps<number> {
    let count = 0;
    for (const place of placesOf(this.#items, item, 0, caller)) {
      if (place === undefined) yield;
      else count++;
    }
    return count;
  }

  #read(index: unknown): Versioned {
    return { version: this.#version, value: this.#items[this.#placeOf(index)] };
  }

  /** Replaces all items, unless the list was changed since it was read. Returns whether it did. */
  #writeAll(caller: Caller, version: unknown, items: unknown): boolean {
    if (!isDense(items)) throw new TypeError("Cannot replace the items: an array without holes is wanted");
    if (version !== this.#version) return false;
    this.#kept.replace(caller, sizeOfAll(this.#items), sizeOfAll(items));
    this.#replace(items);
    return true;
  }

  *#reverse(): Steps<void> {
    const items = this.#changed();
    for (let left = 0, right = items.length - 1; left < right; left++, right--) {
      [items[left], items[right]] = [items[right], items[left]];
      if (left % MOVES_PER_STEP === MOVES_PER_STEP - 1) yield;
    }
  }

  #replace(items: unknown[]): void {
    this.#items = items;
    this.#version++;
  }

  /** Sorts a copy: the list stays as it is when items cannot be compared. */
  *#sort(caller: Caller, descending: boolean): Steps<void> {
    this.#replace(yield* sorted(this.#items, caller, descending));
  }
}
