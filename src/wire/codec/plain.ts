/** Tells whether a value is plain JSON data, which travels without any walk on the receiving side, and how long its text is. */

import { isOrdinaryArray, isRecord } from "./realms.ts";
import { MAX_DEPTH } from "./tags.ts";

/** The length of anything that is not plain data. */
export const NOT_PLAIN = -1;

/** From this length on a text is written in several lines. */
export const LARGE_UNITS: number = 32 * 1024;

const SHORT_LIST = 8;
const SHORT_TEXT_UNITS = 1024;
const NUMBER_UNITS = 8;
const CONSTANT_UNITS = 5;
/** Quotes, and a comma or a colon. */
const AROUND_TEXT_UNITS = 4;
const AROUND_CONTAINER_UNITS = 3;
/** So many objects are quicker looked up in a set than in a list. */
const MANY = 32;

/** Whether a value is a text that is written as a line of its own, piece by piece. */
export function isLongText(value: unknown): value is string {
  return typeof value === "string" && value.length >= LARGE_UNITS;
}

/** Whether a value that is not an object is plain JSON data. */
export function isPlainPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      // Infinity - Infinity and NaN - NaN are NaN; 1 / -0 is -Infinity.
      return value - value === 0 && (value !== 0 || 1 / value > 0);
    default:
      return value === null;
  }
}

/** Whether a value is a short primitive, as the results of most calls are, or a list of a few, as their arguments are: it needs no measure. */
export function isShort(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isShortPrimitive(value);
  if (!isOrdinaryArray(value) || value.length > SHORT_LIST) return false;
  for (let i = 0; i < value.length; i++) if (!isShortPrimitive(value[i])) return false;
  return true;
}

function isShortPrimitive(value: unknown): boolean {
  return isPlainPrimitive(value) && (typeof value !== "string" || value.length <= SHORT_TEXT_UNITS);
}

/**
 * Measures values. A value is plain if `JSON.parse(JSON.stringify(value))` gives an equal one: strings, booleans, `null`,
 * finite numbers other than -0, arrays without holes and plain objects of such, none of them reached twice.
 */
export class PlainMeasure {
  readonly #maxDepth: number;
  // Made when they are needed: most values are a few primitives.
  #large: Set<object> | undefined;
  /** The first objects that were reached: `#reached` of them, the rest is of an earlier item. */
  #few: object[] | undefined;
  #reached = 0;
  /** All that were reached, when they are more. */
  #many: Set<object> | undefined;

  /** @param maxDepth How deep a plain value may be nested. */
  constructor(maxDepth: number = MAX_DEPTH) {
    this.#maxDepth = maxDepth;
  }

  /** The containers whose text is so long that it is written in several lines. */
  get large(): Set<object> {
    return this.#large ??= new Set();
  }

  /** About how long the text of a value is, in UTF-16 units; `NOT_PLAIN` if it has none that gives the value back. */
  measure(value: unknown): number {
    if (typeof value !== "object" || value === null) return measurePrimitive(value);
    const flat = isOrdinaryArray(value) ? measureFlat(value) : NOT_PLAIN;
    // Most lists of arguments hold no objects, so nothing in them can be reached twice.
    return flat === NOT_PLAIN ? this.#measureContainer(value, 0) : this.#note(value, flat);
  }

  /** The same for one of several values that have nothing to do with each other: an object in two of them is two objects. */
  measureItem(item: unknown): number {
    this.#reached = 0;
    this.#many = undefined;
    return this.measure(item);
  }

  #measureContainer(value: object, depth: number): number {
    if (depth > this.#maxDepth || !this.#visit(value)) return NOT_PLAIN;
    if (isOrdinaryArray(value)) return this.#measureArray(value, depth);
    return !Array.isArray(value) && isRecord(value) ? this.#measureRecord(value, depth) : NOT_PLAIN;
  }

  #measureArray(array: unknown[], depth: number): number {
    const numbers = countLeadingNumbers(array);
    let size = AROUND_CONTAINER_UNITS + numbers * NUMBER_UNITS;
    for (let i = numbers; i < array.length; i++) {
      const added = this.#measureInside(array[i], depth);
      if (added === NOT_PLAIN) return NOT_PLAIN;
      size += added;
    }
    return this.#note(array, size);
  }

  #measureRecord(record: Record<string, unknown>, depth: number): number {
    // One that cannot be enumerated would write something else.
    if (typeof record.toJSON === "function") return NOT_PLAIN;
    let size = AROUND_CONTAINER_UNITS;
    // Half as dear as to go through Object.keys(). What somebody has added to Object.prototype only makes the estimate larger, or the value not plain.
    for (const key in record) {
      const added = this.#measureInside(record[key], depth);
      if (added === NOT_PLAIN) return NOT_PLAIN;
      size += key.length + AROUND_TEXT_UNITS + added;
    }
    return this.#note(record, size);
  }

  #measureInside(value: unknown, depth: number): number {
    return typeof value === "object" && value !== null
      ? this.#measureContainer(value, depth + 1)
      : measurePrimitive(value);
  }

  #note(container: object, size: number): number {
    if (size >= LARGE_UNITS) this.large.add(container);
    return size;
  }

  /** Adds an object to those that were reached, and returns whether it is new. A few cost next to nothing. */
  #visit(value: object): boolean {
    const many = this.#many;
    if (many !== undefined) return many.size < many.add(value).size;
    const few = this.#few ??= [];
    const reached = this.#reached;
    for (let i = 0; i < reached; i++) if (few[i] === value) return false;
    few[reached] = value;
    this.#reached = reached + 1;
    if (this.#reached === MANY) this.#many = new Set(few);
    return true;
  }
}

function measurePrimitive(value: unknown): number {
  if (typeof value === "string") return value.length + AROUND_TEXT_UNITS;
  if (!isPlainPrimitive(value)) return NOT_PLAIN;
  return typeof value === "number" ? NUMBER_UNITS : CONSTANT_UNITS;
}

function measureFlat(array: unknown[]): number {
  const numbers = countLeadingNumbers(array);
  let size = AROUND_CONTAINER_UNITS + numbers * NUMBER_UNITS;
  for (let i = numbers; i < array.length; i++) {
    const added = measurePrimitive(array[i]);
    if (added === NOT_PLAIN) return NOT_PLAIN;
    size += added;
  }
  return size;
}

/** A loop of its own, because in one that also knows other types a number costs five times as much. */
function countLeadingNumbers(array: unknown[]): number {
  const length = array.length;
  for (let i = 0; i < length; i++) {
    const item = array[i];
    if (typeof item !== "number" || item - item !== 0 || (item === 0 && 1 / item < 0)) return i;
  }
  return length;
}
