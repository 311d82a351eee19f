// @ts-types="npm:@types/papaparse@5.5.2"
import Papa from "papaparse";
import type { ByteWindow } from "./byte_window.ts";
import {
  EXCERPT_BYTES,
  type ReadItem,
  type ReadLimits,
  RecordBlock,
  type RecordReader,
} from "../records/record_block.ts";
import { type TableRecord, TableSource } from "./table_source.ts";
import { InputError } from "../errors/input_error.ts";

const QUOTE = 0x22;
const NEWLINE = 0x0A;
const RETURN = 0x0D;

interface Row {
  readonly bytes: Uint8Array;
  readonly line: number;
  /** Why it can be no record, if so. */
  readonly fault?: string;
}

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads CSV with a header line: each row becomes an object. Rows are found here, so that a bad one is told apart from its
 * neighbours; the library parses them.
 */
export class CsvRecordReader implements RecordReader {
  readonly #window: ByteWindow;
  readonly #input: string;
  readonly #maxRecordBytes: number;
  readonly #separator: string;
  #line = 1;
  #header: string[] | undefined;
  #waiting: { readonly row: Row; readonly fault: string } | undefined;

  constructor(
    window: ByteWindow,
    options: { readonly input: string; readonly maxRecordBytes: number; readonly separator: string },
  ) {
    this.#window = window;
    this.#input = options.input;
    this.#maxRecordBytes = options.maxRecordBytes;
    this.#separator = options.separator;
  }

  async read(limits: ReadLimits, nextSequence: number): Promise<ReadItem | undefined> {
    if (this.#header === undefined && !await this.#readHeader()) return undefined;
    const records: TableRecord[] = [];
    let bytes = 0;
    while (records.length < limits.records && bytes < limits.bytes && this.#waiting === undefined) {
      const row = await this.#nextRow(records.length === 0);
      if (row === undefined) break;
      const record = row.fault ?? this.#record(row);
      if (typeof record === "string") this.#waiting = { row, fault: record };
      else {
        records.push(record);
        bytes += record.bytes.length;
      }
    }
    if (records.length > 0) {
      const source = new TableSource(this.#input, records);
      return { block: new RecordBlock(source, { from: 0, to: records.length, firstSequence: nextSequence }) };
    }
    const waiting = this.#waiting;
    if (waiting === undefined) return undefined;
    this.#waiting = undefined;
    const { row: { line, bytes: all }, fault: message } = waiting;
    return {
      invalid: { input: this.#input, line, sequence: nextSequence, message, start: all.slice(0, EXCERPT_BYTES) },
    };
  }

  async #readHeader(): Promise<boolean> {
    const row = await this.#nextRow(true);
    if (row === undefined) return false;
    const fields = row.fault ?? this.#parse(row.bytes);
    if (typeof fields === "string") throw new InputError(`Cannot read the header of the table: ${fields}`);
    const twice = fields.find((name, at) => fields.indexOf(name) !== at);
    if (twice !== undefined) {
      throw new InputError(`Cannot read the header of the table: there are two columns "${twice}", wanted one`);
    }
    this.#header = fields;
    return true;
  }

  #record(row: Row): TableRecord | string {
    const header = this.#header!;
    const fields = this.#parse(row.bytes);
    if (typeof fields === "string") return fields;
    if (fields.length !== header.length) {
      return `the row has ${fields.length} fields, the header has ${header.length}`;
    }
    const record = Object.fromEntries(header.map((name, at) => [name, fields[at]]));
    return { bytes: row.bytes, line: row.line, payload: encoder.encode(JSON.stringify(record)) };
  }

  /** The fields of one row, or what is wrong with it. */
  #parse(bytes: Uint8Array): string[] | string {
    let text: string;
    try {
      text = strict.decode(bytes);
    } catch {
      return "the record is not UTF-8";
    }
    if (!text.includes('"')) return text.split(this.#separator);
    const { data, errors } = Papa.parse<string[]>(text, { delimiter: this.#separator, newline: "\n" });
    const error = errors[0];
    return error === undefined ? data[0]! : `the row is not CSV: ${error.message}`;
  }

  async #nextRow(mayWait: boolean): Promise<Row | undefined> {
    const window = this.#window;
    while (true) {
      const { buffer, start } = window;
      const end = rowEnd(buffer, start, window.end, this.#separator.charCodeAt(0));
      if (end >= 0) {
        const row = this.#take(end, end + 1);
        if (row.bytes.length > 0) return row;
        continue;
      }
      const size = window.end - start;
      if (size > this.#maxRecordBytes) {
        return await this.#skipLine(`the row is longer than ${this.#maxRecordBytes} bytes`);
      }
      if (window.ended) return await this.#lastRow();
      if (!mayWait) return undefined;
      await window.more();
    }
  }

  async #lastRow(): Promise<Row | undefined> {
    const { buffer, start, end } = this.#window;
    if (start === end) return undefined;
    // An open quote has swallowed the rest of the input: give up its first line only.
    const isOpen = rowEnd(buffer.subarray(0, end), start, end, this.#separator.charCodeAt(0), true) < 0;
    if (isOpen) return await this.#skipLine("the row is not CSV: a quote is never closed");
    const row = this.#take(end, end);
    return row.bytes.length > 0 ? row : undefined;
  }

  async #skipLine(fault: string): Promise<Row> {
    const window = this.#window;
    const excerpt = window.buffer.slice(window.start, Math.min(window.end, window.start + EXCERPT_BYTES));
    const line = this.#line++;
    while (true) {
      const found = window.buffer.subarray(0, window.end).indexOf(NEWLINE, window.start);
      window.consume(found < 0 ? window.end : found + 1);
      if (found >= 0 || window.ended) break;
      await window.more();
    }
    const end = excerpt.indexOf(NEWLINE);
    return { bytes: end < 0 ? excerpt : excerpt.subarray(0, end), line, fault };
  }

  #take(end: number, next: number): Row {
    const { buffer, start } = this.#window;
    const line = this.#line;
    const content = buffer[end - 1] === RETURN && end > start ? end - 1 : end;
    let bytes = buffer.subarray(start, content);
    if (line === 1 && bytes[0] === 0xEF && bytes[1] === 0xBB && bytes[2] === 0xBF) bytes = bytes.subarray(3);
    for (let at = start; at < next; at++) if (buffer[at] === NEWLINE) this.#line++;
    this.#window.consume(next);
    return { bytes, line };
  }
}

/** Where the row ends that begins at `at`, or -1. A quote counts only at the beginning of a field. */
function rowEnd(bytes: Uint8Array, at: number, end: number, separator: number, endsRow = false): number {
  let inQuotes = false;
  let atField = true;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (inQuotes) {
      if (byte !== QUOTE) continue;
      // Of two quotes the first closes, and the second opens again.
      inQuotes = false;
      atField = bytes[at + 1] === QUOTE;
    } else if (byte === NEWLINE) {
      return at;
    } else if (byte === QUOTE && atField) {
      inQuotes = true;
    } else {
      atField = byte === separator;
    }
  }
  return endsRow && !inQuotes ? end : -1;
}
