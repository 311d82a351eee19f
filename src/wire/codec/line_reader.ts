/** Makes a value of the lines that a LineWriter wrote, as they arrive. They are trusted in nothing. */

import type { PartReader, ReceivedLines } from "../framing/line_part.ts";
import { textOfUtf8 } from "../framing/frame_format.ts";
import { type Assembler, endsEarly, PlainAssembler } from "./assembler.ts";
import { malformed, requireFewMarks, requireShallow } from "./checks.ts";
import { KeptBuffers } from "./kept_buffers.ts";
import { type LineLimits, mayExceed, stringTooLarge, valueBytesOf, valuesTooLarge } from "./line_limits.ts";
import { MAX_LINE_BYTES, TREE_SIGN, WHOLE_TREE_SIGN } from "./line_writer.ts";
import { LongText } from "./long_text.ts";
import { isNumbersMark, NumbersReader } from "./number_list.ts";
import { MAX_TREE_COST } from "./tags.ts";
import { TreeAssembler } from "./tree_assembler.ts";

const [LINE_FEED, QUOTE] = [10, 34] as const;

/** How much is turned into text at once. */
const PIECE_BYTES = 64 * 1024;

const kept = new KeptBuffers();

/** Reads a part of a sender that is not trusted. Each line is parsed when it is there, so that no parse takes long. */
export class LineReader implements PartReader {
  readonly #limits: LineLimits | undefined;
  /** Small parts cannot exceed the limit, whatever they hold. */
  readonly #counts: boolean;
  #assembler: Assembler = new PlainAssembler();
  #isTree = false;
  #hasLine = false;
  /** The beginning of a line whose end has not arrived. */
  #rest: Uint8Array = new Uint8Array(0);
  #restLength = 0;
  /** A line of one string that is too long to wait for its end. */
  #longText: LongText | undefined;
  #longBytes = 0;
  #valueBytes = 0;
  readonly #byteLength: number;
  #hasBegun = false;
  /** Where the part is a list of numbers. */
  #numbers: NumbersReader | undefined;

  /** Starts a part of so many bytes. Without limits its sender is trusted. */
  constructor(byteLength: number, limits: LineLimits | undefined) {
    this.#byteLength = byteLength;
    this.#limits = limits;
    this.#counts = limits !== undefined && mayExceed(byteLength, limits);
  }

  push(bytes: Uint8Array): void {
    if (!this.#hasBegun && bytes.length > 0) {
      this.#hasBegun = true;
      if (isNumbersMark(bytes[0]!)) this.#numbers = new NumbersReader(bytes[0]!, this.#byteLength, this.#limits);
    }
    if (this.#numbers === undefined) this.#pushLines(bytes);
    else this.#numbers.push(bytes);
  }

  #pushLines(bytes: Uint8Array): void {
    let start = 0;
    if (this.#restLength > 0) {
      const end = bytes.indexOf(LINE_FEED) + 1;
      this.#keep(end === 0 ? bytes : bytes.subarray(0, end));
      if (end === 0) return;
      this.#readKept();
      start = end;
    }
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end > start) this.#readLines(bytes.subarray(start, end));
    this.#keep(bytes.subarray(Math.max(start, end)));
  }

  end(): ReceivedLines {
    if (this.#numbers !== undefined) return { value: this.#numbers.end(), maxCost: 0, areNumbers: true };
    if (this.#restLength > 0) throw endsEarly();
    const maxCost = this.#limits === undefined ? Infinity : MAX_TREE_COST;
    return { value: this.#assembler.end(), maxCost, isDecoded: this.#isTree };
  }

  /** Keeps a part of a line. */
  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const length = this.#restLength + bytes.length;
    if (length > this.#rest.length) {
      const grown = new Uint8Array(Math.max(length, this.#rest.length * 2, 1024));
      grown.set(this.#rest.subarray(0, this.#restLength));
      this.#rest = grown;
    }
    this.#rest.set(bytes, this.#restLength);
    this.#restLength = length;
    if (this.#limits === undefined || (length <= MAX_LINE_BYTES && this.#longText === undefined)) return;
    this.#readLongText(this.#limits);
  }

  /** Reads what is kept of a long string, but for its last two bytes: with the end of the line, they are no text. */
  #readLongText(limits: LineLimits): void {
    if (this.#longText === undefined) {
      if (this.#rest[0] !== QUOTE) throw malformed(`it has a line of more than ${MAX_LINE_BYTES} bytes`);
      this.#longText = new LongText();
      this.#rest.copyWithin(0, 1, this.#restLength--);
      this.#longBytes = 1;
    }
    const size = this.#restLength - 2;
    if (size <= 0) return;
    this.#longBytes += size;
    if (this.#longBytes > limits.maxStringBytes) throw stringTooLarge("receive", this.#longBytes, limits);
    if (this.#counts) this.#addValueBytes(size * 2);
    this.#longText.push(this.#rest.subarray(0, size));
    this.#rest.copyWithin(0, size, this.#restLength);
    this.#restLength = 2;
  }

  /** Reads the line of which all is there now. */
  #readKept(): void {
    const line = this.#rest.subarray(0, this.#restLength);
    this.#restLength = 0;
    if (this.#longText === undefined) return this.#readLines(line);
    if (line[0] !== QUOTE) throw malformed("a line is not JSON");
    const text = this.#longText.end();
    this.#longText = undefined;
    this.#putLine(text, 0);
  }

  /** Reads whole lines. */
  #readLines(bytes: Uint8Array): void {
    if (this.#counts) this.#addValueBytes(valueBytesOf(bytes));
    const text = decodeText(bytes);
    for (let start = 0; start < text.length;) {
      const end = text.indexOf("\n", start);
      this.#readLine(text.slice(start, end));
      start = end + 1;
    }
  }

  #addValueBytes(size: number): void {
    this.#valueBytes += size;
    if (this.#valueBytes > this.#limits!.maxValueBytes) {
      throw valuesTooLarge("receive", this.#valueBytes, this.#limits!);
    }
  }

  #readLine(line: string): void {
    if (line.length === 1 && this.#readSign(line)) return;
    // Of one string, commas and brackets are no values.
    if (this.#limits !== undefined && line[0] !== '"') requireFewMarks(line);
    this.#putLine(parse(line), line.length);
  }

  /** Puts what a line of so many characters holds where it belongs. */
  #putLine(value: unknown, units: number): void {
    if (this.#limits !== undefined) requireShallow(value, units, this.#assembler.depth);
    this.#hasLine = true;
    this.#assembler.put(value);
  }

  /** Does what a line of one character says, if it says something beside its value. */
  #readSign(line: string): boolean {
    if (line === "[" || line === "{") this.#assembler.open(line);
    else if (line === "]") this.#assembler.close("[");
    else if (line === "}") this.#assembler.close("{");
    else if (this.#hasLine || (line !== TREE_SIGN && line !== WHOLE_TREE_SIGN)) return false;
    else if (line === TREE_SIGN) {
      this.#isTree = true;
      this.#assembler = new TreeAssembler(this.#limits === undefined);
    }
    this.#hasLine = true;
    return true;
  }
}

/**
 * Reads a part of a sender that is trusted. Takes all bytes before it parses the first line: the sender cannot go on with
 * something else before its pipe is empty.
 */
export class LineCollector implements PartReader {
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** Starts a part of so many bytes. */
  constructor(byteLength: number) {
    this.#buffer = kept.take(byteLength);
  }

  push(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  end(): ReceivedLines {
    const reader = new LineReader(this.#length, undefined);
    for (let at = 0; at < this.#length; at += PIECE_BYTES) {
      reader.push(this.#buffer.subarray(at, Math.min(at + PIECE_BYTES, this.#length)));
    }
    kept.give(this.#buffer);
    return reader.end();
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return textOfUtf8(bytes);
  } catch (cause) {
    throw malformed("a line is not UTF-8", cause);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw malformed("a line is not JSON", cause);
  }
}
