import { shown } from "../shown.ts";

/** What may be a key of a dict. `1` and `"1"` are two keys, as in a `Map`. */
export type DictKey = string | number | bigint | boolean;

/** Throws TypeError for anything that is not a key. */
export function checkKey(key: unknown): asserts key is DictKey {
  if (["string", "number", "bigint", "boolean"].includes(typeof key)) return;
  throw new TypeError(`Cannot use ${shown(key)} as a key: a string, number, bigint or boolean is wanted`);
}
