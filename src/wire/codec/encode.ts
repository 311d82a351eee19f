/** Walks a value that plain JSON would change, and builds the tagged tree that travels instead. */

import { EncodingError } from "../../errors.ts";
import { describeInstance } from "./advice.ts";
import { bytesOf, kindOfView } from "./binary.ts";
import { encodeError } from "./error_codec.ts";
import { isPlainPrimitive } from "./plain.ts";
import { builtInName, isArrayBuffer, isError, isOrdinaryArray, isRecord, placesAmongHoles } from "./realms.ts";
import {
  BIGINT_COST,
  DIGITS_PER_COST,
  ERROR_COST,
  HANDLE_COST,
  type HandleCodec,
  MANY_KEYS,
  MAP_ENTRY_COST,
  MAX_DEPTH,
  MAX_HOLES,
  MAX_REGEXP_COST,
  MAX_REGEXP_UNITS,
  PARSED_COST,
  putField,
  regexpCost,
  SPARSE_ITEM_COST,
  type Tag,
  TAG_KEY,
} from "./tags.ts";
import { notEncodable } from "../unsendable.ts";
import { pathOf, type Step, UNREADABLE } from "./value_path.ts";

// Taken once: what user code replaces later is its own affair. Values of other realms have other prototypes, so these are applied to them.
const { every, map } = Array.prototype;
const { entries: entriesOf } = Map.prototype;
const { values: itemsOf } = Set.prototype;
const { getTime } = Date.prototype;
const { toString: bigintText } = BigInt.prototype;

/**
 * Encodes one value.
 *
 * Both sides number every object in the order of the walk, so a reference is the number of what it refers to,
 * and the binary parts come in that order too.
 */
export class TaggedEncoder {
  /** The bytes of the binary values met so far, in order. */
  readonly parts: Uint8Array[] = [];
  /** What the tree costs its receiver. */
  cost = 0;
  /** What the dearest costs of what is decoded as a whole, while lines come: errors, lists with holes, bigints. */
  #dearestWhole = 0;
  readonly #handles: HandleCodec | undefined;
  #handleCount = 0;
  readonly #numbers = new Map<object, number>();
  readonly #objects: object[] = [];
  readonly #path: Step[] = [];
  #regexpCost = 0;

  /** Builds an encoder for one value. */
  constructor(handles: HandleCodec | undefined) {
    this.#handles = handles;
  }

  /** Where the walk stands, for example `$.rows[3].when`. */
  get path(): string {
    return pathOf(this.#path);
  }

  /** What it costs the receiver at once, see `MAX_TREE_COST`. */
  get costAtOnce(): number {
    return this.hasPartsBehind ? this.cost : this.#dearestWhole;
  }

  /** Whether the tree has binary parts, which come behind it, or shared objects. */
  get hasPartsBehind(): boolean {
    return this.parts.length > 0 || this.#handleCount > 0;
  }

  /** Returns the tree for a value that lies `depth` objects deep. */
  encode(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case "object":
        return value === null ? null : this.#encodeObject(value, depth);
      case "undefined":
        return { $: "undefined" } satisfies Tag;
      case "number":
        return isPlainPrimitive(value) ? value : encodeNumber(value);
      case "bigint":
        return this.#encodeBigInt(value);
      case "function":
        throw this.refusal("a function, only data can travel, import or make it where it is called");
      case "symbol":
        throw this.refusal("a symbol, only data can travel, send a string");
      default:
        return value;
    }
  }

  /** Encodes what lies one step below. */
  encodeAt(step: Step, value: unknown, depth: number): unknown {
    this.#path.push(step);
    const node = this.encode(value, depth);
    this.#path.pop();
    return node;
  }

  /** What comes next are the items of a list without holes, which is the whole value. */
  beginList(list: readonly unknown[]): void {
    this.#numbers.set(list, this.#objects.length);
    this.#objects.push(list);
    this.cost++;
  }

  /** The node of an item of that list. */
  encodeItem(index: number, item: unknown): unknown {
    try {
      return this.encodeAt(index, item, 1);
    } catch (error) {
      if (error instanceof EncodingError) throw error;
      throw notEncodable(this.path, UNREADABLE, error);
    }
  }

  /** Like `encodeAt`, but returns `undefined` and forgets what it did when the value cannot travel. */
  tryEncodeAt(step: Step, value: unknown, depth: number): unknown {
    const pathLength = this.#path.length;
    const objectCount = this.#objects.length;
    const partCount = this.parts.length;
    const handleCount = this.#handleCount;
    const [cost, dearestWhole, regexpCost] = [this.cost, this.#dearestWhole, this.#regexpCost];
    try {
      return this.encodeAt(step, value, depth);
    } catch {
      this.#path.length = pathLength;
      this.parts.length = partCount;
      [this.cost, this.#dearestWhole, this.#regexpCost] = [cost, dearestWhole, regexpCost];
      for (const object of this.#objects.splice(objectCount)) this.#numbers.delete(object);
      this.#undoHandles(handleCount);
      return undefined;
    }
  }

  /** The value does not travel: its handles are let go. */
  abandon(): void {
    this.#undoHandles(0);
  }

  /** The error for the value where the walk stands. */
  refusal(detail: string, cause?: unknown): EncodingError {
    return notEncodable(this.path, detail, cause);
  }

  #undoHandles(kept: number): void {
    if (this.#handleCount > kept) this.#handles!.undo?.(this.#handleCount - kept);
    this.#handleCount = kept;
  }

  #encodeObject(value: object, depth: number): unknown {
    const number = this.#numbers.get(value);
    if (number !== undefined) return { $: "ref", v: number } satisfies Tag;
    if (depth > MAX_DEPTH) throw this.refusal(`nested deeper than ${MAX_DEPTH} levels, which is the limit`);
    this.#numbers.set(value, this.#objects.length);
    this.#objects.push(value);
    this.cost++;
    if (isOrdinaryArray(value)) return this.#encodeArray(value, depth);
    if (isRecord(value)) return this.#encodeRecord(value, depth);
    return this.#encodeBuiltIn(value, depth);
  }

  #encodeBigInt(value: bigint): unknown {
    const text = bigintText.call(value, 16);
    const cost = BIGINT_COST + Math.floor(text.length / DIGITS_PER_COST);
    this.cost += cost;
    this.#dearestWhole = Math.max(this.#dearestWhole, cost);
    return { $: "bigint", v: text } satisfies Tag;
  }

  #encodeRecord(record: Record<string, unknown>, depth: number): unknown {
    const node = {};
    const keys = Object.keys(record);
    if (keys.length > MANY_KEYS) this.cost += keys.length;
    for (const key of keys) {
      this.#path.push(key);
      putField(node, key, this.encode(this.#readField(record, key), depth + 1));
      this.#path.pop();
    }
    return Object.hasOwn(node, TAG_KEY) ? { $: "object", v: node } satisfies Tag : node;
  }

  #readField(record: Record<string, unknown>, key: string): unknown {
    try {
      return record[key];
    } catch (cause) {
      throw this.refusal("a getter that throws, only data can travel", cause);
    }
  }

  #encodeArray(array: unknown[], depth: number): unknown {
    const places = placesAmongHoles(array);
    if (places !== undefined) return this.#encodeSparseArray(array, places, depth);
    if (every.call(array, isPlainPrimitive)) return array;
    return map.call(array, (item, index) => this.encodeAt(index, item, depth + 1));
  }

  #encodeSparseArray(array: unknown[], places: readonly number[], depth: number): unknown {
    if (array.length - places.length > MAX_HOLES) {
      throw this.refusal(`an array with more than ${MAX_HOLES} holes, fewer can travel`);
    }
    const entries: unknown[] = [];
    const costInside = this.cost;
    for (const place of places) entries.push(place, this.encodeAt(place, array[place], depth + 1));
    this.cost += places.length * SPARSE_ITEM_COST;
    this.#noteWhole(costInside);
    return { $: "sparse", n: array.length, v: entries } satisfies Tag;
  }

  #encodeBuiltIn(value: object, depth: number): unknown {
    if (ArrayBuffer.isView(value) || isArrayBuffer(value)) return this.#encodeBinary(value);
    const handle = this.#handles?.encode(value);
    if (handle !== undefined) {
      this.#handleCount++;
      this.cost += HANDLE_COST;
      return { $: "handle", v: handle } satisfies Tag;
    }
    if (isError(value)) {
      const costInside = this.cost;
      this.cost += ERROR_COST;
      const node = encodeError(value, this, depth);
      this.#noteWhole(costInside);
      return node;
    }
    switch (classNameOf(value)) {
      case "Map":
        return this.#encodeMap(value as Map<unknown, unknown>, depth);
      case "Set":
        return this.#encodeSet(value as Set<unknown>, depth);
      case "Date":
        return { $: "date", v: numberOrNull(getTime.call(value as Date)) } satisfies Tag;
      case "URL":
        this.cost += PARSED_COST;
        return { $: "url", v: (value as URL).href } satisfies Tag;
      case "RegExp":
        return this.#encodeRegExp(value as RegExp);
    }
    throw this.refusal(describeInstance(value));
  }

  /** Notes what an object costs together with all inside, for which `cost` was this when the object itself had been counted. */
  #noteWhole(costInside: number): void {
    this.#dearestWhole = Math.max(this.#dearestWhole, 1 + this.cost - costInside);
  }

  #encodeBinary(value: ArrayBufferView | ArrayBuffer): unknown {
    if (ArrayBuffer.isView(value) && !isArrayBuffer(value.buffer)) {
      throw this.refusal("a view of a SharedArrayBuffer, memory cannot be shared between processes, send a copy");
    }
    const bytes = bytesOf(value);
    if (bytes === undefined) throw this.refusal("binary data that was transferred away, only attached data can travel");
    const kind = ArrayBuffer.isView(value) ? kindOfView(value) : "ArrayBuffer";
    return { $: "binary", k: kind, p: this.parts.push(bytes) - 1 } satisfies Tag;
  }

  #encodeMap(value: Map<unknown, unknown>, depth: number): unknown {
    const entries: unknown[] = [];
    let index = 0;
    for (const [key, item] of entriesOf.call(value)) {
      const at = typeof key === "string" ? `.get(${JSON.stringify(key)})` : `.values()[${index}]`;
      entries.push(this.encodeAt({ expression: `.keys()[${index}]` }, key, depth + 1));
      entries.push(this.encodeAt({ expression: at }, item, depth + 1));
      index++;
    }
    this.cost += index * MAP_ENTRY_COST;
    return { $: "map", v: entries } satisfies Tag;
  }

  #encodeSet(set: Set<unknown>, depth: number): unknown {
    const items: unknown[] = [];
    for (const item of itemsOf.call(set)) {
      items.push(this.encodeAt({ expression: `.values()[${items.length}]` }, item, depth + 1));
    }
    this.cost += items.length;
    return { $: "set", v: items } satisfies Tag;
  }

  #encodeRegExp(regexp: RegExp): unknown {
    this.cost += PARSED_COST;
    const { source, flags } = regexp;
    if (source.length > MAX_REGEXP_UNITS) {
      throw this.refusal(`a RegExp of ${source.length} characters, at most ${MAX_REGEXP_UNITS} can travel`);
    }
    this.#regexpCost += regexpCost(source, flags);
    if (this.#regexpCost > MAX_REGEXP_COST) {
      throw this.refusal(
        "regular expressions with many Unicode sets, fewer can travel in one value, send them as text",
      );
    }
    return { $: "regexp", v: source, f: flags } satisfies Tag;
  }
}

function encodeNumber(value: number): Tag {
  if (Number.isNaN(value)) return { $: "number", v: "NaN" };
  if (value === 0) return { $: "number", v: "-0" };
  return { $: "number", v: value > 0 ? "Infinity" : "-Infinity" };
}

function numberOrNull(time: number): number | null {
  return Number.isNaN(time) ? null : time;
}

const classNames: ReadonlyMap<object, string> = new Map(
  [Map, Set, Date, URL, RegExp].map(({ prototype, name }) => [prototype, name]),
);

/** The class that a built-in object is of, in this realm or another; of a subclass there is none. */
function classNameOf(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value);
  return classNames.get(prototype) ?? (prototype === null ? undefined : builtInName(prototype));
}
