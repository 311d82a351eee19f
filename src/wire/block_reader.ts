import { ProtocolError } from "../errors.ts";
import { BlockMarks, END_BYTES, HEAD_BYTES } from "./block_marks.ts";

/** Messages never begin within a larger block: it is the rest of one part. */
const LARGEST_WHOLE_BLOCK = 128 * 1024;

/** To move a larger block costs more than to pass it on alone. */
const LARGEST_MOVED_BYTES = 2048;
/** Up to here a loop of our own is quicker. */
const LOOPED_BYTES = 64;

/** What begins like a mark for so long is one: of other output, one of two million ends so. */
const SURE_MARK_BYTES = 4;

type Pass = (bytes: Uint8Array) => void;

/** Who gets what comes through the pipe. */
export interface BlockReaderOptions {
  /** What `makeBlockSecret()` made. */
  readonly secret: string;
  /** Takes what lies between blocks. The bytes may be overwritten after the call. */
  readonly onOutput: (bytes: Uint8Array) => void;
}

/**
 * Parts the bytes of a pipe into messages and output.
 *
 * - The first bytes must be a block: nothing of the user's runs before it.
 * - Of a block that others wrote into, nothing is passed on that completes a message.
 *
 * See `docs/decisions/standard_streams.md`.
 */
export class BlockReader {
  readonly #options: BlockReaderOptions;
  readonly #marks: BlockMarks;
  /** The beginning of a mark that goes on in the next chunk. */
  #partialMark: Uint8Array = new Uint8Array(0);
  /** How much of a large block is passed on as it comes: all but its last byte, which waits for the mark behind it. */
  #streamed = 0;
  /** A block, or the end of a large one, that is passed on when the mark behind it is there. */
  #awaited: Uint8Array = new Uint8Array(0);
  #awaitedBytes = 0;
  #filled = 0;
  #hasBegun = false;
  // Whole blocks behind each other, moved together: most hold one answer, and passed on one by one each would cost more than it does.
  #packedStart = 0;
  #packedEnd = 0;

  /** Nothing is read yet. */
  constructor(options: BlockReaderOptions) {
    this.#options = options;
    this.#marks = new BlockMarks(options.secret);
  }

  /** Whether the bytes so far end in the middle of a block. */
  get inBlock(): boolean {
    return this.#awaitedBytes > 0 || this.#partialMark.length > 0;
  }

  /**
   * Takes the next bytes; `chunk` is overwritten, and may be so again when it returns. `pass` gets the bytes of blocks, in order, which may be
   * overwritten after the call.
   *
   * @throws {ProtocolError} If the first bytes are not a block, or a block does not end where it should.
   * @throws What `pass` throws.
   */
  push(chunk: Uint8Array, pass: Pass): void {
    const bytes = this.#withPartialMark(chunk);
    for (let at = 0; at < bytes.length;) {
      if (this.#streamed > 0) at = this.#stream(bytes, at, pass);
      else if (this.#awaitedBytes > 0) at = this.#fill(bytes, at, pass);
      else at = this.#begin(bytes, at, pass);
    }
    this.#passPacked(bytes, pass);
  }

  /** The pipe has ended: passes on what looked like the beginning of a mark, if it may have been none. */
  end(): void {
    const rest = this.#partialMark;
    // Its writer died within the mark.
    if (rest.length >= SURE_MARK_BYTES) return;
    this.#partialMark = new Uint8Array(0);
    if (rest.length > 0) this.#options.onOutput(rest);
  }

  #withPartialMark(chunk: Uint8Array): Uint8Array {
    const partial = this.#partialMark;
    if (partial.length === 0) return chunk;
    this.#partialMark = new Uint8Array(0);
    const bytes = new Uint8Array(partial.length + chunk.length);
    bytes.set(partial);
    bytes.set(chunk, partial.length);
    return bytes;
  }

  /** Passes on output up to a mark, or begins a block. Returns where it goes on. */
  #begin(bytes: Uint8Array, from: number, pass: Pass): number {
    const at = this.#marks.find(bytes, from);
    if (at > from) {
      if (!this.#hasBegun) throw new ProtocolError("what it wrote first is not a message");
      this.#passPacked(bytes, pass);
      this.#options.onOutput(bytes.subarray(from, at));
      return at;
    }
    const length = this.#marks.lengthAt(bytes, at);
    if (length === undefined) {
      this.#partialMark = bytes.slice(at);
      return bytes.length;
    }
    this.#hasBegun = true;
    const start = at + HEAD_BYTES;
    if (length <= LARGEST_WHOLE_BLOCK) {
      if (start + length + END_BYTES <= bytes.length) return this.#pack(bytes, start, length, pass);
      this.#await(length);
    } else {
      this.#passPacked(bytes, pass);
      this.#streamed = length - 1;
      this.#await(1);
    }
    return start;
  }

  #stream(bytes: Uint8Array, at: number, pass: Pass): number {
    const end = Math.min(at + this.#streamed, bytes.length);
    this.#streamed -= end - at;
    pass(bytes.subarray(at, end));
    return end;
  }

  #await(length: number): void {
    this.#awaitedBytes = length + END_BYTES;
    this.#filled = 0;
    if (this.#awaited.length < this.#awaitedBytes) this.#awaited = new Uint8Array(this.#awaitedBytes);
  }

  #fill(bytes: Uint8Array, at: number, pass: Pass): number {
    const end = Math.min(at + this.#awaitedBytes - this.#filled, bytes.length);
    this.#awaited.set(bytes.subarray(at, end), this.#filled);
    this.#filled += end - at;
    if (this.#filled === this.#awaitedBytes) {
      this.#awaitedBytes = 0;
      const length = this.#filled - END_BYTES;
      if (!this.#marks.endsAt(this.#awaited, length)) throw foreignBytes();
      pass(this.#awaited.subarray(0, length));
    }
    return end;
  }

  /** Moves a whole block to those before it, and returns where it goes on. */
  #pack(bytes: Uint8Array, start: number, length: number, pass: Pass): number {
    const end = start + length;
    if (!this.#marks.endsAt(bytes, end)) {
      this.#passPacked(bytes, pass);
      throw foreignBytes();
    }
    if (length > LARGEST_MOVED_BYTES) this.#passPacked(bytes, pass);
    if (this.#packedEnd === this.#packedStart) this.#packedStart = this.#packedEnd = start;
    moveDown(bytes, this.#packedEnd, start, end);
    this.#packedEnd += length;
    return end + END_BYTES;
  }

  #passPacked(bytes: Uint8Array, pass: Pass): void {
    const start = this.#packedStart;
    const end = this.#packedEnd;
    if (end === start) return;
    this.#packedStart = this.#packedEnd = 0;
    pass(bytes.subarray(start, end));
  }
}

function foreignBytes(): ProtocolError {
  return new ProtocolError("something else wrote into the middle of a message");
}

/** What `copyWithin()` does, which costs more than a short loop to call. */
function moveDown(bytes: Uint8Array, to: number, start: number, end: number): void {
  if (end - start > LOOPED_BYTES) bytes.copyWithin(to, start, end);
  else if (to < start) { for (let at = start; at < end; at++) bytes[to++] = bytes[at]!; }
}
