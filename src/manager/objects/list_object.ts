import type { Operation, SharedObject } from "../../hub/shared_object.ts";
import type { Caller } from "../../hub/wait_queue.ts";
import { optionalWholeNumber, placeOf, sum, wholeNumber } from "../checks.ts";
import { compareNaturally, ComparingCost } from "../comparing.ts";
import { copyOf } from "../copy.ts";
import { Likeness } from "../likeness.ts";
import { sortedNumbers } from "../sorted_numbers.ts";
import type { Versioned } from "../call.ts";

/** The owner's side of a list. Items are replaced, never changed in place. */
export class ListObject implements SharedObject {
  readonly operations: Record<string, Operation> = {
    at: (_caller, _wait, index) => this.#items[this.#placeOf(index)],
    set: (_caller, _wait, index, item) => void this.#set(index, item),
    push: (_caller, _wait, ...items) => this.#changed().push(...items),
    extend: (_caller, _wait, items) => this.#extend(items),
    pop: (_caller, _wait, index) => this.#pop(index),
    insert: (_caller, _wait, index, item) => void this.#changed().splice(wholeNumber(index), 0, item),
    remove: (caller, _wait, item) => this.#remove(caller, item),
    add: (_caller, _wait, index, amount) => this.#set(index, sum(this.#items[this.#placeOf(index)], amount)),
    read: (_caller, _wait, index) => this.#read(index),
    write: (_caller, _wait, index, version, value) => {
      if (version !== this.#version) return this.#read(index);
      if (index === undefined) this.#replace(value);
      else this.#set(index, value);
    },
    slice: (_caller, _wait, start, end) => this.#items.slice(optionalWholeNumber(start), optionalWholeNumber(end)),
    splice: (_caller, _wait, start, count, ...items) =>
      this.#changed().splice(wholeNumber(start), optionalWholeNumber(count) ?? Infinity, ...items),
    indexOf: (caller, _wait, item, start) => this.#indexOf(caller, item, optionalWholeNumber(start)),
    count: (caller, _wait, item) => this.#count(caller, item),
    length: () => this.#items.length,
    sort: (caller, _wait, descending) => this.#sort(caller, descending === true),
    reverse: () => void this.#changed().reverse(),
    clear: () => void (this.#changed().length = 0),
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
    if (!Array.isArray(items)) throw new TypeError("Cannot extend the list: an iterable of items is wanted");
    const all = this.#changed();
    for (const item of items) all.push(item);
  }

  #pop(index: unknown): unknown {
    if (this.#items.length === 0) throw new RangeError("Cannot pop an item: the list is empty");
    return this.#changed().splice(this.#placeOf(index), 1)[0];
  }

  #remove(caller: Caller, item: unknown): void {
    const place = this.#indexOf(caller, item);
    if (place < 0) throw new RangeError("Cannot remove the item: the list does not have it");
    this.#changed().splice(place, 1);
  }

  #indexOf(caller: Caller, item: unknown, start = 0): number {
    const first = start < 0 ? Math.max(0, this.#items.length + start) : start;
    const likeness = new Likeness(item, new ComparingCost(caller));
    return this.#items.findIndex((one, place) => place >= first && likeness.isLike(one));
  }

  #count(caller: Caller, item: unknown): number {
    const likeness = new Likeness(item, new ComparingCost(caller));
    return this.#items.filter((one) => likeness.isLike(one)).length;
  }

  /** An item, or without an index all of them. */
  #read(index: unknown): Versioned {
    const value = index === undefined ? this.#items.slice() : this.#items[this.#placeOf(index)];
    return { version: this.#version, value };
  }

  #replace(items: unknown): void {
    if (!Array.isArray(items)) throw new TypeError("Cannot replace the items: an array is wanted");
    this.#items = items;
    this.#version++;
  }

  /** Sorts a copy: the list stays as it is when items cannot be compared. */
  #sort(caller: Caller, descending: boolean): void {
    const numbers = sortedNumbers(this.#items);
    if (numbers !== undefined) return this.#replace(descending ? numbers.reverse() : numbers);
    const cost = new ComparingCost(caller);
    this.#replace(
      this.#items.toSorted((a, b) => descending ? compareNaturally(b, a, cost) : compareNaturally(a, b, cost)),
    );
  }
}
