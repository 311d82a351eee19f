import { InputError } from "../errors/cli_error.ts";
import { nameForPeople } from "../errors/foreign_text.ts";
import {
  EXCERPT_BYTES,
  excerptBytes,
  isFull,
  isWholeBatch,
  type ReadItem,
  type ReadLimits,
  RecordBlock,
  type RecordReader,
  type RecordSource,
} from "../records/record_block.ts";
import { type OpenRow, RowCursor, type TableDialect } from "../runner/tables/row_cursor.ts";
import type { ByteWindow } from "./byte_window.ts";
import { columnNames } from "./column_names.ts";
import { skipByteOrderMark, skipLine, skipLines } from "./line_window.ts";

/** How one table is read. */
export interface TableOptions {
  readonly input: string;
  readonly dialect: TableDialect;
  /** Whether the first row names the columns. */
  readonly hasHeader: boolean;
  /** The names, where the table has none. */
  readonly columns: readonly string[] | null;
  /** Lines in front of the table. */
  readonly skippedLines: number;
  readonly maxRecordBytes: number;
  /** Tells the user of what was made of the table that need not be what is wanted. */
  readonly warn: (text: string) => void;
}

const strict = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a table: finds where its rows end, and leaves the rest to workers, who get the rows as they stand.
 *
 * A quote that is never closed swallows the rest of the input: then its first line alone is given up.
 */
export class TableRecordReader implements RecordReader {
  readonly #window: ByteWindow;
  readonly #options: TableOptions;
  #line = 1;
  #columns: readonly string[] | null;
  #hasBegun = false;
  /** The row at the beginning of the window, if its end is not there. */
  #open: OpenRow | undefined;
  /** Whole rows at the beginning of the window, which wait for the others of their batch. */
  #heldBytes = 0;

  constructor(window: ByteWindow, options: TableOptions) {
    this.#window = window;
    this.#options = options;
    this.#columns = options.columns;
  }

  async read(limits: ReadLimits, nextSequence: number): Promise<ReadItem | undefined> {
    if (!this.#hasBegun && !await this.#begin()) return undefined;
    const window = this.#window;
    const { maxRecordBytes } = this.#options;
    while (true) {
      const isTooLong = () => window.end - window.start - this.#heldBytes > maxRecordBytes;
      let block = this.#cut(limits, nextSequence, false);
      if (block === undefined && this.#heldBytes > 0 && isTooLong()) block = this.#cut(limits, nextSequence, true);
      if (block !== undefined) return { block };
      if (isTooLong()) {
        return await this.#giveUp(
          `the row is longer than ${maxRecordBytes} bytes, see --max-record`,
          nextSequence,
          excerptBytes(maxRecordBytes),
        );
      }
      if (!window.ended) await window.more();
      else if (!this.#open?.inQuotes) return undefined;
      else return await this.#giveUp("the row is not CSV: a quote is never closed", nextSequence);
    }
  }

  async #begin(): Promise<boolean> {
    const window = this.#window;
    this.#hasBegun = true;
    await skipByteOrderMark(window);
    this.#line += await skipLines(window, this.#options.skippedLines);
    return !this.#options.hasHeader || await this.#readHeader();
  }

  async #readHeader(): Promise<boolean> {
    const window = this.#window;
    const { input, dialect, warn } = this.#options;
    while (true) {
      const cursor = this.#cursor();
      if (cursor.move()) {
        const text = decoded(window.buffer.subarray(cursor.start, cursor.end), input);
        this.#consume(cursor);
        this.#columns = columnNames(text, dialect, input, warn);
        return true;
      }
      this.#open = cursor.open;
      if (window.ended) {
        if (cursor.open?.inQuotes) throw new InputError(headerFault(input, "a quote is never closed"));
        this.#consume(cursor);
        return false;
      }
      if (window.end - window.start > this.#options.maxRecordBytes) {
        throw new InputError(headerFault(input, "it is too long"));
      }
      await window.more();
    }
  }

  #cursor(): RowCursor {
    const { buffer, start, end, ended } = this.#window;
    const open = this.#open === undefined ? {} : { open: this.#open };
    return new RowCursor(buffer.subarray(0, end), this.#options.dialect, {
      at: start,
      line: this.#line,
      isWhole: ended,
      ...open,
    });
  }

  #consume({ next, nextLine }: Pick<RowCursor, "next" | "nextLine">): void {
    this.#line = nextLine;
    this.#open = undefined;
    this.#heldBytes = 0;
    this.#window.consume(next);
  }

  /** Cuts off whole rows. In front of them and between them may be lines that are not rows. */
  #cut(limits: ReadLimits, firstSequence: number, isUrgent: boolean): RecordBlock | undefined {
    const { buffer, start, ended } = this.#window;
    const firstLine = this.#line;
    const cursor = this.#cursor();
    const { maxRecordBytes } = this.#options;
    const { count, seen, isTooLong, end } = passRows(cursor, limits, maxRecordBytes, ended || isUrgent);
    if (count > 0) {
      this.#consume(end);
      const rows = new TableRows(buffer.subarray(start, end.next), count, firstLine, this.#options, this.#columns);
      return new RecordBlock(rows, { from: 0, to: count, firstSequence });
    }
    // Lines that are not rows are done with; rows that wait for others of their batch are found again.
    const rest = isTooLong ? { next: cursor.start, nextLine: cursor.line } : cursor;
    if (seen === 0) this.#consume(rest);
    else this.#heldBytes = rest.next - start;
    this.#open = seen === 0 ? cursor.open : undefined;
    return undefined;
  }

  /** Gives up the line that a row begins on. */
  async #giveUp(message: string, sequence: number, most = EXCERPT_BYTES): Promise<ReadItem> {
    const window = this.#window;
    const excerpt = window.buffer.slice(window.start, Math.min(window.end, window.start + most));
    const line = this.#line++;
    this.#open = undefined;
    await skipLine(window);
    const end = excerpt.indexOf(10);
    const start = end < 0 ? excerpt : excerpt.subarray(0, end);
    const { input } = this.#options;
    return {
      invalid: { input, line, sequence, message, start, isTruncated: end < 0 && excerpt.length === most },
    };
  }
}

/** Where a block may end, and what lies behind that. */
interface PassedRows {
  /** Rows of whole batches. */
  readonly count: number;
  /** All rows that were found, but for one that is too long. */
  readonly seen: number;
  readonly isTooLong: boolean;
  /** Behind the last whole batch. */
  readonly end: Pick<RowCursor, "next" | "nextLine">;
}

/**
 * Moves a cursor until a block is full. A function of its own with nothing behind the loop: V8 compiles loops while they run, and threw
 * the code away at the end of each block, over what had never been reached.
 */
function passRows(cursor: RowCursor, limits: ReadLimits, maxRecordBytes: number, isEnd: boolean): PassedRows {
  const start = cursor.next;
  // Numbers, and not one object for each row: of millions of rows those would be most of what has to be collected.
  let endNext = start;
  let endLine = cursor.nextLine;
  let count = 0;
  let seen = 0;
  let isTooLong = false;
  while (!isTooLong && !isFull(limits, seen, cursor.next - start) && cursor.move()) {
    isTooLong = cursor.end - cursor.start > maxRecordBytes;
    if (isTooLong) continue;
    seen++;
    if (!isWholeBatch(limits, seen, cursor.next - start, isEnd)) continue;
    count = seen;
    endNext = cursor.next;
    endLine = cursor.nextLine;
  }
  return { count, seen, isTooLong, end: { next: endNext, nextLine: endLine } };
}

function decoded(bytes: Uint8Array, input: string): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw new InputError(headerFault(input, "it is not UTF-8, wanted --encoding"));
  }
}

function headerFault(input: string, fault: string): string {
  return `Cannot read the header of ${nameForPeople(input)}: ${fault}`;
}

/** Rows as they stand. Where each one lies is found out when somebody asks: most blocks are only passed on. */
class TableRows implements RecordSource {
  readonly columns: readonly string[] | null;
  readonly #bytes: Uint8Array;
  readonly #count: number;
  readonly #firstLine: number;
  readonly #options: TableOptions;
  #places: { readonly starts: Uint32Array; readonly ends: Uint32Array; readonly lines: Uint32Array } | undefined;

  constructor(
    bytes: Uint8Array,
    count: number,
    firstLine: number,
    options: TableOptions,
    columns: readonly string[] | null,
  ) {
    this.#bytes = bytes;
    this.#count = count;
    this.#firstLine = firstLine;
    this.#options = options;
    this.columns = columns;
  }

  get input(): string {
    return this.#options.input;
  }

  payload(from: number, to: number): Uint8Array {
    if (from === 0 && to === this.#count) return this.#bytes;
    const { starts } = this.#find();
    // With the line end of the last row: without it, a worker may see another row there.
    return this.#bytes.subarray(starts[from]!, to === this.#count ? undefined : starts[to]!);
  }

  record(at: number): Uint8Array {
    const { starts, ends } = this.#find();
    return this.#bytes.subarray(starts[at]!, ends[at]!);
  }

  line(at: number): number {
    return this.#find().lines[at]!;
  }

  #find() {
    if (this.#places !== undefined) return this.#places;
    const places = {
      starts: new Uint32Array(this.#count),
      ends: new Uint32Array(this.#count),
      lines: new Uint32Array(this.#count),
    };
    const cursor = new RowCursor(this.#bytes, this.#options.dialect, { line: this.#firstLine });
    for (let index = 0; index < this.#count && cursor.move(); index++) {
      places.starts[index] = cursor.start;
      places.ends[index] = cursor.end;
      places.lines[index] = cursor.line;
    }
    return this.#places = places;
  }
}
