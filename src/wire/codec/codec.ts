/** Turns values into JSON text with binary parts, and back. Pure: knows no pipes and no messages. */

import { EncodingError, PayloadTooLargeError, ProtocolError } from "../../errors.ts";
import { malformed } from "./checks.ts";
import { TaggedDecoder } from "./decode.ts";
import { encodingError, TaggedEncoder } from "./encode.ts";
import { DEFAULT_MAX_FRAME_BYTES } from "../framing/frame_format.ts";
import { encodeNumbers, type NumbersText } from "./number_list.ts";
import { isPlain } from "./plain.ts";
import type { HandleCodec } from "./tags.ts";

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

export type { HandleCodec } from "./tags.ts";

/**
 * Encodes a value for another process.
 *
 * - Plain JSON data is written as it is, without a copy; a long list of numbers as bytes.
 * - `undefined`, holes, NaN, the infinities, -0, bigint, Date, Map, Set, Error, ArrayBuffer, DataView, typed arrays, URL,
 *   RegExp, cycles and shared references are kept.
 * - Of an object its own enumerable string keys travel, of an array its items, of a view the bytes it shows.
 *
 * @throws {EncodingError} If a part of the value cannot travel; its `path` says which.
 * @throws {PayloadTooLargeError} If the text would be longer than a string can be.
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
  // What most functions return that return nothing.
  if (value === undefined) return UNDEFINED;
  const numbers = numbersIn(value);
  if (numbers !== undefined) return { text: numbers.text, tagged: true, parts: [numbers.bytes] };
  if (isPlainOrThrow(value)) return { text: stringify(value), tagged: false, parts: NO_PARTS };
  const encoder = new TaggedEncoder(handles);
  const tree = encodeTree(encoder, value);
  return { text: stringify(tree), tagged: true, parts: encoder.parts };
}

/**
 * Rebuilds a value from the parsed text and the parts of an {@linkcode Encoded}.
 *
 * Takes over `body` and `parts`: the value is made of them. Trusts neither: prototypes stay as they are, no code runs,
 * and depth and size are bounded.
 *
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
    return new TaggedDecoder(parts, handles).decode(body, 0);
  } catch (error) {
    throw error instanceof ProtocolError ? error : malformed("it is not what this library writes", error);
  }
}

function numbersIn(value: unknown): NumbersText | undefined {
  try {
    return encodeNumbers(value);
  } catch {
    // A getter or a proxy threw. The walk that follows knows where.
    return undefined;
  }
}

function isPlainOrThrow(value: unknown): boolean {
  try {
    return isPlain(value);
  } catch {
    // A getter or a proxy threw. The walk that follows knows where.
    return false;
  }
}

function encodeTree(encoder: TaggedEncoder, value: unknown): unknown {
  try {
    return encoder.encode(value, 0);
  } catch (error) {
    if (error instanceof EncodingError) throw error;
    throw encodingError(encoder.path, "an object that cannot be read, only data can travel", error);
  }
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw encodingError("$", "an object that cannot be read, only data can travel", error);
    }
    const limit = DEFAULT_MAX_FRAME_BYTES;
    throw new PayloadTooLargeError(
      `Cannot send message: its text is longer than a string can be, at most ${limit} bytes are allowed`,
      2 ** 29,
      limit,
    );
  }
}
