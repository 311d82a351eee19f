/** How a list sorts itself, in steps: other processes ask for it, and the event loop must turn meanwhile. */
import type { Caller } from "../hub/wait_queue.ts";
import { compareNaturally, ComparingCost } from "./comparing.ts";

/** So many numbers are sorted, or moved, in about a millisecond. */
const NUMBERS_PER_STEP = 16_384;
/** So many items are compared in about as long. */
const ITEMS_PER_STEP = 2048;

/** The items in their order, as `Array.sort()` has it: what is `undefined` comes last. They are left as they are. */
export function* sorted(
  items: readonly unknown[],
  caller: Caller,
  descending: boolean,
): Generator<void, unknown[], void> {
  const numbers = yield* sortedNumbers(items);
  return numbers === undefined
    ? yield* sortedByComparing(items, new ComparingCost(caller), descending)
    : yield* arrayOf(numbers, descending);
}

/**
 * The items in their order, if all are numbers: many times as quick as by comparing them. Not where a program could tell the
 * difference, with NaN or -0 among them.
 */
export function* sortedNumbers(items: readonly unknown[]): Generator<void, Float64Array | undefined, void> {
  const numbers = new Float64Array(items.length);
  for (let start = 0; start < items.length; start += NUMBERS_PER_STEP) {
    if (!copyNumbers(items, numbers, start, start + NUMBERS_PER_STEP)) return undefined;
    numbers.subarray(start, start + NUMBERS_PER_STEP).sort();
    yield;
  }
  const spare = new Float64Array(items.length);
  const sort = new MergeSort<number>(numbers, spare, NUMBERS_PER_STEP, (a, b) => a > b);
  while (sort.sorted === undefined) {
    sort.advance(NUMBERS_PER_STEP, () => false);
    yield;
  }
  return sort.sorted as Float64Array;
}

function copyNumbers(items: readonly unknown[], numbers: Float64Array, start: number, end: number): boolean {
  for (let i = start; i < Math.min(end, items.length); i++) {
    const item = items[i];
    if (typeof item !== "number" || item !== item || Object.is(item, -0)) return false;
    numbers[i] = item;
  }
  return true;
}

function* arrayOf(numbers: Float64Array, reversed: boolean): Generator<void, unknown[], void> {
  const { length } = numbers;
  const array: number[] = new Array(length);
  for (let start = 0; start < length; start += NUMBERS_PER_STEP) {
    const end = Math.min(start + NUMBERS_PER_STEP, length);
    for (let i = start; i < end; i++) array[i] = numbers[reversed ? length - 1 - i : i]!;
    yield;
  }
  return array;
}

function* sortedByComparing(
  items: readonly unknown[],
  cost: ComparingCost,
  descending: boolean,
): Generator<void, unknown[], void> {
  const isAfter = (a: unknown, b: unknown): boolean =>
    (descending ? compareNaturally(b, a, cost) : compareNaturally(a, b, cost)) > 0;
  const defined = items.filter((item) => item !== undefined);
  const sort = new MergeSort(defined, defined.slice(), 1, isAfter);
  while (sort.sorted === undefined) {
    sort.advance(ITEMS_PER_STEP, () => cost.isDue);
    cost.pause();
    yield;
  }
  const all = sort.sorted as unknown[];
  while (all.length < items.length) all.push(undefined);
  return all;
}

/** What can be sorted: an array, or a typed one. */
export interface Sequence<T> {
  readonly length: number;
  [index: number]: T;
}

/** Sorts a piece at a time, and stably: `Array.sort()` cannot be interrupted. */
export class MergeSort<T> {
  readonly #isAfter: (a: T, b: T) => boolean;
  #from: Sequence<T>;
  #to: Sequence<T>;
  /** How many neighbours are in order. */
  #width: number;
  /** Two runs become one: what is left of the left one, of the right one, and where that goes. */
  #left = 0;
  #leftEnd = 0;
  #right = 0;
  #rightEnd = 0;
  #at = 0;

  /**
   * @param items Are changed.
   * @param spare As many; what is in it does not matter.
   * @param width How many neighbours each are in order already.
   */
  constructor(items: Sequence<T>, spare: Sequence<T>, width: number, isAfter: (a: T, b: T) => boolean) {
    this.#from = items;
    this.#to = spare;
    this.#width = width;
    this.#isAfter = isAfter;
    this.#beginRuns();
  }

  /** The items in their order, when they are. */
  get sorted(): Sequence<T> | undefined {
    return this.#width >= this.#from.length ? this.#from : undefined;
  }

  /** Moves so many items to their next places, or fewer when `isDue()`. Throws what comparing throws. */
  advance(count: number, isDue: () => boolean): void {
    for (let rest = count; rest > 0 && this.sorted === undefined && !isDue();) {
      const before = this.#at;
      this.#merge(Math.min(before + rest, this.#rightEnd), isDue);
      rest -= this.#at - before;
      if (this.#at === this.#rightEnd) this.#beginRuns();
    }
  }

  #merge(end: number, isDue: () => boolean): void {
    const [from, to, isAfter, leftEnd, rightEnd] = [this.#from, this.#to, this.#isAfter, this.#leftEnd, this.#rightEnd];
    let [left, right, at] = [this.#left, this.#right, this.#at];
    for (; at < end && !isDue(); at++) {
      const takesLeft = left < leftEnd && (right >= rightEnd || !isAfter(from[left]!, from[right]!));
      to[at] = takesLeft ? from[left++]! : from[right++]!;
    }
    this.#left = left;
    this.#right = right;
    this.#at = at;
  }

  #beginRuns(): void {
    const { length } = this.#from;
    if (this.#at >= length && length > 0) this.#nextWidth();
    this.#left = this.#at;
    this.#leftEnd = this.#right = Math.min(this.#left + this.#width, length);
    this.#rightEnd = Math.min(this.#right + this.#width, length);
  }

  #nextWidth(): void {
    [this.#from, this.#to] = [this.#to, this.#from];
    this.#width *= 2;
    this.#at = 0;
  }
}
