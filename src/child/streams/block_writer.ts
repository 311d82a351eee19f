import { BlockMarks, END_BYTES, HEAD_BYTES } from "../../wire/block_marks.ts";
import { writeAll } from "./write_all.ts";

const { Uint8Array, Error, Array } = globalThis;

/** Up to here a block is copied between its marks, which saves two writes. */
const LARGEST_COPY_BYTES = 32 * 1024;
/** POSIX lets nothing come between the bytes of a write of that size, whatever other process writes into the pipe. */
const ATOMIC_WRITE_BYTES = Deno.build.os === "linux" ? 4096 : 512;

/** How long the block of a short answer is, at most. */
const SHORT_BLOCK_BYTES = 256;

/** Who else writes to the pipe, between any two writes. */
export type OtherWriters = "threads" | "processes";

/** Writes messages to a pipe in blocks that the reader tells from everything else that is written there. */
export class BlockWriter {
  readonly #write: (bytes: Uint8Array) => number;
  /** Begins with the mark of a block, of which only the length changes. */
  readonly #copy = new Uint8Array(HEAD_BYTES + LARGEST_COPY_BYTES + END_BYTES);
  /** The first bytes of `#copy`, by their number. They are kept: a view for each short answer is a tenth of what that leaves behind. */
  readonly #short: (Uint8Array<ArrayBuffer> | undefined)[] = new Array(SHORT_BLOCK_BYTES + 1).fill(undefined);
  #marks: BlockMarks | undefined;
  /** What a block holds at most. */
  #largestBlock = Infinity;

  /** @param write Writes to the pipe, perhaps not all; returns how many bytes it took. */
  constructor(write: (bytes: Uint8Array) => number) {
    this.#write = write;
  }

  /** Says by what the reader knows a block. Nothing can be written before. */
  mark(secret: string): void {
    this.#marks = new BlockMarks(secret);
    this.#marks.begin(this.#copy, 0, 0);
  }

  /** From now on others may write as well. Threads of this process take turns, by the write. */
  share(others: OtherWriters): void {
    const size = others === "threads" ? LARGEST_COPY_BYTES : ATOMIC_WRITE_BYTES - HEAD_BYTES - END_BYTES;
    this.#largestBlock = Math.min(this.#largestBlock, size);
  }

  /** Returns when all bytes have been handed to the operating system. */
  write(bytes: Uint8Array): void {
    if (this.#marks === undefined) throw new Error("Cannot write a message: the parent has not said how to mark it");
    if (bytes.length > this.#largestBlock) this.#writePieces(this.#marks, bytes);
    else if (bytes.length <= LARGEST_COPY_BYTES) this.#writeBlock(this.#marks, bytes);
    else this.#writeLarge(this.#marks, bytes);
  }

  #writePieces(marks: BlockMarks, bytes: Uint8Array): void {
    const size = this.#largestBlock;
    for (let at = 0; at < bytes.length; at += size) this.#writeBlock(marks, bytes.subarray(at, at + size));
  }

  #writeBlock(marks: BlockMarks, bytes: Uint8Array): void {
    marks.setLength(this.#copy, 0, bytes.length);
    this.#copy.set(bytes, HEAD_BYTES);
    writeAll(this.#write, this.#copied(marks.end(this.#copy, HEAD_BYTES + bytes.length)));
  }

  #copied(end: number): Uint8Array<ArrayBuffer> {
    if (end > SHORT_BLOCK_BYTES) return this.#copy.subarray(0, end);
    return this.#short[end] ??= this.#copy.subarray(0, end);
  }

  #writeLarge(marks: BlockMarks, bytes: Uint8Array): void {
    marks.setLength(this.#copy, 0, bytes.length);
    writeAll(this.#write, this.#copy.subarray(0, HEAD_BYTES));
    writeAll(this.#write, bytes);
    writeAll(this.#write, this.#copy.subarray(HEAD_BYTES, marks.end(this.#copy, HEAD_BYTES)));
  }
}
