import { shown } from "../shown.ts";
import { type ComparingCost, STEP_ITEMS } from "./comparing.ts";

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
