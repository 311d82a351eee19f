import type { Caller } from "../hub/wait_queue.ts";
import { shown } from "../shown.ts";

/** So many take a fraction of a second: other workers, and the program itself, wait meanwhile. */
const MOST_STEPS = 250_000;
/** The program may hold up itself for some seconds; but not for ever, by what a worker has put into its list. */
const MOST_STEPS_OF_OWNER = 1800 * MOST_STEPS;

/** So many items of an array are compared in the time of a step. */
const STEP_ITEMS = 16;
/** As a power of two: so many characters are compared in the time of a step. */
const UNITS_PER_STEP_LOG = 7;

/**
 * What the comparisons of one operation may cost. A value may hold one object many times, also in each other: a message of a kilobyte can then take
 * years to compare with another. See `docs/decisions/hub_bounds.md`.
 */
export class ComparingCost {
  readonly #most: number;
  #steps = 0;

  /** @param caller Who asked for the operation. */
  constructor(caller: Caller) {
    this.#most = caller.process === "" ? MOST_STEPS_OF_OWNER : MOST_STEPS;
  }

  /** Counts what it takes to compare a primitive: with a long text, more. */
  payFor(primitive: unknown): void {
    if (typeof primitive === "string") this.pay(primitive.length >> UNITS_PER_STEP_LOG);
  }

  /** Counts what it takes to compare that many items that lie `depth` objects deep. An item of the list itself that is small costs nothing. */
  payForItems(depth: number, count: number): void {
    this.pay((depth === 0 ? 0 : 1) + Math.floor(count / STEP_ITEMS));
  }

  /** Counts steps: items, fields, or characters. Throws RangeError when they are too many. */
  pay(steps: number): void {
    this.#steps += steps;
    if (this.#steps <= this.#most) return;
    throw new RangeError(
      `Cannot compare the items: that takes more than ${this.#most} steps, keep keys, or text that was made of the items`,
    );
  }
}

/**
 * Compares two numbers or bigints, two strings (by UTF-16 units), two booleans, two dates, or two arrays of such, item by item.
 *
 * @param cost Pays for the comparison.
 * @throws {TypeError} If they cannot be compared, as Python does.
 */
export function compareNaturally(a: unknown, b: unknown, cost: ComparingCost): number {
  return compareAt(a, b, cost, 0);
}

function compareAt(a: unknown, b: unknown, cost: ComparingCost, depth: number): number {
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b, cost, depth);
  if (!isComparable(a) || !isComparable(b) || kindOf(a) !== kindOf(b)) {
    throw new TypeError(`Cannot compare ${shown(a)} with ${shown(b)}: pass a function that can`);
  }
  cost.payFor(a);
  return a < b ? -1 : a > b ? 1 : 0;
}

type Comparable = number | bigint | string | boolean | Date;

function isComparable(value: unknown): value is Comparable {
  return ["number", "bigint", "string", "boolean"].includes(typeof value) || value instanceof Date;
}

function kindOf(value: Comparable): string {
  return typeof value === "bigint" ? "number" : typeof value;
}

function compareArrays(a: unknown[], b: unknown[], cost: ComparingCost, depth: number): number {
  if (a === b) return 0;
  cost.payForItems(depth, 0);
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (i % STEP_ITEMS === STEP_ITEMS - 1) cost.pay(1);
    const order = compareAt(a[i], b[i], cost, depth + 1);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
