/** Rebuilds a value from a tagged tree, which is trusted in nothing. */

import { viewOf } from "./binary.ts";
import { arrayOf, type JsonObject, malformed, numberOf, pairsIn, recordOf, textOf } from "./checks.ts";
import { decodeError } from "./error_codec.ts";
import { decodeNumbers, MAX_AT_ONCE } from "./number_list.ts";
import { tooDear } from "./line_limits.ts";
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
  MAX_TREE_COST,
  NUMBERS_PER_COST,
  PARSED_COST,
  putField,
  regexpCost,
  SPARSE_ITEM_COST,
  TAG_KEY,
} from "./tags.ts";

/** Decodes one tree, changing it in place where it can. */
export class TaggedDecoder {
  readonly #parts: readonly Uint8Array[];
  readonly #handles: HandleCodec | undefined;
  readonly #objects: object[] = [];
  readonly #maxCost: number;
  #cost = 0;
  #regexpCost = 0;
  #nextPart = 0;

  /** Builds a decoder for one tree, which may cost so much: in the text of a message, one that this library wrote costs less. */
  constructor(parts: readonly Uint8Array[], handles: HandleCodec | undefined, maxCost: number = MAX_TREE_COST) {
    this.#parts = parts;
    this.#handles = handles;
    this.#maxCost = maxCost;
  }

  /** Returns the value of a tree that lies `depth` objects deep. */
  decode(node: unknown, depth: number): unknown {
    if (typeof node !== "object" || node === null) return node;
    if (Array.isArray(node)) return this.#decodeArray(node, depth);
    if (Object.hasOwn(node, TAG_KEY)) return this.#decodeTag(node as JsonObject, depth);
    return this.#decodeRecord(node, depth);
  }

  /** Gives a new object its number, before anything inside it is decoded. */
  register<T extends object>(object: T, depth: number): T {
    if (depth > MAX_DEPTH) throw malformed(`it is nested deeper than ${MAX_DEPTH} levels`);
    this.#objects.push(object);
    this.pay(1);
    return object;
  }

  /** What comes next is decoded in another turn of the event loop, or may be. */
  renewCost(): void {
    this.#cost = 0;
  }

  /** Counts what a part of the tree costs. */
  pay(cost: number): void {
    this.#cost += cost;
    if (this.#cost > this.#maxCost) throw tooDear("receive", this.#cost, this.#maxCost);
  }

  #decodeArray(array: unknown[], depth: number): unknown[] {
    this.register(array, depth);
    for (let i = 0; i < array.length; i++) {
      const item = array[i];
      if (typeof item === "object" && item !== null) array[i] = this.decode(item, depth + 1);
    }
    return array;
  }

  #decodeRecord(record: object, depth: number): object {
    this.register(record, depth);
    let count = 0;
    // Half as dear as to go through Object.keys(). It also sees what somebody has added to Object.prototype.
    for (const key in record) {
      if (++count > MANY_KEYS) this.pay(count === MANY_KEYS + 1 ? count : 1);
      const field = (record as JsonObject)[key];
      if (typeof field !== "object" || field === null || !Object.hasOwn(record, key)) continue;
      putField(record, key, this.decode(field, depth + 1));
    }
    return record;
  }

  #decodeTag(tag: JsonObject, depth: number): unknown {
    switch (tag.$) {
      case "undefined":
        return undefined;
      case "number":
        return decodeNumber(tag.v);
      case "bigint":
        this.pay(BIGINT_COST + Math.floor(textOf(tag.v).length / DIGITS_PER_COST));
        return decodeBigInt(tag.v);
      case "ref":
        return this.#decodeRef(tag.v);
      case "object":
        return this.#decodeRecord(recordOf(tag.v), depth);
      case "sparse":
        return this.#decodeSparse(tag, depth);
      case "map":
        return this.#decodeMap(pairsIn(tag.v), depth);
      case "set":
        return this.#decodeSet(arrayOf(tag.v), depth);
      case "error":
        this.pay(ERROR_COST);
        return decodeError(tag, this, depth);
      default:
        return this.register(this.#decodeLeaf(tag), depth);
    }
  }

  #decodeLeaf(tag: JsonObject): object {
    switch (tag.$) {
      case "date":
        return new Date(tag.v === null ? NaN : numberOf(tag.v));
      case "url":
        this.pay(PARSED_COST);
        return decodeUrl(textOf(tag.v));
      case "regexp":
        this.pay(PARSED_COST);
        return this.#decodeRegExp(textOf(tag.v), textOf(tag.f));
      case "binary":
        return this.#decodeBinary(textOf(tag.k), tag.p);
      case "numbers":
        return this.#decodeNumbers(textOf(tag.k), tag.p);
      case "handle":
        this.pay(HANDLE_COST);
        return this.#decodeHandle(tag.v);
    }
    throw malformed("it has an unknown tag");
  }

  #decodeRef(number: unknown): object {
    const object = typeof number === "number" ? this.#objects[number] : undefined;
    if (object === undefined) throw malformed("it refers to an object that is not there");
    return object;
  }

  #decodeSparse(tag: JsonObject, depth: number): unknown[] {
    const entries = pairsIn(tag.v);
    const length = numberOf(tag.n);
    const isPossible = Number.isInteger(length) && length >= 0 && length <= 0xffffffff;
    if (!isPossible || length - entries.length / 2 > MAX_HOLES) throw malformed("it has an array of impossible length");
    const array = this.register(holes(length, entries.length), depth);
    this.pay((entries.length >> 1) * SPARSE_ITEM_COST);
    for (let i = 0; i < entries.length; i += 2) {
      const index = entries[i] as number;
      if (!Number.isInteger(index) || index < 0 || index >= length) {
        throw malformed("it has an array index out of range");
      }
      array[index] = this.decode(entries[i + 1], depth + 1);
    }
    return array;
  }

  #decodeMap(entries: unknown[], depth: number): Map<unknown, unknown> {
    const map = this.register(new Map<unknown, unknown>(), depth);
    this.pay((entries.length >> 1) * MAP_ENTRY_COST);
    for (let i = 0; i < entries.length; i += 2) {
      const key = this.decode(entries[i], depth + 1);
      map.set(key, this.decode(entries[i + 1], depth + 1));
    }
    return map;
  }

  #decodeSet(items: unknown[], depth: number): Set<unknown> {
    const set = this.register(new Set<unknown>(), depth);
    this.pay(items.length);
    for (let i = 0; i < items.length; i++) set.add(this.decode(items[i], depth + 1));
    return set;
  }

  /** In the order of the walk, each once: no two values may share memory they did not share before. */
  #takePart(index: unknown): Uint8Array {
    if (index !== this.#nextPart) throw malformed("it takes a binary part out of turn");
    const bytes = this.#parts[this.#nextPart++];
    if (bytes === undefined) throw malformed("it takes a binary part that is not there");
    return bytes;
  }

  #decodeBinary(kind: string, index: unknown): object {
    const bytes = this.#takePart(index);
    const view = viewOf(kind, bytes);
    if (view === undefined) throw malformed(`it has ${bytes.byteLength} bytes that are not ${JSON.stringify(kind)}`);
    return view;
  }

  #decodeNumbers(kind: string, index: unknown): number[] {
    const numbers = decodeNumbers(kind, this.#takePart(index));
    // One that was read as it came costs nothing more.
    if (numbers.length <= MAX_AT_ONCE) this.pay(Math.floor(numbers.length / NUMBERS_PER_COST));
    return numbers;
  }

  #decodeRegExp(source: string, flags: string): RegExp {
    if (source.length > MAX_REGEXP_UNITS || !/^[dgimsuvy]{0,8}$/.test(flags)) {
      throw malformed("it has a regular expression out of bounds");
    }
    this.#regexpCost += regexpCost(source, flags);
    if (this.#regexpCost > MAX_REGEXP_COST) throw malformed("its regular expressions are too costly");
    try {
      return new RegExp(source, flags);
    } catch (cause) {
      throw malformed("it has an invalid regular expression", cause);
    }
  }

  #decodeHandle(data: unknown): object {
    if (this.#handles === undefined) throw malformed("it has a shared-object handle, none is expected here");
    const handle = this.#handles.decode(data);
    if (typeof handle !== "object" || handle === null) throw malformed("its shared-object handle is not an object");
    return handle;
  }
}

/** An array of holes. When most will stay holes it takes no memory for them: a few bytes could claim gigabytes. */
function holes(length: number, likelyItems: number): unknown[] {
  const array: unknown[] = [];
  // V8 keeps an array that was this long as a table of its items.
  if (length > 2 * likelyItems) array.length = 2 ** 32 - 1;
  array.length = length;
  return array;
}

function decodeNumber(text: unknown): number {
  switch (text) {
    case "NaN":
      return NaN;
    case "Infinity":
      return Infinity;
    case "-Infinity":
      return -Infinity;
    case "-0":
      return -0;
  }
  throw malformed("it has an unknown number");
}

const HEXADECIMAL = /^-?[0-9a-f]+$/;
const MAGNITUDE = /[0-9a-f]+$/;

/** Hexadecimal, because reading a long decimal takes more than linear time. */
function decodeBigInt(value: unknown): bigint {
  const text = textOf(value);
  if (!HEXADECIMAL.test(text)) throw malformed("it has a bigint that is not a number");
  try {
    // Not by methods of texts, which code in a worker may have replaced.
    return text[0] === "-" ? -BigInt(`0x${MAGNITUDE.exec(text)![0]}`) : BigInt(`0x${text}`);
  } catch (cause) {
    throw malformed("it has a bigint out of range", cause);
  }
}

function decodeUrl(href: string): URL {
  try {
    return new URL(href);
  } catch (cause) {
    throw malformed("it has an invalid URL", cause);
  }
}
