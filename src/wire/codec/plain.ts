/** Tells whether a value is plain JSON data, which travels without any walk on the receiving side. */

import { isOrdinaryArray, isRecord } from "./realms.ts";
import { MAX_DEPTH } from "./tags.ts";

/**
 * Whether `JSON.parse(JSON.stringify(value))` gives an equal value: strings, booleans, `null`, finite numbers other
 * than -0, arrays without holes and plain objects of such, none of them reached twice.
 */
export function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isPlainPrimitive(value);
  return isFlatArray(value) || isPlainContainer(value, new VisitedObjects(), 0);
}

/** Most lists of arguments hold no objects, so nothing in them can be reached twice. */
function isFlatArray(value: object): boolean {
  if (!isOrdinaryArray(value)) return false;
  for (let i = countLeadingNumbers(value); i < value.length; i++) if (!isPlainPrimitive(value[i])) return false;
  return true;
}

/** Whether a value that is no object is plain JSON data. */
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

function isPlainContainer(value: object, visited: VisitedObjects, depth: number): boolean {
  if (depth > MAX_DEPTH || !visited.add(value)) return false;
  if (isOrdinaryArray(value)) return isPlainArray(value, visited, depth);
  return !Array.isArray(value) && isRecord(value) && isPlainRecord(value, visited, depth);
}

function isPlainArray(array: unknown[], visited: VisitedObjects, depth: number): boolean {
  for (let i = countLeadingNumbers(array); i < array.length; i++) {
    const item = array[i];
    if (typeof item === "object" && item !== null) {
      if (!isPlainContainer(item, visited, depth + 1)) return false;
    } else if (!isPlainPrimitive(item)) return false;
  }
  return true;
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

function isPlainRecord(record: Record<string, unknown>, visited: VisitedObjects, depth: number): boolean {
  for (const key of Object.keys(record)) {
    const field = record[key];
    if (typeof field === "object" && field !== null) {
      if (!isPlainContainer(field, visited, depth + 1)) return false;
    } else if (!isPlainPrimitive(field)) return false;
  }
  return true;
}

/** A set of objects that costs next to nothing while it is small. */
class VisitedObjects {
  readonly #few: object[] = [];
  #many: Set<object> | undefined;

  /** Adds an object, and returns whether it is new. */
  add(value: object): boolean {
    const many = this.#many;
    if (many !== undefined) return many.size < many.add(value).size;
    if (this.#few.includes(value)) return false;
    this.#few.push(value);
    if (this.#few.length > 8) this.#many = new Set(this.#few);
    return true;
  }
}
