/** Checks of arguments, which may come from hostile code, and the wording of what is wrong with them. */
import { shown } from "../shown.ts";
import { isRecord } from "../wire/codec/realms.ts";

/** What may be a key of a dict. `1` and `"1"` are two keys, as in a `Map`. */
export type DictKey = string | number | bigint | boolean;

/** Throws TypeError for anything that is not a key. */
export function checkKey(key: unknown): asserts key is DictKey {
  if (["string", "number", "bigint", "boolean"].includes(typeof key)) return;
  throw new TypeError(`Cannot use ${shown(key)} as a key: a string, number, bigint or boolean is wanted`);
}

/** The place that an index means; -1 is the last. Throws RangeError when there is no such place. */
export function placeOf(index: unknown, length: number, what: string): number {
  const place = wholeNumber(index);
  const fromStart = place < 0 ? length + place : place;
  if (fromStart >= 0 && fromStart < length) return fromStart;
  throw new RangeError(`Cannot use index ${place}: the ${what} has ${length} items`);
}

/** What a list or an array is made of, or gets more of. Throws TypeError for what has no items. */
export function itemsOf<T>(items: Iterable<T>): Iterable<T> {
  if (typeof items === "string" || (typeof items === "object" && items !== null && Symbol.iterator in items)) {
    return items;
  }
  throw new TypeError(`Cannot take items from ${shown(items)}: an array or another iterable is wanted`);
}

/**
 * The own keys of an object, and their values. Throws TypeError for one that has none and is not plain: a proxy, or a promise that nobody has
 * awaited, would silently stand for nothing.
 */
export function ownEntries(values: object, what: string): [string, unknown][] {
  const entries = Object.entries(values);
  if (entries.length > 0 || isRecord(values)) return entries;
  throw new TypeError(
    `Cannot fill a ${what} from an object without keys: of a proxy or a promise, await the content first, wanted await proxy.toObject()`,
  );
}

/** Whether these are items, each of them there: a few bytes can stand for millions of holes. */
export function isDense(items: unknown): items is unknown[] {
  if (!Array.isArray(items)) return false;
  for (let i = 0; i < items.length; i++) if (items[i] === undefined && !(i in items)) return false;
  return true;
}

/** Throws TypeError for anything that is not a whole number. */
export function wholeNumber(value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new TypeError(`Cannot use ${shown(value)} as an index: a whole number is wanted`);
}

/** Throws TypeError for what is neither a whole number nor left out. */
export function optionalWholeNumber(value: unknown): number | undefined {
  return value === undefined ? undefined : wholeNumber(value);
}

/** Where a range begins or ends, or how much it has; an infinite one means that end. Throws TypeError for what is neither that nor left out. */
export function optionalBound(value: unknown): number | undefined {
  return value === Infinity || value === -Infinity ? value : optionalWholeNumber(value);
}

/** The sum of two numbers or two bigints. Throws TypeError for anything else. */
export function sum(current: unknown, amount: unknown): number | bigint {
  if (typeof current === "number" && typeof amount === "number") return current + amount;
  if (typeof current === "bigint" && typeof amount === "bigint") return current + amount;
  throw new TypeError(`Cannot add ${shown(amount)} to ${shown(current)}: two numbers or two bigints are wanted`);
}
