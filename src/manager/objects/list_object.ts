import type { LongOperation, Operation, SharedObject, Steps } from "../../hub/shared_object.ts";
import type { Caller } from "../../hub/wait_queue.ts";
import { isDense, optionalWholeNumber, placeOf, sum, wholeNumber } from "../checks.ts";
import { copyOf, type Versioned } from "../call.ts";
import { placesOf } from "../comparing.ts";
import { sorted } from "../sorting.ts";

/** The owner's side of a list. Items are replaced, never changed in place. */
export class ListObject implements SharedObject {
  readonly operations: Record<string, Operation> = {
    at: (_caller, _wait, index) => this.#items[this.#placeOf(index)],
    set: (_caller, _wait, index, item) => void this.#set(index, item),
    push: (_caller, _wait, ...items) => this.#changed().push(...items),
    extend: (_caller, _wait, items) => this.#extend(items),
    pop: (_caller, _wait, index) => this.#pop(index),
    insert: (_caller, _wait, index, item) => void this.#changed().splice(wholeNumber(index), 0, item),
    add: (_caller, _wait, index, amount) => this.#set(index, sum(this.#items[this.#placeOf(index)], amount)),
    read: (_caller, _wait, index) => this.#read(index),
    write: (_caller, _wait, index, version, value) => {
      if (version !== this.#version) return this.#read(index);
      if (index === undefined) this.#replaceBy(value);
      else this.#set(index, value);
    },
    slice: (_caller, _wait, start, end) => this.#items.slice(optionalWholeNumber(start), optionalWholeNumber(end)),
    splice: (_caller, _wait, start, count, ...items) =>
      this.#changed().splice(wholeNumber(start), optionalWholeNumber(count) ?? Infinity, ...items),
    length: () => this.#items.length,
    reverse: () => void this.#changed().reverse(),
    clear: () => void (this.#changed().length = 0),
  };
  readonly longOperations: Record<string, LongOperation> = {
    remove: (caller, item) => this.#remove(caller, item),
    indexOf: (caller, item, start) => this.#indexOf(caller, item, optionalWholeNumber(start)),
    count: (caller, item) => this.#count(caller, item),
    sort: (caller, descending) => this.#sort(caller, descending === true),
  };
  #items: unknown[];
  #version = 1;

  constructor(items: unknown[]) {
    this.#items = copyOf(items);
  }

  /** The items, to be changed. */
  #changed(): unknown[] {
    this.#version++;
    return this.#items;
  }

  #placeOf(index: unknown): number {
    return placeOf(index, this.#items.length, "list");
  }

  #set(index: unknown, item: unknown): unknown {
    this.#changed()[this.#placeOf(index)] = item;
    return item;
  }

  #extend(items: unknown): void {
    if (!isDense(items)) throw new TypeError("Cannot extend the list: an iterable of items is wanted");
    const all = this.#changed();
    for (const item of items) all.push(item);
  }

  #pop(index: unknown): unknown {
    if (this.#items.length === 0) throw new RangeError("Cannot pop an item: the list is empty");
    return this.#changed().splice(this.#placeOf(index), 1)[0];
  }

  *#remove(caller: Caller, item: unknown): Steps<void> {
    const place = yield* this.#indexOf(caller, item);
    if (place < 0) throw new RangeError("Cannot remove the item: the list does not have it");
    this.#changed().splice(place, 1);
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

  /** An item, or without an index all of them. */
  #read(index: unknown): Versioned {
    const value = index === undefined ? this.#items.slice() : this.#items[this.#placeOf(index)];
    return { version: this.#version, value };
  }

  #replaceBy(items: unknown): void {
    if (!isDense(items)) throw new TypeError("Cannot replace the items: an array without holes is wanted");
    this.#replace(items);
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
