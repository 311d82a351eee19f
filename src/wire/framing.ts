/** Turns texts with binary parts into length-prefixed frames, and back. Pure: knows no pipes and no JSON. */

import { PayloadTooLargeError, ProtocolError } from "../errors.ts";

/** The largest frame accepted unless another limit is given: 256 MiB. */
export const DEFAULT_MAX_FRAME_BYTES: number = 256 * 1024 * 1024;

/** Receives one complete frame: its text and its binary parts, which are the receiver's to keep. */
export type FrameHandler = (text: string, parts: Uint8Array[]) => void;

/** More empty parts than this would cost the receiver far more memory than the sender. */
const MAX_PARTS = 1024 * 1024;

const SMALLEST_BLOCK_BYTES = 16 * 1024;
const LARGEST_BLOCK_BYTES = 256 * 1024;
const WHOLE_PART_BYTES = 64 * 1024;
const WHOLE_TEXT_UNITS = 16 * 1024;
const LOOPED_TEXT_UNITS = 64;

const RUN_BYTES = 16 * 1024;
const RUN_TEXT_BYTES = 512;

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const latin1Decoder = new TextDecoder("latin1");

/**
 * Collects outgoing frames until they are written.
 *
 * - {@linkcode FrameBuffer.append} either takes the whole frame or throws and takes nothing.
 * - {@linkcode FrameBuffer.take} hands over everything appended so far, small frames merged.
 * - Parts of 64 KiB and more are handed over as they are: they must not change before they are written.
 */
export class FrameBuffer {
  readonly #maxFrameBytes: number;
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
    this.#checkSize(text, partBytes);
    if (text.length > WHOLE_TEXT_UNITS) this.#putLongText(text, partBytes);
    else this.#putShortText(text, partBytes);
    if (partBytes > 0) { for (const part of parts!) this.#putPart(part); }
  }

  /**
   * Hands over the bytes to write, in order, and starts anew.
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

  #checkSize(text: string, partBytes: number): void {
    const limit = this.#maxFrameBytes;
    const atMost = 4 + text.length * 3 + partBytes;
    if (atMost <= limit) return;
    const atLeast = 4 + text.length + partBytes;
    const exact = atLeast > limit ? atLeast : 4 + utf8Length(text) + partBytes;
    if (exact > limit) throw tooLarge("send", exact, limit);
  }

  #putShortText(text: string, partBytes: number): void {
    this.#reserve(8 + text.length * 3);
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
    this.#reserve(8);
    writeU32(this.#block, this.#end, 4 + bytes.byteLength + partBytes);
    writeU32(this.#block, this.#end + 4, bytes.byteLength);
    this.#end += 8;
    this.#putWhole(bytes);
  }

  #putPart(part: Uint8Array): void {
    const size = part.byteLength;
    const isWhole = size >= WHOLE_PART_BYTES;
    this.#reserve(isWhole ? 4 : 4 + size);
    writeU32(this.#block, this.#end, size);
    this.#end += 4;
    if (isWhole) return this.#putWhole(part);
    this.#block.set(part, this.#end);
    this.#end += size;
  }

  #putWhole(bytes: Uint8Array): void {
    this.#closeSegment();
    this.#chunks.push(bytes);
    this.#closedBytes += bytes.byteLength;
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
    this.#chunks.push(this.#block.subarray(this.#start, this.#end));
    this.#closedBytes += this.#end - this.#start;
    this.#start = this.#end;
  }
}

/** Which bytes of a split frame are awaited. */
type Stage = "frameLength" | "textLength" | "text" | "partLength" | "part";

/**
 * Cuts incoming bytes into frames, however they were split.
 *
 * - Calls its handler for each complete frame, in order, before {@linkcode FrameDecoder.push} returns.
 * - Each part it delivers has an ArrayBuffer of exactly its own bytes.
 * - Refuses a frame that declares more than the limit from its header alone.
 * - Stays failed after any throw, also one of the handler: the stream cannot be trusted from there on.
 */
export class FrameDecoder {
  readonly #onFrame: FrameHandler;
  readonly #maxFrameBytes: number;
  #failure: { readonly error: unknown } | undefined;

  // A frame that lies whole in one chunk is read from the chunk; these hold one that does not.
  readonly #lengthBytes: Uint8Array<ArrayBuffer> = new Uint8Array(4);
  #stage: Stage = "frameLength";
  #target: Uint8Array = this.#lengthBytes;
  #filled = 0;
  #remaining = 0;
  #text: string = "";
  #parts: Uint8Array[] = [];

  // Decoding many short texts one by one costs several times as much as decoding them all at once.
  #run = "";
  #runStart = 0;
  #runEnd = 0;

  /** Builds a decoder for frames of at most `maxFrameBytes` bytes, the leading length not counted. */
  constructor(onFrame: FrameHandler, maxFrameBytes: number = DEFAULT_MAX_FRAME_BYTES) {
    this.#onFrame = onFrame;
    this.#maxFrameBytes = checkedLimit(maxFrameBytes);
  }

  /** Whether the bytes so far end in the middle of a frame. */
  get pending(): boolean {
    return this.#stage !== "frameLength" || this.#filled > 0;
  }

  /**
   * Takes the next bytes; `chunk` may be reused when it returns.
   *
   * @throws {ProtocolError} If the bytes are no frame.
   * @throws {PayloadTooLargeError} If a frame declares more bytes than the limit.
   */
  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      let at = 0;
      while (at < chunk.length) {
        const next = this.pending ? at : this.#readWholeFrames(chunk, at);
        at = next < chunk.length ? this.#fill(chunk, next) : next;
      }
    } catch (error) {
      this.#failure = { error };
      throw error;
    } finally {
      this.#run = "";
      this.#runStart = this.#runEnd = 0;
    }
  }

  /** Delivers the frames that lie whole in the chunk, and returns where the rest begins. */
  #readWholeFrames(chunk: Uint8Array, start: number): number {
    let at = start;
    while (at + 8 <= chunk.length) {
      const frameBytes = this.#checkedFrameBytes(readU32(chunk, at));
      const end = at + 4 + frameBytes;
      if (end > chunk.length) return at;
      const textBytes = checkedLength(readU32(chunk, at + 4), frameBytes - 4, "text");
      const textEnd = at + 8 + textBytes;
      const text = this.#readText(chunk, at + 8, textEnd, end);
      this.#onFrame(text, textEnd === end ? [] : readParts(chunk, textEnd, end));
      at = end;
    }
    return at;
  }

  #readText(chunk: Uint8Array, start: number, end: number, frameEnd: number): string {
    if (end - start > RUN_TEXT_BYTES || frameEnd !== end || !isAscii(chunk, start, end)) {
      return decodeUtf8(chunk.subarray(start, end));
    }
    if (end > this.#runEnd) {
      this.#runStart = start;
      this.#runEnd = Math.min(chunk.length, Math.max(end, start + RUN_BYTES));
      this.#run = latin1Decoder.decode(chunk.subarray(start, this.#runEnd));
    }
    return this.#run.slice(start - this.#runStart, end - this.#runStart);
  }

  /** Adds bytes to the part of a split frame that is awaited, and returns how far it read. */
  #fill(chunk: Uint8Array, at: number): number {
    const size = Math.min(chunk.length - at, this.#target.byteLength - this.#filled);
    this.#target.set(chunk.subarray(at, at + size), this.#filled);
    this.#filled += size;
    if (this.#filled === this.#target.byteLength) this.#advance();
    return at + size;
  }

  #advance(): void {
    switch (this.#stage) {
      case "frameLength":
        this.#remaining = this.#checkedFrameBytes(readU32(this.#lengthBytes, 0)) - 4;
        return this.#await("textLength", this.#lengthBytes);
      case "textLength":
        return this.#awaitBytes("text");
      case "text":
        this.#text = decodeUtf8(this.#target);
        return this.#nextPart();
      case "partLength":
        this.#remaining -= 4;
        return this.#awaitBytes("part");
      case "part":
        this.#parts.push(this.#target);
        return this.#nextPart();
    }
  }

  #awaitBytes(stage: "text" | "part"): void {
    const size = checkedLength(readU32(this.#lengthBytes, 0), this.#remaining, stage);
    this.#remaining -= size;
    this.#await(stage, new Uint8Array(size));
    if (size === 0) this.#advance();
  }

  #nextPart(): void {
    if (this.#remaining > 0) {
      checkPartRoom(this.#parts.length, this.#remaining);
      return this.#await("partLength", this.#lengthBytes);
    }
    const text = this.#text;
    const parts = this.#parts;
    this.#text = "";
    this.#parts = [];
    this.#await("frameLength", this.#lengthBytes);
    this.#onFrame(text, parts);
  }

  #await(stage: Stage, target: Uint8Array): void {
    this.#stage = stage;
    this.#target = target;
    this.#filled = 0;
  }

  #checkedFrameBytes(size: number): number {
    if (size > this.#maxFrameBytes) throw tooLarge("receive", size, this.#maxFrameBytes);
    if (size < 4) throw malformed(`the frame declares ${size} bytes, at least 4 are needed`);
    return size;
  }
}

/** Copies the parts of a frame that lies whole in the chunk. */
function readParts(chunk: Uint8Array, start: number, end: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = start;
  while (at < end) {
    checkPartRoom(parts.length, end - at);
    const size = checkedLength(readU32(chunk, at), end - at - 4, "part");
    const part = new Uint8Array(size);
    part.set(chunk.subarray(at + 4, at + 4 + size));
    parts.push(part);
    at += 4 + size;
  }
  return parts;
}

function checkPartRoom(count: number, remaining: number): void {
  if (remaining < 4) throw malformed(`the frame ends ${remaining} bytes into a part's length, 4 are needed`);
  if (count >= MAX_PARTS) throw malformed(`the frame has more than ${MAX_PARTS} parts`);
}

function checkedLength(size: number, remaining: number, what: "text" | "part"): number {
  if (size <= remaining) return size;
  throw malformed(`the ${what} declares ${size} bytes, its frame has ${remaining} left`);
}

function checkedLimit(maxFrameBytes: number): number {
  if (Number.isInteger(maxFrameBytes) && maxFrameBytes >= 4 && maxFrameBytes <= 0xffffffff) return maxFrameBytes;
  throw new RangeError(
    `Cannot limit frames to ${maxFrameBytes} bytes: the limit must be an integer from 4 to 4294967295`,
  );
}

function wireBytesOf(parts: readonly Uint8Array[]): number {
  if (parts.length > MAX_PARTS) throw tooLarge("send", parts.length * 4, MAX_PARTS * 4);
  let size = 0;
  for (const part of parts) size += 4 + part.byteLength;
  return size;
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

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let bits = 0;
  for (let i = start; i < end; i++) bits |= bytes[i]!;
  return bits < 0x80;
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

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch (cause) {
    throw malformed("the text is not UTF-8", cause);
  }
}

function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function malformed(detail: string, cause?: unknown): ProtocolError {
  return new ProtocolError(`Cannot read frame: ${detail}`, cause === undefined ? {} : { cause });
}

function tooLarge(action: "send" | "receive", size: number, limit: number): PayloadTooLargeError {
  return new PayloadTooLargeError(
    `Cannot ${action} message: it has ${size} bytes, at most ${limit} are allowed`,
    size,
    limit,
  );
}
