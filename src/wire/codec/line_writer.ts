/**
 * Writes plain data as lines of JSON, so that neither side ever has its whole text. A line is
 *
 * - a value, at the top;
 * - `[` or `{`, which opens a container that is too large for one line, and `]` or `}`, which closes it;
 * - inside `[`: the list of its next items, or one long string;
 * - inside `{`: an object of its next fields; or a key, and behind it what is opened, one long string, or a list of one item.
 *
 * JSON text has no line feed inside. A tree with tags has a line in front that tells whether it is decoded while its lines come. Why so, and
 * not in one text: `docs/decisions/lines.md`.
 */

import { LinePart } from "../framing/line_part.ts";
import { SHALLOW_UNITS } from "./checks.ts";
import { KeptBuffers } from "./kept_buffers.ts";
import { isLongText, PlainMeasure } from "./plain.ts";
import { MAX_TREE_DEPTH } from "./tags.ts";

/** About how much goes into a line. More brings nothing, and so short a text needs no check of its depth. */
const LINE_UNITS = SHALLOW_UNITS - 500;
/** No line but one string is longer, so a reader may refuse what is. */
export const MAX_LINE_BYTES: number = 256 * 1024;
/** A text of so many units has at most as many bytes. */
const MAX_LINE_UNITS = MAX_LINE_BYTES / 4;
/** Room for a few lines more than were foreseen, or for the first. */
const SPARE_BYTES = 64 * 1024;
/** What a value that is foreseen to be larger begins with: the foresight may be wrong. */
const MAX_FORESEEN_BYTES = 2 * 1024 * 1024;
/** How much of a long string becomes JSON at once. */
const PIECE_UNITS = 16 * 1024;
/** What is foreseen may be a little more: to grow once more at the end would copy all. */
const FORESIGHT = 1.05;
const LINE_FEED = 10;
const QUOTE = 0x22;
/** The first line of a tree that is decoded while its lines come. No JSON text is so. */
export const TREE_SIGN = "\x03";
/** The first line of one that is not: it has binary parts, which come later, or shared objects. */
export const WHOLE_TREE_SIGN = " ";

const utf8Encoder = new TextEncoder();
// Taken once: what user code replaces later is its own affair. Lists of other realms have other prototypes, so it is applied to them.
const { slice: itemsIn } = Array.prototype;

const kept = new KeptBuffers();

/** Nobody reads these parts any more: their memory, if it was lent, is used again. */
export function giveBack(parts: readonly Uint8Array[]): void {
  const lines = lentLines(parts);
  if (lines === undefined) return;
  kept.give(lines.lent!);
  lines.lent = undefined;
}

/** The same parts, with memory of their own. */
export function ownParts(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const lines = lentLines(parts);
  if (lines === undefined) return parts;
  const own = new LinePart(lines.buffer.slice(0, lines.length));
  own.cost = lines.cost;
  giveBack(parts);
  return [own, ...parts.slice(1)];
}

/** Lines are the first part, where there are any. */
function lentLines(parts: readonly Uint8Array[]): LinePart | undefined {
  const first = parts[0];
  return first instanceof LinePart && first.lent !== undefined ? first : undefined;
}

/** Writes one value. */
export class LineWriter {
  readonly #large: Set<object>;
  #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;
  #itemsPerLine = 4;

  /** Starts an empty part. `large` has all containers inside that are too large for one line; `units` is about how long all lines will be. */
  constructor(large: Set<object>, units = 0) {
    this.#large = large;
    this.#buffer = kept.take(Math.min(units, MAX_FORESEEN_BYTES) + SPARE_BYTES);
  }

  /** Starts the part of a tree with tags. */
  static ofTree(large: Set<object>): LineWriter {
    const writer = new LineWriter(large);
    writer.#writeLine(WHOLE_TREE_SIGN);
    return writer;
  }

  /** Opens a list, whose items are written next. */
  open(): void {
    this.#writeLine("[");
  }

  /** Writes the whole value. */
  write(value: unknown): void {
    if (isLongText(value)) return this.#writeLongText(value);
    if (!this.#isOpened(value)) return this.#writeLine(JSON.stringify(value));
    if (Array.isArray(value)) {
      this.#writeLine("[");
      this.writeItems(value, 0, value.length);
      return this.close();
    }
    this.#writeLine("{");
    this.#writeFields(value as Record<string, unknown>);
    this.#writeLine("}");
  }

  /** Closes the list. */
  close(): void {
    this.#writeLine("]");
  }

  /** Writes items of the list that is open: those from `start` to before `end`. */
  writeItems(items: readonly unknown[], start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const item = items[at];
      const isAlone = this.#isOpened(item) || isLongText(item);
      if (!isAlone && at - start < this.#itemsPerLine) continue;
      this.#writeSome(items, start, at);
      start = at;
      if (!isAlone) continue;
      this.write(item);
      start = at + 1;
    }
    this.#writeSome(items, start, end);
  }

  /** Drops what was written. The writer is of no more use. */
  abandon(): void {
    kept.give(this.#buffer);
  }

  /** What was written of a tree with tags, which costs its receiver so much at once. The writer is of no more use. */
  finishTree(costAtOnce: number, hasPartsBehind: boolean): LinePart {
    if (!hasPartsBehind) this.#buffer[0] = TREE_SIGN.charCodeAt(0);
    const part = this.finish();
    part.cost = costAtOnce;
    return part;
  }

  /** What was written, in memory that is lent: see {@linkcode giveBack}. The writer is of no more use. */
  finish(): LinePart {
    const part = new LinePart(this.#buffer.buffer, 0, this.#length);
    if (kept.keeps(this.#buffer)) part.lent = this.#buffer;
    return part;
  }

  /** Writes some of the items in one line. */
  #writeSome(items: readonly unknown[], start: number, end: number): void {
    if (start === end) return;
    const text = JSON.stringify(itemsIn.call(items, start, end));
    if (text.length > MAX_LINE_UNITS) {
      if (end - start === 1) return this.#writeUnforeseen(text);
      const middle = (start + end) >> 1;
      this.#writeSome(items, start, middle);
      return this.#writeSome(items, middle, end);
    }
    this.#writeLine(text);
    this.#itemsPerLine = Math.max(1, Math.min(LINE_UNITS, Math.floor((end - start) * LINE_UNITS / text.length)));
  }

  #writeFields(record: Record<string, unknown>): void {
    let fields = "";
    for (const key of Object.keys(record)) {
      const field = record[key];
      const isAlone = this.#isOpened(field) || isLongText(field);
      const text = isAlone ? "" : JSON.stringify(field);
      const name = isAlone || isLongText(key) ? "" : JSON.stringify(key);
      // A key with many escapes is long, too.
      const hasOwnLine = name === "" || name.length + text.length > MAX_LINE_UNITS;
      if (!hasOwnLine) {
        fields += `${fields === "" ? "{" : ","}${name}:${text}`;
        if (fields.length < LINE_UNITS) continue;
      }
      if (fields !== "") this.#writeLine(fields + "}");
      fields = "";
      if (!hasOwnLine) continue;
      this.write(key);
      if (isAlone) this.write(field);
      else this.#writeUnforeseen(`[${text}]`);
    }
    if (fields !== "") this.#writeLine(fields + "}");
  }

  /**
   * Writes the only item of a text that may be too long for a line: it has many escapes, or is nested deeper than what is measured, or a
   * getter makes it again each time. It is measured as it was read.
   */
  #writeUnforeseen(text: string): void {
    if (text.length <= MAX_LINE_UNITS) return this.#writeLine(text);
    const item = (JSON.parse(text) as unknown[])[0];
    if (typeof item !== "object" || item === null) return this.#writeLine(text);
    const measure = new PlainMeasure(MAX_TREE_DEPTH);
    measure.measure(item);
    for (const container of measure.large) this.#large.add(container);
    this.#large.add(item);
    this.write(item);
  }

  #isOpened(value: unknown): boolean {
    return this.#large.size > 0 && typeof value === "object" && value !== null && this.#large.has(value);
  }

  #writeLine(text: string): void {
    this.#put(text);
    this.#buffer[this.#length++] = LINE_FEED;
  }

  /**
   * Writes a string piece by piece. The JSON text of the whole would be memory that is new each time; and of 256 MiB and more, V8 ends the process
   * ("Fatal process out of memory: Zone") when it writes the second.
   */
  #writeLongText(text: string): void {
    const start = this.#length;
    for (let at = 0, end = 0; at < text.length; at = end) {
      end = endOfPiece(text, at);
      const json = JSON.stringify(text.slice(at, end));
      // The rest is about as wide as what was written, which tells how many escapes there are, and how many bytes a unit has.
      const rest = at === 0 ? 0 : (text.length - end) * (this.#length - start) / at;
      this.#put(json.slice(at === 0 ? 0 : 1, -1), rest);
    }
    this.#buffer[this.#length++] = QUOTE;
    this.#buffer[this.#length++] = LINE_FEED;
  }

  /** Writes text. Where there is no room for it, room is made for as many bytes behind it as are foreseen. */
  #put(text: string, foreseen = 0): void {
    // In UTF-8 a unit takes at most three bytes. A quote and a line feed may follow.
    const needed = this.#length + text.length * 3 + 2;
    if (needed > this.#buffer.length) this.#grow(needed + Math.ceil(foreseen * FORESIGHT));
    this.#length += utf8Encoder.encodeInto(text, this.#buffer.subarray(this.#length)).written;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

/** Both halves of a pair stay together: one alone is written as an escape. */
function endOfPiece(text: string, start: number): number {
  const end = start + PIECE_UNITS;
  if (end >= text.length) return text.length;
  const isPair = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return isPair ? end - 1 : end;
}
