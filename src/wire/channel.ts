import { heapBytes } from "./heap.ts";
import { type LineLimits, lineLimits, receiverLimits, requireLinesFit } from "./codec/line_limits.ts";
import { LineCollector, LineReader } from "./codec/line_reader.ts";
import { FrameBuffer } from "./framing/frame_buffer.ts";
import { FrameDecoder, type FrameHandler } from "./framing/frame_decoder.ts";
import { DEFAULT_MAX_FRAME_BYTES, LARGEST_FRAME_BYTES } from "./framing/frame_format.ts";
import { LinePart } from "./framing/line_part.ts";

/** Where a channel's bytes come from. The buffer may be transferred: go on with `view.buffer`. */
export type ByteReader = (buffer: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer> | null>;

/** Where a channel's bytes go. Returns nothing when they have left already. */
export type ByteWriter = (chunk: Uint8Array) => Promise<void> | undefined;

/** How a chunk is worked on that may take long. */
export interface Turns {
  /** Works on a chunk. Returns a promise only if there was more to do than fits one turn. Throws, or rejects with, what `work` throws. */
  take(chunk: Uint8Array, work: (piece: Uint8Array) => void): Promise<void> | undefined;
}

const READ_BUFFER_BYTES = 256 * 1024;
/** What is larger travels in parts: to parse a text of this length takes some 10 ms, whatever it holds. See `docs/decisions/lines.md`. */
export const MAX_TEXT_BYTES: number = 256 * 1024;
/** Up to this length, values fit into any heap. */
const SMALL_LINES_BYTES = 1024 * 1024;

/**
 * One duplex message channel over two byte streams.
 *
 * Reading and writing never wait for each other: `run()` reads for as long as there is something to
 * read, whatever the writer does. Frames that are appended while a write is under way leave together
 * in the next one.
 */
export class Channel {
  readonly #read: ByteReader;
  readonly #room: () => Promise<void> | undefined;
  readonly #write: ByteWriter;
  readonly #outgoing: FrameBuffer;
  readonly #decoder: FrameDecoder;
  readonly #onChunkEnd: () => void;
  readonly #open: (chunk: Uint8Array) => undefined;
  readonly #onWritten: () => void;
  #takenBytes = 0;
  #writtenBytes = 0;
  #outgoingLines: LineLimits | undefined;
  readonly #sliceBytes: number;
  /** What is being written, and how much of that has left. */
  #slices: readonly Uint8Array[] = [];
  #writtenSlices = 0;
  #writing: Promise<void> | undefined;
  readonly #sliceWritten = (): void => {
    this.#countSlice();
    try {
      if (!this.#writeSlices()) return;
    } catch {
      return this.#writeFailed();
    }
    this.#endWrite();
  };
  /** The other side is gone. Its exit, not this error, says how. */
  readonly #writeFailed = (): void => {
    this.#broken = true;
    this.#endWrite();
  };
  readonly #turns: Turns | undefined;
  #reading: Promise<void> | undefined;
  #broken = false;

  constructor(options: {
    read: ByteReader;
    /** Resolves when it is to be asked again; `undefined` when more may be read. @default always */
    room?: () => Promise<void> | undefined;
    write: ByteWriter;
    onFrame: FrameHandler;
    /** Takes out of what was read the bytes of frames, and passes them on in order. @default all bytes are of frames */
    open?: (chunk: Uint8Array, pass: (bytes: Uint8Array) => void) => void;
    /** Called after all frames of one read were handled. */
    onChunkEnd?: () => void;
    /** Called when bytes have left. */
    onWritten?: () => void;
    /** How many bytes are written at once. @default all that there are */
    sliceBytes?: number;
    /** Has what was read worked on in several turns of the event loop. @default all at once */
    turns?: Turns;
    /** The largest frame in either direction. @default 256 MiB */
    maxFrameBytes?: number | undefined;
    /** Whether the other side is the one that this process works for: what comes from there has no limit. @default false */
    trusted?: boolean;
  }) {
    const { maxFrameBytes = DEFAULT_MAX_FRAME_BYTES, trusted = false } = options;
    this.#read = options.read;
    this.#room = options.room ?? (() => undefined);
    this.#write = options.write;
    this.#sliceBytes = options.sliceBytes ?? Infinity;
    this.#outgoing = new FrameBuffer(maxFrameBytes);
    this.#decoder = trusted ? trustingDecoder(options.onFrame) : boundedDecoder(options.onFrame, maxFrameBytes);
    this.#onChunkEnd = options.onChunkEnd ?? (() => {});
    const pass = (bytes: Uint8Array): void => this.#decoder.push(bytes);
    const { open = (chunk) => pass(chunk) } = options;
    this.#open = (chunk) => void open(chunk, pass);
    this.#turns = options.turns;
    this.#onWritten = options.onWritten ?? (() => {});
  }

  /** Settles when the slice that is being written has been, or cannot be; nothing is when it is `undefined`. */
  get writing(): Promise<void> | undefined {
    return this.#writing;
  }

  /** Resolves when what was read has been handled; all has been when it is `undefined`. */
  get reading(): Promise<void> | undefined {
    return this.#reading;
  }

  /** How many bytes were appended so far. */
  get appendedBytes(): number {
    return this.#takenBytes + this.#outgoing.byteLength;
  }

  /** How many of those have left. What the other side does not read stays. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Whether the bytes read so far end in the middle of a frame. */
  get inFrame(): boolean {
    return this.#decoder.pending;
  }

  /** Limits the frames that are appended from now on to what the other side takes. */
  limitOutgoing(maxFrameBytes: number): void {
    this.#outgoing.limitTo(maxFrameBytes);
    this.#outgoingLines = lineLimits(maxFrameBytes);
  }

  /** Adds a frame to what leaves with the next `flush()`. Throws PayloadTooLargeError, and then nothing was added. */
  append(text: string, parts?: readonly Uint8Array[]): void {
    const first = parts?.[0];
    if (first instanceof LinePart && this.#outgoingLines !== undefined) requireLinesFit(first, this.#outgoingLines);
    this.#outgoing.append(text, parts);
  }

  /** Writes what was appended, unless a write is under way: that one goes on with it. */
  flush(): void {
    if (this.#writing !== undefined || this.#broken || this.#outgoing.byteLength === 0) return;
    this.#takenBytes += this.#outgoing.byteLength;
    this.#slices = this.#slicesOf(this.#outgoing.take());
    this.#writtenSlices = 0;
    if (this.#writeSlices()) this.#onWritten();
  }

  /** Begins no more writes: the other side is gone. Returns the one that is under way. */
  endWriting(): Promise<void> | undefined {
    this.#broken = true;
    return this.#writing;
  }

  /** Returns whether all slices have left; what takes longer goes on by itself. */
  #writeSlices(): boolean {
    while (this.#writtenSlices < this.#slices.length && !this.#broken) {
      const writing = this.#write(this.#slices[this.#writtenSlices]!);
      if (writing === undefined) {
        this.#countSlice();
        continue;
      }
      this.#writing = writing;
      // No async function: see `WorkerOutput.read()`.
      writing.then(this.#sliceWritten, this.#writeFailed);
      return false;
    }
    // They may be large.
    this.#slices = [];
    return true;
  }

  #countSlice(): void {
    this.#writtenBytes += this.#slices[this.#writtenSlices]!.byteLength;
    this.#writtenSlices++;
  }

  #endWrite(): void {
    this.#writing = undefined;
    this.#onWritten();
    this.flush();
  }

  #slicesOf(chunks: Uint8Array[]): Uint8Array[] {
    const size = this.#sliceBytes;
    if (chunks.length === 1 && chunks[0]!.byteLength <= size) return chunks;
    if (!chunks.some(({ byteLength }) => byteLength > size)) return chunks;
    return chunks.flatMap((chunk) =>
      Array.from({ length: Math.ceil(chunk.byteLength / size) }, (_, n) => chunk.subarray(n * size, (n + 1) * size))
    );
  }

  /** Reads until the end of the stream. Rejects with what a frame's handler threw, or a read error. */
  async run(): Promise<void> {
    let buffer = new Uint8Array(READ_BUFFER_BYTES);
    while (true) {
      for (let room = this.#room(); room !== undefined; room = this.#room()) await room;
      const view = await this.#read(buffer);
      if (view === null) return;
      const rest = this.#turns === undefined ? this.#open(view) : this.#turns.take(view, this.#open);
      if (rest === undefined) this.#onChunkEnd();
      else await this.#finishRead(rest);
      if (view.buffer !== buffer.buffer) buffer = new Uint8Array(view.buffer);
    }
  }

  async #finishRead(rest: Promise<void>): Promise<void> {
    const read = Promise.withResolvers<void>();
    this.#reading = read.promise;
    try {
      await rest;
      this.#onChunkEnd();
    } finally {
      this.#reading = undefined;
      // Behind the above: code that waits for it relies on all that was told.
      read.resolve();
    }
  }
}

function trustingDecoder(onFrame: FrameHandler): FrameDecoder {
  return new FrameDecoder(onFrame, {
    maxFrameBytes: LARGEST_FRAME_BYTES,
    readLines: (byteLength) => new LineCollector(byteLength),
  });
}

function boundedDecoder(onFrame: FrameHandler, maxFrameBytes: number): FrameDecoder {
  const limits = lineLimits(maxFrameBytes);
  return new FrameDecoder(onFrame, {
    maxFrameBytes,
    maxTextBytes: MAX_TEXT_BYTES,
    readLines: (byteLength) =>
      new LineReader(byteLength, byteLength < SMALL_LINES_BYTES ? limits : receiverLimits(maxFrameBytes, heapBytes())),
  });
}
