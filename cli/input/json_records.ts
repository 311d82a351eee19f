import type { ByteWindow } from "./byte_window.ts";
import { skipByteOrderMark } from "./line_window.ts";
import { JsonScanner } from "./json_scanner.ts";
import {
  EXCERPT_BYTES,
  excerptBytes,
  type InvalidRecord,
  isFull,
  type ReadItem,
  type ReadLimits,
  RecordBlock,
  type RecordReader,
} from "../records/record_block.ts";
import { type FoundRecord, FoundRecords } from "./found_records.ts";

const COMMA = 0x2C;
const OPEN = 0x5B;
const CLOSE = 0x5D;
const SPACE = 0x20;
const NEWLINE = 0x0A;
/** What stands between and behind values only. */
const NO_BEGINNING = new Set([COMMA, CLOSE, 0x7D, 0x3A]);
const BREAKS = [NEWLINE, 0x0D];
const BLANKS = new Set([SPACE, 0x09, NEWLINE, 0x0D]);

type Found = { readonly record: FoundRecord } | {
  readonly fault: Omit<FoundRecord, "payload"> & Partial<Pick<InvalidRecord, "isTruncated" | "mark">>;
  readonly message: string;
};

/**
 * Reads the elements of a JSON array, or JSON values one after the other.
 *
 * What an element looks like inside is the worker's matter. Where the structure around the elements is broken, nothing
 * behind it can be trusted: that place is a reject, and the input ends there.
 */
export class JsonRecordReader implements RecordReader {
  readonly #window: ByteWindow;
  readonly #input: string;
  readonly #maxRecordBytes: number;
  #place: "top" | "first" | "element" | "separator" | "end" = "top";
  #line = 0;
  #waiting: Found | undefined;

  constructor(window: ByteWindow, options: { readonly input: string; readonly maxRecordBytes: number }) {
    this.#window = window;
    this.#input = options.input;
    this.#maxRecordBytes = options.maxRecordBytes;
  }

  async read(limits: ReadLimits, nextSequence: number): Promise<ReadItem | undefined> {
    const records: FoundRecord[] = [];
    let bytes = 0;
    if (this.#line === 0) await this.#begin();
    while (!isFull(limits, records.length, bytes)) {
      // Waits for the records of one batch only: the others are taken if they are there.
      const mayWait = records.length === 0 || records.length % limits.batch > 0;
      const found = this.#waiting ?? await this.#find(mayWait);
      this.#waiting = undefined;
      if (found === undefined) break;
      if ("fault" in found) {
        if (records.length === 0) return this.#invalid(found, nextSequence);
        this.#waiting = found;
        break;
      }
      records.push(found.record);
      bytes += found.record.bytes.length;
    }
    if (records.length === 0) return undefined;
    const source = new FoundRecords(this.#input, records);
    return { block: new RecordBlock(source, { from: 0, to: records.length, firstSequence: nextSequence }) };
  }

  async #begin(): Promise<void> {
    this.#line = 1;
    await skipByteOrderMark(this.#window);
  }

  #invalid({ fault, message }: Extract<Found, { fault: unknown }>, sequence: number): ReadItem {
    const { line, bytes, isTruncated = bytes.length === EXCERPT_BYTES, mark } = fault;
    const invalid = { input: this.#input, line, sequence, message, start: bytes.slice(), isTruncated };
    return { invalid: mark === undefined ? invalid : { ...invalid, mark } };
  }

  async #find(mayWait: boolean): Promise<Found | undefined> {
    while (this.#place !== "end") {
      const byte = await this.#nextByte(mayWait);
      if (byte === "later") return undefined;
      if (byte === undefined) return this.#endOfInput();
      const fault = this.#enter(byte);
      if (fault !== undefined) return fault;
      if (this.#isAtValue(byte)) {
        const found = await this.#value(mayWait);
        if (found !== "later") return found;
        return undefined;
      }
      this.#window.consume(this.#window.start + 1);
      this.#leave(byte);
    }
  }

  #isAtValue(byte: number): boolean {
    if (this.#place === "top") return byte !== OPEN;
    return (this.#place === "first" && byte !== CLOSE) || this.#place === "element";
  }

  #enter(byte: number): Found | undefined {
    if (this.#place === "separator" && byte !== COMMA && byte !== CLOSE) {
      return this.#broken('wanted "," or "]" behind an element of the array');
    }
    if (this.#place === "element" && byte === CLOSE) return this.#broken('wanted an element behind ","');
    if ((this.#place === "first" || this.#place === "element") && byte === COMMA) {
      return this.#broken('wanted an element, not ","');
    }
    if (this.#place === "top" && NO_BEGINNING.has(byte)) {
      return this.#broken(`wanted a JSON value, not ${JSON.stringify(String.fromCharCode(byte))}`);
    }
  }

  #leave(byte: number): void {
    if (byte === OPEN) this.#place = "first";
    else if (byte === COMMA) this.#place = "element";
    else if (byte === CLOSE) this.#place = "top";
  }

  #endOfInput(): Found | undefined {
    const wasOpen = this.#place !== "top";
    this.#place = "end";
    if (!wasOpen) return undefined;
    return { fault: { bytes: new Uint8Array(0), line: this.#line }, message: "the input ends inside of the array" };
  }

  #broken(message: string): Found {
    const { buffer, start, end } = this.#window;
    this.#place = "end";
    // How much lies behind it already depends on how the input comes.
    const mark = buffer.slice(start, start + 1);
    return {
      fault: { bytes: buffer.slice(start, Math.min(end, start + EXCERPT_BYTES)), line: this.#line, mark },
      message: `${message}; nothing behind it was read`,
    };
  }

  async #nextByte(mayWait: boolean): Promise<number | undefined | "later"> {
    const window = this.#window;
    while (true) {
      while (window.start < window.end && BLANKS.has(window.buffer[window.start]!)) {
        if (window.buffer[window.start] === NEWLINE) this.#line++;
        window.consume(window.start + 1);
      }
      if (window.start < window.end) return window.buffer[window.start]!;
      if (window.ended) return undefined;
      if (!mayWait) return "later";
      await window.more();
    }
  }

  async #value(mayWait: boolean): Promise<Found | "later"> {
    const window = this.#window;
    const scanner = new JsonScanner();
    for (let scanned = 0;;) {
      const { buffer, start } = window;
      const end = scanner.scan(buffer, start + scanned, window.end);
      if (end >= 0) return end - start > this.#maxRecordBytes ? this.#passLong(end) : this.#cut(end, scanner);
      scanned = window.end - start;
      if (scanned > this.#maxRecordBytes) return await this.#skip(scanner);
      if (window.ended) return scanner.mayEnd ? this.#cut(window.end, scanner) : this.#cutOff();
      if (!mayWait) return "later";
      await window.more();
    }
  }

  #cut(end: number, scanner: JsonScanner): Found {
    const { buffer, start } = this.#window;
    const bytes = buffer.subarray(start, end);
    const line = this.#line;
    this.#advance(end);
    this.#place = this.#place === "top" ? "top" : "separator";
    if (scanner.hasBrokenString) {
      return { fault: { bytes, line }, message: "the record is not JSON: a line break in a string" };
    }
    return { record: { bytes, line, payload: inOneLine(bytes) } };
  }

  #cutOff(): Found {
    const { buffer, start, end } = this.#window;
    const fault = { bytes: buffer.slice(start, Math.min(end, start + EXCERPT_BYTES)), line: this.#line };
    this.#advance(end);
    this.#place = "end";
    return { fault, message: "the record is not JSON: the input ends inside of it" };
  }

  async #skip(scanner: JsonScanner): Promise<Found> {
    const window = this.#window;
    const found = this.#passLong(window.end);
    while (!window.ended) {
      await window.more();
      const end = scanner.scan(window.buffer, window.start, window.end);
      this.#advance(end < 0 ? window.end : end);
      if (end < 0) continue;
      this.#place = this.#place === "top" ? "top" : "separator";
      return found;
    }
    this.#place = "end";
    return found;
  }

  /** Passes what is too long to be a record, or the first part of it. */
  #passLong(end: number): Found {
    const { buffer, start } = this.#window;
    const bytes = buffer.slice(start, start + excerptBytes(this.#maxRecordBytes));
    const fault = { bytes, line: this.#line, isTruncated: true };
    this.#advance(end);
    this.#place = this.#place === "top" ? "top" : "separator";
    return { fault, message: `the record is longer than ${this.#maxRecordBytes} bytes, see --max-record` };
  }

  #advance(position: number): void {
    const passed = this.#window.buffer.subarray(this.#window.start, position);
    for (let at = passed.indexOf(NEWLINE); at >= 0; at = passed.indexOf(NEWLINE, at + 1)) this.#line++;
    this.#window.consume(position);
  }
}

/** Line breaks between tokens mean nothing; a block is cut up at them. */
function inOneLine(bytes: Uint8Array): Uint8Array {
  if (BREAKS.every((byte) => !bytes.includes(byte))) return bytes;
  return bytes.map((byte) => BREAKS.includes(byte) ? SPACE : byte);
}
