/** Incoming: bytes, however they were split, become texts with binary parts. */

import { type PayloadTooLargeError, ProtocolError } from "../../errors.ts";
import { checkedLimit, DEFAULT_MAX_FRAME_BYTES, LINE_PART_FLAG, MAX_PARTS, textOfUtf8 } from "./frame_format.ts";
import { messageTooLarge } from "../unsendable.ts";
import { LinePart, type PartReader } from "./line_part.ts";

/** Receives one complete frame: its text, its binary parts, which are the receiver's to keep, and how many bytes it had. */
export type FrameHandler = (text: string, parts: Uint8Array[], bytes: number) => void;

const RUN_BYTES = 16 * 1024;
const RUN_TEXT_BYTES = 512;
const CALLED_TEXT_BYTES = 64;

const latin1Decoder = new TextDecoder("latin1");

/** Which bytes of a split frame are awaited. */
type Stage = "frameLength" | "textLength" | "text" | "partLength" | "part" | "lines";

/** What a decoder accepts. */
export interface FrameDecoderOptions {
  /** The largest frame, the leading length not counted. @default 256 MiB */
  readonly maxFrameBytes?: number | undefined;
  /** The largest text of a frame. @default no limit of its own */
  readonly maxTextBytes?: number | undefined;
  /** Makes what reads a LinePart of so many bytes. Without it there may be none. */
  readonly readLines?: (byteLength: number) => PartReader;
}

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
  readonly #maxTextBytes: number;
  readonly #openLines: (byteLength: number) => PartReader;
  #failure: { readonly error: unknown } | undefined;

  // A frame that lies whole in one chunk is read from the chunk; these hold one that does not.
  readonly #lengthBytes: Uint8Array<ArrayBuffer> = new Uint8Array(4);
  #stage: Stage = "frameLength";
  #target: Uint8Array = this.#lengthBytes;
  #filled = 0;
  #frameBytes = 0;
  #remaining = 0;
  #text: string = "";
  #parts: Uint8Array[] = [];
  #lines: PartReader | undefined;
  #linesLeft = 0;

  // Decoding many short texts one by one costs several times as much as decoding them all at once.
  #run = "";
  #runStart = 0;
  #runEnd = 0;

  /** Builds a decoder that calls `onFrame` for each frame. */
  constructor(onFrame: FrameHandler, options: FrameDecoderOptions = {}) {
    this.#onFrame = onFrame;
    this.#maxFrameBytes = checkedLimit(options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES);
    this.#maxTextBytes = options.maxTextBytes ?? Infinity;
    this.#openLines = options.readLines ?? noLines;
  }

  /** Whether the bytes so far end in the middle of a frame. */
  get pending(): boolean {
    return this.#stage !== "frameLength" || this.#filled > 0;
  }

  /**
   * Takes the next bytes; `chunk` may be reused when it returns.
   *
   * @throws {ProtocolError} If the bytes are not a frame.
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
      const textBytes = this.#checkedTextBytes(readU32(chunk, at + 4), frameBytes - 4);
      const textEnd = at + 8 + textBytes;
      const text = this.#readText(chunk, at + 8, textEnd, end);
      this.#onFrame(text, textEnd === end ? [] : this.#readParts(chunk, textEnd, end), frameBytes);
      at = end;
    }
    return at;
  }

  /** Reads the parts of a frame that lies whole in the chunk. */
  #readParts(chunk: Uint8Array, start: number, end: number): Uint8Array[] {
    const parts: Uint8Array[] = [];
    let at = start;
    while (at < end) {
      checkPartRoom(parts.length, end - at);
      const length = readU32(chunk, at);
      const size = checkedLength(length & ~LINE_PART_FLAG, end - at - 4, "part");
      const bytes = chunk.subarray(at + 4, at + 4 + size);
      parts.push(length < LINE_PART_FLAG ? copyOf(bytes) : this.#readLinePart(bytes));
      at += 4 + size;
    }
    return parts;
  }

  #readLinePart(bytes: Uint8Array): LinePart {
    const reader = this.#openLines(bytes.length);
    reader.push(bytes);
    return LinePart.holding(reader.end());
  }

  #readText(chunk: Uint8Array, start: number, end: number, frameEnd: number): string {
    // Alone, a short text is read quicker without a decoder.
    if (end - start <= CALLED_TEXT_BYTES && end === chunk.length && start >= this.#runEnd) {
      const text = shortText(chunk, start, end - start);
      if (text !== undefined) return text;
    }
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
    if (this.#lines !== undefined) return this.#fillLines(chunk, at);
    const size = Math.min(chunk.length - at, this.#target.byteLength - this.#filled);
    this.#target.set(chunk.subarray(at, at + size), this.#filled);
    this.#filled += size;
    if (this.#filled === this.#target.byteLength) this.#advance();
    return at + size;
  }

  #fillLines(chunk: Uint8Array, at: number): number {
    const size = Math.min(chunk.length - at, this.#linesLeft);
    this.#lines!.push(chunk.subarray(at, at + size));
    this.#linesLeft -= size;
    if (this.#linesLeft === 0) this.#advance();
    return at + size;
  }

  #advance(): void {
    switch (this.#stage) {
      case "frameLength":
        this.#frameBytes = this.#checkedFrameBytes(readU32(this.#lengthBytes, 0));
        this.#remaining = this.#frameBytes - 4;
        return this.#await("textLength", this.#lengthBytes);
      case "textLength":
        return this.#awaitBytes("text", this.#checkedTextBytes(readU32(this.#lengthBytes, 0), this.#remaining));
      case "text":
        this.#text = decodeUtf8(this.#target);
        return this.#nextPart();
      case "partLength":
        return this.#awaitPart(readU32(this.#lengthBytes, 0));
      case "part":
        this.#parts.push(this.#target);
        return this.#nextPart();
      case "lines":
        this.#parts.push(LinePart.holding(this.#lines!.end()));
        this.#lines = undefined;
        return this.#nextPart();
    }
  }

  #awaitPart(length: number): void {
    this.#remaining -= 4;
    if (length < LINE_PART_FLAG) return this.#awaitBytes("part", checkedLength(length, this.#remaining, "part"));
    this.#linesLeft = checkedLength(length - LINE_PART_FLAG, this.#remaining, "part");
    this.#remaining -= this.#linesLeft;
    this.#lines = this.#openLines(this.#linesLeft);
    this.#stage = "lines";
    if (this.#linesLeft === 0) this.#advance();
  }

  #awaitBytes(stage: "text" | "part", size: number): void {
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
    this.#onFrame(text, parts, this.#frameBytes);
  }

  #await(stage: Stage, target: Uint8Array): void {
    this.#stage = stage;
    this.#target = target;
    this.#filled = 0;
  }

  #checkedTextBytes(size: number, remaining: number): number {
    if (size > this.#maxTextBytes) throw tooLarge("its text", size, this.#maxTextBytes);
    return checkedLength(size, remaining, "text");
  }

  #checkedFrameBytes(size: number): number {
    if (size > this.#maxFrameBytes) throw tooLarge("it", size, this.#maxFrameBytes);
    if (size < 4) throw malformed(`the frame declares ${size} bytes, at least 4 are needed`);
    return size;
  }
}

function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}

function noLines(): never {
  throw malformed("the frame has a part of lines, none is expected here");
}

function tooLarge(what: "it" | "its text", size: number, limit: number): PayloadTooLargeError {
  return messageTooLarge("receive", `${what} has ${size} bytes, at most ${limit} are allowed`, size, limit);
}

function checkPartRoom(count: number, remaining: number): void {
  if (remaining < 4) throw malformed(`the frame ends ${remaining} bytes into a part's length, 4 are needed`);
  if (count >= MAX_PARTS) throw malformed(`the frame has more than ${MAX_PARTS} parts`);
}

function checkedLength(size: number, remaining: number, what: "text" | "part"): number {
  if (size <= remaining) return size;
  throw malformed(`the ${what} declares ${size} bytes, its frame has ${remaining} left`);
}

/** Of each length, the numbers of a text's letters. They are kept: to make a list for each text is half of what an answer leaves behind. */
const letters: (number[] | undefined)[] = new Array(CALLED_TEXT_BYTES + 1).fill(undefined);

/** Reads a text of ASCII letters; `undefined` when it has others. */
function shortText(bytes: Uint8Array, start: number, length: number): string | undefined {
  const codes = letters[length] ??= new Array<number>(length).fill(0);
  let bits = 0;
  for (let at = 0; at < length; at++) bits |= codes[at] = bytes[start + at]!;
  return bits < 0x80 ? String.fromCharCode.apply(null, codes) : undefined;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let bits = 0;
  for (let i = start; i < end; i++) bits |= bytes[i]!;
  return bits < 0x80;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return textOfUtf8(bytes);
  } catch (cause) {
    throw malformed("the text is not UTF-8", cause);
  }
}

function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function malformed(detail: string, cause?: unknown): ProtocolError {
  return new ProtocolError(`Cannot read frame: ${detail}`, cause === undefined ? {} : { cause });
}
