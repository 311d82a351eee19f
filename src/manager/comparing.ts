import { describeHandle } from "../hub/handle.ts";
import type { Caller } from "../hub/wait_queue.ts";
import { shown } from "../shown.ts";
import { encode } from "../wire/codec/codec.ts";
import { isOrdinaryArray, isRecord } from "../wire/codec/realms.ts";
import { MAX_DEPTH } from "../wire/codec/tags.ts";

/** What the comparisons of one operation may cost a worker: a fraction of a second. */
const MOST_STEPS = 250_000;
/** So many may be for a single comparison, which holds up the event loop. */
const MOST_STEPS_AT_ONCE = 20_000;
/** After so many, the event loop may turn. */
const STEPS_PER_PAUSE = 2000;
/** The program may hold up itself for some seconds; but not for ever, by what a worker has put into its list. */
const MOST_STEPS_OF_OWNER = 1800 * MOST_STEPS;

/** So many items are compared in a millisecond or so. */
const ITEMS_PER_SEARCH_STEP = 4096;

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
  readonly #mostAtOnce: number;
  #steps = 0;
  #pausedAt = 0;

  /** @param caller Who asked for the operation. */
  constructor(caller: Caller) {
    const isOwner = caller.process === "";
    this.#most = isOwner ? MOST_STEPS_OF_OWNER : MOST_STEPS;
    this.#mostAtOnce = isOwner ? MOST_STEPS_OF_OWNER : MOST_STEPS_AT_ONCE;
  }

  /** Whether the event loop should turn before the next comparison. */
  get isDue(): boolean {
    return this.#steps - this.#pausedAt > STEPS_PER_PAUSE;
  }

  /** The event loop may turn now. */
  pause(): void {
    this.#pausedAt = this.#steps;
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
    const most = this.#steps > this.#most ? this.#most : this.#mostAtOnce;
    if (this.#steps <= this.#most && this.#steps - this.#pausedAt <= this.#mostAtOnce) return;
    throw new RangeError(
      `Cannot compare the items: that takes more than ${most} steps, keep keys in place of the items, or text made of them`,
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

/**
 * Tells which values are the same data as one, or stand for the same object. As in Python, the order does not count in which an object, a `Map` or
 * a `Set` got its keys; but it does where these are objects themselves: each would have to be compared with all.
 */
export class Likeness {
  readonly #wanted: unknown;
  readonly #cost: ComparingCost;
  /** Of parts of the wanted value that are neither arrays nor plain objects. */
  readonly #fingerprints = new Map<object, string>();

  /** @param cost Pays for the comparisons. */
  constructor(wanted: unknown, cost: ComparingCost) {
    this.#wanted = wanted;
    this.#cost = cost;
  }

  /** Whether a value is like the wanted one. */
  isLike(value: unknown): boolean {
    const wanted = this.#wanted;
    // Most are primitives, and there may be a million.
    return isObject(wanted) ? this.#compare(wanted, value, 0) : wanted === value || Object.is(wanted, value);
  }

  #compare(wanted: unknown, value: unknown, depth: number): boolean {
    if (!isObject(wanted) || !isObject(value)) {
      this.#cost.payFor(wanted);
      return wanted === value || Object.is(wanted, value);
    }
    if (wanted === value) return true;
    this.#cost.payForItems(depth, 0);
    // What is deeper goes round in a circle.
    if (depth <= MAX_DEPTH) {
      if (isOrdinaryArray(wanted) && isOrdinaryArray(value)) return this.#compareArrays(wanted, value, depth);
      if (isRecord(wanted) && isRecord(value)) return this.#compareRecords(wanted, value, depth);
      if (wanted instanceof Map && value instanceof Map) return this.#compareMaps(wanted, value, depth);
      if (wanted instanceof Set && value instanceof Set) return this.#compareSets(wanted, value, depth);
    }
    return this.#haveSameFingerprint(wanted, value);
  }

  #compareArrays(wanted: unknown[], value: unknown[], depth: number): boolean {
    if (wanted.length !== value.length) return false;
    this.#cost.payForItems(depth, wanted.length);
    for (let i = 0; i < wanted.length; i++) {
      if (wanted[i] === undefined && (i in wanted) !== (i in value)) return false;
      if (!this.#compare(wanted[i], value[i], depth + 1)) return false;
    }
    return true;
  }

  #compareRecords(wanted: Record<string, unknown>, value: Record<string, unknown>, depth: number): boolean {
    const [keys, others] = [Object.keys(wanted), Object.keys(value)];
    this.#cost.payForItems(depth, keys.length + others.length);
    return keys.length === others.length &&
      keys.every((key, n) =>
        (key === others[n] || Object.hasOwn(value, key)) && this.#compare(wanted[key], value[key], depth + 1)
      );
  }

  #compareMaps(wanted: Map<unknown, unknown>, value: Map<unknown, unknown>, depth: number): boolean {
    if (wanted.size !== value.size) return false;
    this.#cost.payForItems(depth, 2 * wanted.size);
    for (const [key, one] of wanted) {
      if (isObject(key)) return this.#haveSameFingerprint(wanted, value);
      this.#cost.payFor(key);
      if (!value.has(key) || !this.#compare(one, value.get(key), depth + 1)) return false;
    }
    return true;
  }

  #compareSets(wanted: Set<unknown>, value: Set<unknown>, depth: number): boolean {
    if (wanted.size !== value.size) return false;
    this.#cost.payForItems(depth, 2 * wanted.size);
    for (const item of wanted) {
      if (isObject(item)) return this.#haveSameFingerprint(wanted, value);
      this.#cost.payFor(item);
      if (!value.has(item)) return false;
    }
    return true;
  }

  #haveSameFingerprint(wanted: object, value: object): boolean {
    return this.#fingerprintOf(wanted) === this.#fingerprint(value);
  }

  #fingerprintOf(wanted: object): string {
    let known = this.#fingerprints.get(wanted);
    if (known === undefined) this.#fingerprints.set(wanted, known = this.#fingerprint(wanted));
    return known;
  }

  #fingerprint(value: object): string {
    const { text, parts } = encode(value, { encode: describeHandle, decode: () => undefined });
    const all = [text, ...parts.map((bytes) => bytes.toBase64())].join();
    this.#cost.pay(all.length);
    return all;
  }
}

/** The place of each item from `first` on that is like `item`, and `undefined` where the event loop may turn. */
export function* placesOf(
  items: readonly unknown[],
  item: unknown,
  first: number,
  caller: Caller,
): Generator<number | undefined, void, void> {
  const cost = new ComparingCost(caller);
  const likeness = new Likeness(item, cost);
  let rest = ITEMS_PER_SEARCH_STEP;
  for (let place = first; place < items.length; place++) {
    if (likeness.isLike(items[place])) yield place;
    if (--rest > 0 && !cost.isDue) continue;
    cost.pause();
    rest = ITEMS_PER_SEARCH_STEP;
    yield undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
