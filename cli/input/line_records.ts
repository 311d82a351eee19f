import type { ByteWindow } from "./byte_window.ts";
import {
  EXCERPT_BYTES,
  type ReadItem,
  type ReadLimits,
  RecordBlock,
  type RecordReader,
  type RecordSource,
} from "../records/record_block.ts";

/** How records are told apart. */
export interface LineFormat {
  readonly input: string;
  /** The byte that ends a record. */
  readonly delimiter: number;
  /** Whether blank lines are no records. */
  readonly skipBlank: boolean;
  readonly maxRecordBytes: number;
}

const SPACE = 32;
const TAB = 9;
const RETURN = 13;

/** Reads records that end with a certain byte. Lines are counted by that byte, too. */
export class LineRecordReader implements RecordReader {
  readonly #window: ByteWindow;
  readonly #format: LineFormat;
  #line = 1;
  #atBeginning = true;

  constructor(window: ByteWindow, format: LineFormat) {
    this.#window = window;
    this.#format = format;
  }

  async read(limits: ReadLimits, nextSequence: number): Promise<ReadItem | undefined> {
    const window = this.#window;
    if (this.#atBeginning) await this.#skipByteOrderMark();
    let scanned = 0;
    while (true) {
      const item = this.#cut(limits, nextSequence, scanned);
      if (item !== undefined) return item;
      scanned = window.end - window.start;
      if (scanned > this.#format.maxRecordBytes) return await this.#skipRecord(nextSequence);
      if (window.ended) return this.#cutLast(nextSequence);
      await window.more();
    }
  }

  async #skipByteOrderMark(): Promise<void> {
    const window = this.#window;
    this.#atBeginning = false;
    while (window.end - window.start < 3 && !window.ended) await window.more();
    const { buffer, start } = window;
    if (buffer[start] === 0xEF && buffer[start + 1] === 0xBB && buffer[start + 2] === 0xBF) window.consume(start + 3);
  }

  /** Cuts off whole records; `scanned` bytes at the start are known to have no delimiter. */
  #cut(limits: ReadLimits, nextSequence: number, scanned: number): ReadItem | undefined {
    const window = this.#window;
    const { delimiter, skipBlank, maxRecordBytes } = this.#format;
    const bytes = window.buffer.subarray(0, window.end);
    const { start } = window;
    let at = start;
    let from = start + scanned;
    let count = 0;
    let lines = 0;
    while (count < limits.records && at - start < limits.bytes) {
      const end = bytes.indexOf(delimiter, from);
      if (end < 0) break;
      if (end - at > maxRecordBytes) {
        if (count > 0) break;
        window.consume(end + 1);
        this.#line += lines + 1;
        return this.#tooLong(this.#line - 1, nextSequence, bytes.slice(at, at + EXCERPT_BYTES));
      }
      if (!skipBlank || !isBlank(bytes, at, end)) count++;
      lines++;
      at = from = end + 1;
    }
    const firstLine = this.#line;
    this.#line += lines;
    window.consume(at);
    if (count === 0) return undefined;
    return { block: this.#block(bytes.subarray(start, at), count, nextSequence, firstLine) };
  }

  #cutLast(nextSequence: number): ReadItem | undefined {
    const { buffer, start, end } = this.#window;
    if (start === end) return undefined;
    this.#window.consume(end);
    if (this.#format.skipBlank && isBlank(buffer, start, end)) return undefined;
    return { block: this.#block(buffer.subarray(start, end), 1, nextSequence, this.#line) };
  }

  #block(bytes: Uint8Array, count: number, firstSequence: number, firstLine: number): RecordBlock {
    return new RecordBlock(new LineSource(bytes, count, firstLine, this.#format), {
      from: 0,
      to: count,
      firstSequence,
    });
  }

  async #skipRecord(nextSequence: number): Promise<ReadItem> {
    const window = this.#window;
    const excerpt = window.buffer.slice(window.start, window.start + EXCERPT_BYTES);
    const line = this.#line++;
    window.consume(window.end);
    while (true) {
      if (window.start === window.end) {
        if (window.ended) break;
        await window.more();
      }
      const found = window.buffer.subarray(0, window.end).indexOf(this.#format.delimiter, window.start);
      window.consume(found < 0 ? window.end : found + 1);
      if (found >= 0) break;
    }
    return this.#tooLong(line, nextSequence, excerpt);
  }

  #tooLong(line: number, sequence: number, start: Uint8Array): ReadItem {
    const message = `the record is longer than ${this.#format.maxRecordBytes} bytes, see --max-record`;
    return { invalid: { input: this.#format.input, line, sequence, message, start } };
  }
}

interface Places {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly lines: Uint32Array;
}

/** Where records lie is found out when somebody asks: most blocks are only passed on. */
class LineSource implements RecordSource {
  readonly #bytes: Uint8Array;
  readonly #count: number;
  readonly #firstLine: number;
  readonly #format: LineFormat;
  #places: Places | undefined;

  constructor(bytes: Uint8Array, count: number, firstLine: number, format: LineFormat) {
    this.#bytes = bytes;
    this.#count = count;
    this.#firstLine = firstLine;
    this.#format = format;
  }

  get input(): string {
    return this.#format.input;
  }

  payload(from: number, to: number): Uint8Array {
    if (from === 0 && to === this.#count) return this.#bytes;
    const { starts, ends } = this.#find();
    return this.#bytes.subarray(starts[from]!, ends[to - 1]! + 1);
  }

  record(at: number): Uint8Array {
    const { starts, ends } = this.#find();
    return this.#bytes.subarray(starts[at]!, ends[at]!);
  }

  line(at: number): number {
    return this.#find().lines[at]!;
  }

  #find(): Places {
    if (this.#places !== undefined) return this.#places;
    const bytes = this.#bytes;
    const { delimiter, skipBlank } = this.#format;
    const places = {
      starts: new Uint32Array(this.#count),
      ends: new Uint32Array(this.#count),
      lines: new Uint32Array(this.#count),
    };
    for (let at = 0, line = this.#firstLine, index = 0; index < this.#count; line++) {
      const found = bytes.indexOf(delimiter, at);
      const end = found < 0 ? bytes.length : found;
      if (!skipBlank || !isBlank(bytes, at, end)) {
        places.starts[index] = at;
        places.ends[index] = end;
        places.lines[index++] = line;
      }
      at = end + 1;
    }
    return this.#places = places;
  }
}

/** Must agree with how the worker counts records; see `cli/runner/block_text.ts`. */
function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== TAB && byte !== RETURN) return false;
  }
  return true;
}
