import { shown } from "../shown.ts";

/**
 * Compares two numbers or bigints, two strings (by UTF-16 units), two booleans, two dates, or two arrays of such, item by item.
 *
 * @throws {TypeError} If they cannot be compared, as Python does.
 */
export function compareNaturally(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b);
  if (!isComparable(a) || !isComparable(b) || kindOf(a) !== kindOf(b)) {
    throw new TypeError(`Cannot compare ${shown(a)} with ${shown(b)}: pass a function that can`);
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

type Comparable = number | bigint | string | boolean | Date;

function isComparable(value: unknown): value is Comparable {
  return ["number", "bigint", "string", "boolean"].includes(typeof value) || value instanceof Date;
}

function kindOf(value: Comparable): string {
  return typeof value === "bigint" ? "number" : typeof value;
}

function compareArrays(a: unknown[], b: unknown[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareNaturally(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
