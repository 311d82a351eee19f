/** Turns values into JSON text with binary parts, and back. Pure: knows no pipes and no messages. */

import { EncodingError, PayloadTooLargeError, ProtocolError } from "../../errors.ts";
import { LinePart, type ReceivedLines } from "../framing/line_part.ts";
import { type JsonObject, malformed } from "./checks.ts";
import { TaggedDecoder } from "./decode.ts";
import { TaggedEncoder } from "./encode.ts";
import { LineReader } from "./line_reader.ts";
import { LineWriter, ownParts } from "./line_writer.ts";
import { encodeNumbers, type NumbersText } from "./number_list.ts";
import { isShort, LARGE_UNITS, NOT_PLAIN, PlainMeasure } from "./plain.ts";
import type { HandleCodec } from "./tags.ts";
import { messageTooLarge, notEncodable } from "../unsendable.ts";
import { UNREADABLE } from "./value_path.ts";

/** A value as it travels. */
export interface Encoded {
  /** The JSON text. */
  readonly text: string;
  /** Whether the text holds tags; if not, it is the value itself. */
  readonly tagged: boolean;
  /** The bytes of the binary values: views of the originals, not copies. A long list of numbers has its own. */
  readonly parts: readonly Uint8Array[];
}

const NO_PARTS: readonly Uint8Array[] = [];
const UNDEFINED: Encoded = { text: '{"$":"undefined"}', tagged: true, parts: NO_PARTS };
/** What all calls without arguments have: very many of them may wait at once. */
const EMPTY_LIST: Encoded = { text: "[]", tagged: false, parts: NO_PARTS };
/** The estimate of a text's length may be wrong by its escapes: what is longer than this travels as lines. */
export const MAX_TEXT_UNITS: number = 2 * LARGE_UNITS;
/** How long V8's strings can be. */
const MAX_STRING_UNITS = 2 ** 29 - 24;
/** The text of a value that travels as lines. */
export const LINES_OF_PLAIN = '{"$":"lines"}';
/** The same for a tree with tags. */
export const LINES_OF_TREE = '{"$":"lines","t":1}';

export type { HandleCodec } from "./tags.ts";

/**
 * Encodes a value for another process.
 *
 * - Plain JSON data is written as it is, without a copy: in the message's text, or if it is large, as lines; a long list of numbers as bytes.
 * - `undefined`, holes, NaN, the infinities, -0, bigint, Date, Map, Set, Error, ArrayBuffer, DataView, typed arrays, URL,
 *   RegExp, cycles and shared references are kept.
 * - Of an object its own enumerable string keys travel, of an array its items, of a view the bytes it shows.
 *
 * @param value Anything.
 * @param handles Writes shared objects in it. Without it, they cannot travel.
 * @returns The text and its binary parts, which are views of the value's own bytes.
 * @throws {EncodingError} If a part of the value cannot travel; its `path` says which.
 * @throws {PayloadTooLargeError} If a text in it would be longer than a string can be.
 *
 * @example There and back
 * ```ts
 * import { decode, encode } from "@corral/multiprocessing/backend";
 *
 * const { text, tagged, parts } = encode({ when: new Date(0), bytes: new Uint8Array([1, 2]) });
 * console.log(decode(JSON.parse(text), tagged, parts)); // { when: 1970-01-01T00:00:00.000Z, bytes: Uint8Array(2) [ 1, 2 ] }
 * ```
 */
export function encode(value: unknown, handles?: HandleCodec): Encoded {
  return withOwnMemory(encodeToSend(value, handles));
}

/** Does what {@linkcode encode} does, for one who calls `giveBack()` when the parts have left: they may lie in memory that is lent. */
export function encodeToSend(value: unknown, handles?: HandleCodec): Encoded {
  // What most functions return that return nothing.
  if (value === undefined) return UNDEFINED;
  if (needsNoMeasure(value)) {
    const text = JSON.stringify(value);
    return text === "[]" ? EMPTY_LIST : { text, tagged: false, parts: NO_PARTS };
  }
  const numbers = numbersIn(value);
  if (numbers !== undefined) return { text: numbers.text, tagged: true, parts: [numbers.bytes] };
  const measure = new PlainMeasure();
  const size = sizeOf(value, measure);
  return size === NOT_PLAIN ? encodeTagged(value, handles) : encodePlain(value, size, measure);
}

/** What was encoded to be sent, to be kept. */
export function withOwnMemory(encoded: Encoded): Encoded {
  const parts = ownParts(encoded.parts);
  return parts === encoded.parts ? encoded : { text: encoded.text, tagged: encoded.tagged, parts };
}

/**
 * Rebuilds a value from the parsed text and the parts of an {@linkcode Encoded}.
 *
 * Takes over `body` and `parts`: the value is made of them. Trusts neither: prototypes stay as they are, no code runs,
 * and depth and size are bounded.
 *
 * @param body The text, parsed as JSON.
 * @param tagged Whether the text holds tags.
 * @param parts The binary parts, in their order.
 * @param handles Makes the shared objects in it. Without it, there cannot be any.
 * @returns The value.
 * @throws {ProtocolError} If they were not written by {@linkcode encode}.
 *
 * @example A plain value
 * ```ts
 * import { decode } from "@corral/multiprocessing/backend";
 *
 * console.log(decode([1, 2], false, [])); // [1, 2]
 * ```
 */
export function decode(
  body: unknown,
  tagged: boolean,
  parts: readonly Uint8Array[],
  handles?: HandleCodec,
): unknown {
  if (!tagged) return body;
  try {
    const form = linesFormOf(body);
    if (form === undefined) return new TaggedDecoder(parts, handles).decode(body, 0);
    const { value, maxCost, isDecoded } = readLines(parts[0]);
    if (form === LINES_OF_PLAIN || isDecoded) return value;
    return new TaggedDecoder(parts.slice(1), handles, maxCost).decode(value, 0);
  } catch (error) {
    throw error instanceof ProtocolError || error instanceof PayloadTooLargeError
      ? error
      : malformed("it is not what this library writes", error);
  }
}

function needsNoMeasure(value: unknown): boolean {
  try {
    return isShort(value);
  } catch {
    // A getter or a proxy threw. The walk that follows knows where.
    return false;
  }
}

/** The value as bytes, if it is a long list of numbers, or holds one. */
export function numbersIn(value: unknown): NumbersText | undefined {
  try {
    return encodeNumbers(value);
  } catch {
    // A getter or a proxy threw. The walk that follows knows where.
    return undefined;
  }
}

function sizeOf(value: unknown, measure: PlainMeasure): number {
  try {
    return measure.measure(value);
  } catch {
    // A getter or a proxy threw. The walk that follows knows where.
    return NOT_PLAIN;
  }
}

/** Writes plain data whose text has about so many units. */
export function encodePlain(value: unknown, size: number, measure: PlainMeasure): Encoded {
  const text = size < LARGE_UNITS ? stringify(value) : undefined;
  if (text !== undefined && text.length <= MAX_TEXT_UNITS) return { text, tagged: false, parts: NO_PARTS };
  return {
    text: LINES_OF_PLAIN,
    tagged: true,
    parts: [writeLines((large) => new LineWriter(large, size), value, measure).finish()],
  };
}

/** Encodes what is not plain data. */
export function encodeTagged(value: unknown, handles: HandleCodec | undefined): Encoded {
  const encoder = new TaggedEncoder(handles);
  try {
    return encodeWith(encoder, value);
  } catch (error) {
    encoder.abandon();
    throw error;
  }
}

function encodeWith(encoder: TaggedEncoder, value: unknown): Encoded {
  const tree = encodeTree(encoder, value);
  const measure = new PlainMeasure();
  const size = measure.measure(tree);
  const text = size < LARGE_UNITS ? stringify(tree) : undefined;
  if (text !== undefined && text.length <= MAX_TEXT_UNITS) return { text, tagged: true, parts: encoder.parts };
  const lines = writeLines(LineWriter.ofTree, tree, measure).finishTree(encoder.costAtOnce, encoder.hasPartsBehind);
  return { text: LINES_OF_TREE, tagged: true, parts: [lines, ...encoder.parts] };
}

function writeLines(
  start: (large: Set<object>) => LineWriter,
  value: unknown,
  { large }: PlainMeasure,
): LineWriter {
  // Also where only its escapes made it large.
  if (typeof value === "object" && value !== null) large.add(value);
  try {
    const writer = start(large);
    writer.write(value);
    return writer;
  } catch (error) {
    throw writingError(error);
  }
}

/** What the lines hold, whether they were read as they came, or are still bytes. */
function readLines(part: Uint8Array | undefined): ReceivedLines {
  if (!(part instanceof LinePart)) throw malformed("its lines are missing");
  if (part.length === 0) return { value: part.value, maxCost: part.cost, isDecoded: part.isDecoded };
  const reader = new LineReader(part.length, undefined);
  reader.push(part);
  return reader.end();
}

function linesFormOf(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || (body as JsonObject).$ !== "lines") return undefined;
  return (body as JsonObject).t === 1 ? LINES_OF_TREE : LINES_OF_PLAIN;
}

function encodeTree(encoder: TaggedEncoder, value: unknown): unknown {
  try {
    return encoder.encode(value, 0);
  } catch (error) {
    if (error instanceof EncodingError) throw error;
    throw notEncodable(encoder.path, UNREADABLE, error);
  }
}

/** The text of plain data. */
export function stringify(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw writingError(error);
  }
}

/** The error when a value that was looked at before cannot be written. */
export function writingError(error: unknown): Error {
  if (!(error instanceof RangeError)) {
    return notEncodable("$", UNREADABLE, error);
  }
  return messageTooLarge(
    "send",
    `a text in it is longer than a string can be, at most ${MAX_STRING_UNITS} characters are allowed`,
    MAX_STRING_UNITS + 1,
    MAX_STRING_UNITS,
  );
}
