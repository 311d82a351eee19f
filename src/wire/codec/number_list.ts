/** Long lists of numbers as bytes, which cost less than their text. See `docs/decisions/wire.md`. */

import { LinePart } from "../framing/line_part.ts";
import { viewOf } from "./binary.ts";
import { malformed } from "./checks.ts";
import { type LineLimits, numbersValueBytes, requireNumbersFit } from "./line_limits.ts";
import { isLongText, isPlainPrimitive, LARGE_UNITS } from "./plain.ts";
import { isOrdinaryArray } from "./realms.ts";
import type { Tag } from "./tags.ts";

/** Shorter ones are about as quick as text. */
const MIN_LENGTH = 512;
/** Where a list of arguments is longer, looking at each costs time. */
const MAX_ARGUMENTS = 8;
const MAX_PRESIZED = 2 ** 24;
/** A list of more is read as it comes: to fill one of millions at once would stop the program for a tenth of a second. */
export const MAX_AT_ONCE: number = 16 * 1024;
const KINDS = { Int32Array, Float64Array };
/** Before the numbers of a part that is read as it comes: which kind, in the first byte, and seven that keep them aligned. */
const HEAD_BYTES = 8;
/** No line begins with these. */
const KIND_OF_MARK: readonly (keyof typeof KINDS | undefined)[] = [undefined, "Int32Array", "Float64Array"];

/** A value whose one long list of numbers travels as bytes. */
export interface NumbersText {
  /** The JSON text, with a tag where the list is. */
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Encodes a long list of numbers, or a few arguments of which one is such a list and the others are not objects; nothing else. */
export function encodeNumbers(value: unknown): NumbersText | undefined {
  if (typeof value !== "object" || value === null || !isOrdinaryArray(value)) return undefined;
  if (value.length >= MIN_LENGTH) return encodeList(value);
  return value.length <= MAX_ARGUMENTS ? encodeArguments(value) : undefined;
}

/** Rebuilds the list. */
export function decodeNumbers(kind: string, bytes: Uint8Array): number[] {
  if (bytes instanceof LinePart) return numbersOf(bytes);
  if (bytes.length > MAX_AT_ONCE * 8) throw malformed(`it has a list of numbers of ${bytes.length} bytes in one piece`);
  const numbers = Object.hasOwn(KINDS, kind) ? viewOf(kind, bytes) as Int32Array | Float64Array | undefined : undefined;
  if (numbers === undefined) throw malformed(`it has ${bytes.byteLength} bytes that are not a list of numbers`);
  const list = emptyList(numbers.length);
  fill(list, 0, numbers);
  return list;
}

/** Whether a part that begins with this byte is a list of numbers, not lines. */
export function isNumbersMark(mark: number): boolean {
  return KIND_OF_MARK[mark] !== undefined;
}

/** Reads a long list of numbers as its bytes come. */
export class NumbersReader {
  readonly #list: number[];
  readonly #kind: keyof typeof KINDS;
  readonly #size: number;
  /** What the next numbers are read from: the bytes come at any address. */
  #scratch = new Uint8Array(1024);
  #kept = 0;
  #length = 0;
  #head = HEAD_BYTES;

  /** Starts a part of so many bytes, of which `mark` is the first. Without limits its sender is trusted. */
  constructor(mark: number, byteLength: number, limits: LineLimits | undefined) {
    this.#kind = KIND_OF_MARK[mark]!;
    this.#size = KINDS[this.#kind].BYTES_PER_ELEMENT;
    const count = (byteLength - HEAD_BYTES) / this.#size;
    if (!Number.isInteger(count) || count < 0) {
      throw malformed(`it has ${byteLength} bytes that are not a list of numbers`);
    }
    if (limits !== undefined) requireNumbersFit(count, limits);
    this.#list = emptyList(count);
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    const start = Math.min(bytes.length, this.#head);
    this.#head -= start;
    const length = this.#kept + bytes.length - start;
    if (length > this.#scratch.length) this.#grow(length);
    this.#scratch.set(bytes.subarray(start), this.#kept);
    const count = Math.floor(length / this.#size);
    fill(this.#list, this.#length, new KINDS[this.#kind](this.#scratch.buffer, 0, count));
    this.#length += count;
    this.#scratch.copyWithin(0, count * this.#size, length);
    this.#kept = length - count * this.#size;
  }

  /** The list, after the last bytes. */
  end(): number[] {
    return this.#list;
  }

  #grow(length: number): void {
    const grown = new Uint8Array(Math.ceil(length / 1024) * 1024);
    grown.set(this.#scratch.subarray(0, this.#kept));
    this.#scratch = grown;
  }
}

function numbersOf(part: LinePart): number[] {
  if (part.length === 0) {
    if (part.holdsNumbers) return part.value as number[];
  } else if (isNumbersMark(part[0]!)) {
    const reader = new NumbersReader(part[0]!, part.length, undefined);
    reader.push(part);
    return reader.end();
  }
  throw malformed("its list of numbers is missing");
}

/** Made at once, which is ten times as quick as Array.from(). V8 keeps a longer array as a table, if it is made at once. */
function emptyList(length: number): number[] {
  return length < MAX_PRESIZED ? new Array(length) : [];
}

function fill(list: number[], start: number, numbers: Int32Array | Float64Array): void {
  for (let i = 0; i < numbers.length; i++) list[start + i] = numbers[i]!;
}

function encodeArguments(values: unknown[]): NumbersText | undefined {
  const at = indexOfLongList(values);
  if (at < 0) return undefined;
  const texts: string[] = [];
  for (let i = 0; i < values.length; i++) texts.push(i === at ? "" : JSON.stringify(values[i]));
  // More text than a message holds goes into lines.
  if (texts.join().length > LARGE_UNITS) return undefined;
  const list = encodeList(values[at] as unknown[]);
  if (list === undefined) return undefined;
  texts[at] = list.text;
  return { text: `[${texts.join()}]`, bytes: list.bytes };
}

/** Where the one long list is, or -1: with a second object it matters whether the two are the same, and a long text is a line of its own. */
function indexOfLongList(values: unknown[]): number {
  let at = -1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (isPlainPrimitive(value) && !isLongText(value)) continue;
    const isLongList = Array.isArray(value) && value.length >= MIN_LENGTH && isOrdinaryArray(value);
    if (!isLongList || at >= 0) return -1;
    at = i;
  }
  return at;
}

function encodeList(list: unknown[]): NumbersText | undefined {
  if (typeof list[0] !== "number") return undefined;
  const numbers = toIntegers(list) ?? toFloats(list);
  if (numbers === undefined) return undefined;
  const kind = numbers instanceof Int32Array ? "Int32Array" : "Float64Array";
  return {
    text: JSON.stringify({ $: "numbers", k: kind, p: 0 } satisfies Tag),
    bytes: numbers.byteOffset === 0 ? new Uint8Array(numbers.buffer) : partOf(numbers, KIND_OF_MARK.indexOf(kind)),
  };
}

function partOf(numbers: Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>, mark: number): LinePart {
  const part = new LinePart(numbers.buffer);
  part[0] = mark;
  part.valueBytes = numbersValueBytes(numbers.length);
  return part;
}

/** Room for so many numbers, and for what stands before them when they are many. */
function roomFor(length: number, size: number): [buffer: ArrayBuffer, at: number, length: number] {
  const at = length > MAX_AT_ONCE ? HEAD_BYTES : 0;
  return [new ArrayBuffer(at + length * size), at, length];
}

/** The list as integers of 32 bits, which have no -0. */
function toIntegers(list: unknown[]): Int32Array<ArrayBuffer> | undefined {
  const integers = new Int32Array(...roomFor(list.length, 4));
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (typeof item !== "number" || (item | 0) !== item || (item === 0 && 1 / item < 0)) return undefined;
    integers[i] = item;
  }
  return integers;
}

function toFloats(list: unknown[]): Float64Array<ArrayBuffer> | undefined {
  const floats = new Float64Array(...roomFor(list.length, 8));
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (typeof item !== "number") return undefined;
    floats[i] = item;
  }
  return floats;
}
