/** The closed list of tags, and what both directions must agree on. Why JSON with tags: `docs/decisions/wire.md`. */

/** How many objects may lie inside each other. */
export const MAX_DEPTH = 1000;

/** How deep parsed text may be nested: of the deepest value that travels, each level takes up to two in its tree. */
export const MAX_TREE_DEPTH: number = 2 * MAX_DEPTH + 8;

/** How many levels an error counts for: each takes that much more of the stack than an array does. */
export const ERROR_LEVELS = 5;

/**
 * What may be decoded at once of a tagged tree that a worker sends, when each object costs one: so much takes the receiver some 20 ms. It is
 * what a line holds, and all of a tree that waits for its binary parts. A tree in the text of a message is smaller.
 */
export const MAX_TREE_COST = 100_000;

/** What a URL or a regular expression costs: it is parsed. */
export const PARSED_COST = 12;

/** What an error costs: many properties are defined one by one. */
export const ERROR_COST = 46;

/** What a field of an error costs. */
export const ERROR_FIELD_COST = 6;

/** What a handle of a shared object costs: one that is new here is noted, and watched. */
export const HANDLE_COST = 20;

/** So many items of a list of numbers that is in one piece cost one. */
export const NUMBERS_PER_COST = 16;

/** What a bigint costs: its text is read twice, and a big one is made. */
export const BIGINT_COST = 4;

/** So many hexadecimal digits of a bigint cost one. */
export const DIGITS_PER_COST = 24;

/** What an entry of a Map costs. One of a Set costs one. */
export const MAP_ENTRY_COST = 2;

/** What an item of an array with holes costs: V8 may keep it in a table. */
export const SPARSE_ITEM_COST = 3;

/** Of an object with more keys than this, each costs one: V8 keeps them in a table. */
export const MANY_KEYS = 500;

/** How many holes an array may have. */
export const MAX_HOLES = 16 * 1024 * 1024;

/** How long the source of a regular expression may be, in UTF-16 units. */
export const MAX_REGEXP_UNITS = 64 * 1024;

/** A JSON object that owns this key is a tag; plain objects that own it travel inside an "object" tag. */
export const TAG_KEY = "$";

/** Turns handles of shared objects into data, and back. */
export interface HandleCodec {
  /**
   * Writes a handle.
   *
   * @param value Any object.
   * @returns JSON data, or `undefined` if it is not a handle.
   */
  encode(value: object): unknown;
  /** The handles that were encoded last, `count` in number, do not travel: what they lie in cannot. */
  undo?(count: number): void;
  /**
   * Reads a handle. Throws when the data is not what `encode` wrote.
   *
   * @param data What `encode` returned.
   * @returns The handle.
   */
  decode(data: unknown): unknown;
}

/** Values that stand for themselves, and the references to what came before. */
export type Tag =
  | { readonly $: "undefined" }
  | { readonly $: "number"; readonly v: "NaN" | "Infinity" | "-Infinity" | "-0" }
  | { readonly $: "bigint"; readonly v: string }
  | { readonly $: "ref"; readonly v: number }
  | { readonly $: "object"; readonly v: Record<string, unknown> }
  | { readonly $: "sparse"; readonly n: number; readonly v: unknown[] }
  | { readonly $: "map"; readonly v: unknown[] }
  | { readonly $: "set"; readonly v: unknown[] }
  | { readonly $: "date"; readonly v: number | null }
  | { readonly $: "url"; readonly v: string }
  | { readonly $: "regexp"; readonly v: string; readonly f: string }
  | { readonly $: "binary"; readonly k: string; readonly p: number }
  | { readonly $: "numbers"; readonly k: "Int32Array" | "Float64Array"; readonly p: number }
  | { readonly $: "handle"; readonly v: unknown }
  /** The whole value is the first part; with `t`, that is a tagged tree. */
  | { readonly $: "lines"; readonly t?: 1 }
  | ErrorTag;

/** An error: class of the closed list, name, message, stack, own fields and hidden parts as key and value in turn. */
export interface ErrorTag {
  readonly $: "error";
  readonly c: string;
  readonly n: string;
  readonly m: string;
  readonly s: string | null;
  readonly f: unknown[];
  /** Own properties that cannot be enumerated: fields, the cause, and what errors of this class hold beside it. */
  readonly p?: unknown[];
}

/** Assigns a field as own data, also when its key is "__proto__". */
export function putField(target: object, key: string, value: unknown): void {
  if (key !== "__proto__") (target as Record<string, unknown>)[key] = value;
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * What all regular expressions of one value may cost: V8 parses each at once, and with the flags `u` or `v` it works out sets of characters. A property
 * of strings, such as `\p{RGI_Emoji}`, takes a millisecond, and 64 Ki characters hold five thousand of them. In about a microsecond each: so long
 * a program may stand still.
 */
export const MAX_REGEXP_COST = 10_000;

const [SET_COST, PROPERTY_COST, STRINGS_COST] = [20, 130, 2000] as const;

/** Sets, classes, and properties with their names. Of the latter, those of strings begin with one of these. */
const COSTLY = /\[|\\[dDsSwW]|\\[pP](?:\{(RGI_|Basic_Emoji|Emoji_Keycap)?)?/g;

/** About how many microseconds it takes to build a regular expression, at most. */
export function regexpCost(source: string, flags: string): number {
  let cost = 1 + source.length / 64;
  if (!/[uv]/.test(flags)) return cost;
  for (const [found, strings] of source.matchAll(COSTLY)) {
    if (strings !== undefined) cost += STRINGS_COST;
    else cost += /^\\[pP]/.test(found) ? PROPERTY_COST : SET_COST;
  }
  return cost;
}
