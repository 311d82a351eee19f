import type { ByteWindow } from "./byte_window.ts";
import { skipByteOrderMark, skipLine, skipLines } from "./line_window.ts";
import {
  excerptBytes,
  isFull,
  isWholeBatch,
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
  /** Whether blank lines are not records. */
  readonly skipBlank: boolean;
  readonly maxRecordBytes: number;
  /** Lines in front of the first record. */
  readonly skippedLines: number;
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
  /** Whole records at the beginning of the window, which wait for the others of their batch. */
  #heldBytes = 0;

  constructor(window: ByteWindow, format: LineFormat) {
    this.#window = window;
    this.#format = format;
  }

  async read(limits: ReadLimits, nextSequence: number): Promise<ReadItem | undefined> {
    const window = this.#window;
    const { maxRecordBytes } = this.#format;
    if (this.#atBeginning) await this.#begin();
    for (let scanned = 0;;) {
      const isTooLong = () => window.end - window.start - this.#heldBytes > maxRecordBytes;
      let block = this.#cut(limits, nextSequence, scanned, false);
      if (block === undefined && this.#heldBytes > 0 && isTooLong()) block = this.#cut(limits, nextSequence, 0, true);
      if (block !== undefined) return { block };
      if (isTooLong()) return await this.#skipRecord(nextSequence);
      if (window.ended) return undefined;
      scanned = this.#heldBytes > 0 ? 0 : window.end - window.start;
      await window.more();
    }
  }

  async #begin(): Promise<void> {
    this.#atBeginning = false;
    await skipByteOrderMark(this.#window);
    const { skippedLines, delimiter } = this.#format;
    this.#line += await skipLines(this.#window, skippedLines, delimiter);
  }

  /** Cuts off whole records; `scanned` bytes at the start are known to have no delimiter. */
  #cut(limits: ReadLimits, firstSequence: number, scanned: number, isUrgent: boolean): RecordBlock | undefined {
    const { buffer, start, end, ended } = this.#window;
    const bytes = buffer.subarray(0, end);
    const passed = passLines({ bytes, start, scanned, ended, isUrgent }, this.#format, limits);
    const firstLine = this.#line;
    this.#line += passed.lines;
    this.#heldBytes = passed.at - passed.end;
    this.#window.consume(passed.end);
    const { count } = passed;
    return count === 0 ? undefined : this.#block(bytes.subarray(start, passed.end), count, firstSequence, firstLine);
  }

  #block(bytes: Uint8Array, count: number, firstSequence: number, firstLine: number): RecordBlock {
    return new RecordBlock(new LineSource(bytes, count, firstLine, this.#format), {
      from: 0,
      to: count,
      firstSequence,
    });
  }

  async #skipRecord(sequence: number): Promise<ReadItem> {
    const { input, delimiter, maxRecordBytes } = this.#format;
    const { buffer, start } = this.#window;
    const excerpt = buffer.slice(start, start + excerptBytes(maxRecordBytes));
    const message = `the record is longer than ${maxRecordBytes} bytes, see --max-record`;
    const invalid = { input, line: this.#line++, sequence, message, start: excerpt };
    await skipLine(this.#window, delimiter);
    return { invalid: { ...invalid, isTruncated: true } };
  }
}

/** What lies in a window, and how records are cut off. */
interface Scan {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly scanned: number;
  readonly ended: boolean;
  readonly isUrgent: boolean;
}

/** Where a block may end: records and lines of whole batches, and the place behind all that were found. */
interface PassedLines {
  count: number;
  lines: number;
  end: number;
  at: number;
}

/**
 * Passes records until a block is full. A function of its own with nothing behind the loop: V8 compiles loops while they run, and would
 * throw the code away at the end of a block, over what had never been reached.
 */
function passLines(
  { bytes, start, scanned, ended, isUrgent }: Scan,
  format: LineFormat,
  limits: ReadLimits,
): PassedLines {
  const { delimiter, skipBlank, maxRecordBytes } = format;
  const limit = bytes.length;
  const isEnd = ended || isUrgent;
  const passed = { count: 0, lines: 0, end: start, at: start };
  let at = start;
  let from = start + scanned;
  let seen = 0;
  let lines = 0;
  while (at < limit && !isFull(limits, seen, at - start)) {
    const found = bytes.indexOf(delimiter, from);
    if (found < 0 && !ended) break;
    const end = found < 0 ? limit : found;
    if (end - at > maxRecordBytes) break;
    if (!skipBlank || !isBlank(bytes, at, end)) seen++;
    lines++;
    passed.at = at = from = Math.min(limit, end + 1);
    if (!isWholeBatch(limits, seen, at - start, isEnd)) continue;
    passed.end = at;
    passed.lines = lines;
    passed.count = seen;
  }
  return passed;
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
