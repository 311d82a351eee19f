/** Outgoing: texts with binary parts become length-prefixed frames. */

import { messageTooLarge } from "../unsendable.ts";
import { checkedLimit, DEFAULT_MAX_FRAME_BYTES, LINE_PART_FLAG, MAX_PARTS } from "./frame_format.ts";
import { LinePart } from "./line_part.ts";

const SMALLEST_BLOCK_BYTES = 16 * 1024;
const LARGEST_BLOCK_BYTES = 64 * 1024;
const LARGEST_COPY_BYTES = 64 * 1024;
const SHORT_TEXT_UNITS = 16 * 1024;
/** What a whole one gives to the block that goes ahead: a few bytes alone would wake the receiver for nothing. */
const BEGINNING_BYTES = 16 * 1024;
const LOOPED_TEXT_UNITS = 64;

const utf8Encoder = new TextEncoder();

/**
 * Collects outgoing frames until they are written.
 *
 * - {@linkcode FrameBuffer.append} either takes the whole frame or throws and takes nothing.
 * - {@linkcode FrameBuffer.take} hands over everything appended so far, small frames merged.
 * - Of parts of more than 64 KiB the rest is handed over as it is: they must not change before they are written.
 */
export class FrameBuffer {
  #maxFrameBytes: number;
  #chunks: Uint8Array[] = [];
  #closedBytes = 0;
  #block: Uint8Array<ArrayBuffer> = new Uint8Array(SMALLEST_BLOCK_BYTES);
  #spare: Uint8Array<ArrayBuffer> = new Uint8Array(SMALLEST_BLOCK_BYTES);
  #start = 0;
  #end = 0;

  /** Builds an empty buffer for frames of at most `maxFrameBytes` bytes, the leading length not counted. */
  constructor(maxFrameBytes: number = DEFAULT_MAX_FRAME_BYTES) {
    this.#maxFrameBytes = checkedLimit(maxFrameBytes);
  }

  /** Sets another limit for the frames to come. */
  limitTo(maxFrameBytes: number): void {
    this.#maxFrameBytes = checkedLimit(maxFrameBytes);
  }

  /** How many bytes wait to be taken. */
  get byteLength(): number {
    return this.#closedBytes + this.#end - this.#start;
  }

  /**
   * Appends one frame.
   *
   * @throws {PayloadTooLargeError} If the frame is larger than the limit. Nothing was appended or copied then.
   */
  append(text: string, parts?: readonly Uint8Array[]): void {
    const partBytes = parts === undefined || parts.length === 0 ? 0 : wireBytesOf(parts);
    requireFits(text, partBytes, this.#maxFrameBytes);
    if (text.length > SHORT_TEXT_UNITS) this.#putLongText(text, partBytes);
    else this.#putShortText(text, partBytes, partBytes > 0 ? 4 + copiedBytesOf(parts![0]!) : 0);
    if (partBytes > 0) { for (const part of parts!) this.#putPart(part); }
  }

  /**
   * Hands over the bytes to write, in order, and starts again.
   *
   * The chunks stay valid until the next call: what is appended meanwhile goes to another block.
   */
  take(): Uint8Array[] {
    this.#closeSegment();
    const taken = this.#chunks;
    this.#chunks = [];
    this.#closedBytes = 0;
    const next = this.#spare;
    this.#spare = this.#block;
    this.#block = next;
    this.#start = this.#end = 0;
    return taken;
  }

  /** @param behind How much will follow in the same chunk. */
  #putShortText(text: string, partBytes: number, behind: number): void {
    this.#reserve(8 + text.length * 3 + behind);
    const block = this.#block;
    const at = this.#end + 8;
    const written = text.length <= LOOPED_TEXT_UNITS ? writeAscii(text, block, at) : -1;
    const textBytes = written >= 0 ? written : utf8Encoder.encodeInto(text, block.subarray(at)).written;
    writeU32(block, at - 8, 4 + textBytes + partBytes);
    writeU32(block, at - 4, textBytes);
    this.#end = at + textBytes;
  }

  #putLongText(text: string, partBytes: number): void {
    const bytes = utf8Encoder.encode(text);
    this.#reserve(8 + copiedBytesOf(bytes));
    writeU32(this.#block, this.#end, 4 + bytes.byteLength + partBytes);
    writeU32(this.#block, this.#end + 4, bytes.byteLength);
    this.#end += 8;
    this.#putBytes(bytes);
  }

  #putPart(part: Uint8Array): void {
    this.#reserve(4 + copiedBytesOf(part));
    writeU32(this.#block, this.#end, part instanceof LinePart ? part.byteLength | LINE_PART_FLAG : part.byteLength);
    this.#end += 4;
    this.#putBytes(part);
  }

  /** Where there is room for what is copied. */
  #putBytes(bytes: Uint8Array): void {
    const copied = copiedBytesOf(bytes);
    const isWhole = copied === bytes.byteLength;
    this.#block.set(isWhole ? bytes : bytes.subarray(0, copied), this.#end);
    this.#end += copied;
    if (isWhole) return;
    this.#closeSegment();
    this.#chunks.push(bytes.subarray(copied));
    this.#closedBytes += bytes.byteLength - copied;
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#block.byteLength) return;
    this.#closeSegment();
    const grown = Math.min(this.#block.byteLength * 2, LARGEST_BLOCK_BYTES);
    this.#block = new Uint8Array(Math.max(grown, size));
    this.#start = this.#end = 0;
  }

  #closeSegment(): void {
    if (this.#end === this.#start) return;
    const segment = this.#block.subarray(this.#start, this.#end);
    // What is pushed into an empty list makes room for sixteen more.
    if (this.#chunks.length === 0) this.#chunks = [segment];
    else this.#chunks.push(segment);
    this.#closedBytes += this.#end - this.#start;
    this.#start = this.#end;
  }
}

/**
 * Checks a frame of `text` and `parts` before it is made, with `reserve` bytes more for what will be put around the text.
 *
 * @throws {PayloadTooLargeError} If it is larger than the limit.
 */
export function requireFrameFits(
  text: string,
  parts: readonly Uint8Array[],
  maxFrameBytes: number,
  reserve: number,
): void {
  requireFits(text, reserve + (parts.length === 0 ? 0 : wireBytesOf(parts)), maxFrameBytes);
}

function copiedBytesOf({ byteLength }: Uint8Array): number {
  return byteLength <= LARGEST_COPY_BYTES ? byteLength : BEGINNING_BYTES;
}

function requireFits(text: string, otherBytes: number, limit: number): void {
  const atMost = 4 + text.length * 3 + otherBytes;
  if (atMost <= limit) return;
  const atLeast = 4 + text.length + otherBytes;
  const exact = atLeast > limit ? atLeast : 4 + utf8Length(text) + otherBytes;
  if (exact > limit) {
    const why = `it has ${exact} bytes, at most ${limit} are allowed, send it in parts, or raise maxFrameBytes`;
    throw messageTooLarge("send", why, exact, limit);
  }
}

function wireBytesOf(parts: readonly Uint8Array[]): number {
  let size = 0;
  for (const part of parts) size += 4 + part.byteLength;
  if (parts.length <= MAX_PARTS) return size;
  throw messageTooLarge(
    "send",
    `it has ${parts.length} binary parts, at most ${MAX_PARTS} are allowed`,
    size,
    MAX_PARTS * 4,
  );
}

/** Writes a text of ASCII letters and returns how many, or -1 when it has others. */
function writeAscii(text: string, block: Uint8Array, at: number): number {
  const length = text.length;
  let bits = 0;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    block[at + i] = unit;
    bits |= unit;
  }
  return bits < 0x80 ? length : -1;
}

function utf8Length(text: string): number {
  let size = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) size += 1;
    else if (unit < 0x800) size += 2;
    else if (isSurrogatePair(unit, text.charCodeAt(i + 1))) {
      size += 4;
      i++;
    } else size += 3;
  }
  return size;
}

function isSurrogatePair(unit: number, next: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000;
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
