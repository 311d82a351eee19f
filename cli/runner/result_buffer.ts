import { exactText } from "./exact_json.ts";
import { refuseLostValues } from "./lost_values.ts";
import { joinedBytes } from "./joined_bytes.ts";
import { cellsOf, plainResult, type RowShape } from "./tables/result_row.ts";
import { type CellStyle, rowText } from "./tables/table_cells.ts";
import type { RunnerSettings } from "./protocol.ts";

const MAX_RECORD_SIZE = 64 * 1024 * 1024;
const END_FAULTS = {
  lines: "there is a line break in it, wanted --out nul, ndjson or raw",
  nul: "there is a NUL in it, wanted --out ndjson or raw",
};
const encoder = new TextEncoder();

/** Gathers the results of records as bytes. What a record gave is kept when the record succeeds, and taken back when not. */
export class ResultBuffer {
  readonly #format: RunnerSettings["output"];
  readonly #isTagged: boolean;
  readonly #rows: RowShape | null;
  readonly #cells: CellStyle | undefined;
  #tag = 0;
  #text = "";
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  #recordText = 0;
  #recordChunks = 0;
  #sizeBefore = 0;

  /** Results are rows where `rows` says of what kind. */
  constructor({ output, tagged, cells }: Pick<RunnerSettings, "output" | "tagged" | "cells">, rows: RowShape | null) {
    this.#format = output;
    this.#isTagged = tagged;
    this.#rows = rows;
    this.#cells = cells;
  }

  /** About how much is held. */
  get size(): number {
    return this.#text.length + this.#chunkBytes;
  }

  /** A record begins; `tag` is its number. */
  beginRecord(tag: number): void {
    this.#tag = tag;
    this.#recordText = this.#text.length;
    this.#recordChunks = this.#chunks.length;
    this.#sizeBefore = this.size;
  }

  /** Takes a result of the record. Throws when it cannot be written, or all of them are too much. */
  add(value: unknown): void {
    if (this.#format === "raw" && isBytes(value)) this.#addBytes(asBytes(value));
    else this.#text += this.#written(value);
    if (this.size - this.#sizeBefore > MAX_RECORD_SIZE) {
      throw new RangeError("Cannot write the results: those of one record are larger than 64 MiB");
    }
  }

  /** Takes back what the record gave. */
  dropRecord(): void {
    for (const chunk of this.#chunks.splice(this.#recordChunks)) this.#chunkBytes -= chunk.length;
    this.#text = this.#text.slice(0, this.#recordText);
  }

  /** Ends the record, and returns how many bytes it gave. Costs time: only for those who want to know. */
  measureRecord(): number {
    const before = this.#chunkBytes;
    const added = this.#chunks.slice(this.#recordChunks).reduce((sum, { length }) => sum + length, 0);
    this.#sealText();
    return this.#chunkBytes - before + added;
  }

  /** Hands over everything. */
  take(): Uint8Array {
    this.#sealText();
    const all = joinedBytes(this.#chunks);
    this.#chunks = [];
    this.#chunkBytes = 0;
    return all;
  }

  /** Hands over what is not the present record's. */
  takeFinished(): Uint8Array {
    const chunks = this.#chunks.splice(this.#recordChunks);
    const text = this.#text.slice(this.#recordText);
    this.#text = this.#text.slice(0, this.#recordText);
    const all = this.take();
    for (const chunk of chunks) this.#push(chunk);
    this.#text = text;
    this.#recordChunks = this.#recordText = this.#sizeBefore = 0;
    return all;
  }

  #written(value: unknown): string {
    const format = this.#format;
    if (this.#rows !== null) return rowText(cellsOf(plainResult(value, jsonText), this.#rows), this.#cells!);
    if (format === "ndjson") return this.#tagged(jsonText(value)) + "\n";
    if (format === "json") return ",\n" + this.#tagged(jsonText(value));
    const text = typeof value === "string" ? value : jsonText(value);
    if (format === "raw") return text;
    const end = format === "nul" ? "\0" : "\n";
    // One result must not become two.
    if (text.includes(end)) throw new TypeError(`Cannot write the result: ${END_FAULTS[format]}`);
    return (this.#isTagged ? `${this.#tag}\t${text}` : text) + end;
  }

  #tagged(json: string): string {
    return this.#isTagged ? `{"record":${this.#tag},"result":${json}}` : json;
  }

  #addBytes(bytes: Uint8Array): void {
    // Text before the record belongs to others: taking the record back must leave it.
    const rest = this.#text.slice(this.#recordText);
    this.#text = this.#text.slice(0, this.#recordText);
    const sealed = this.#sealText();
    this.#recordText = 0;
    this.#recordChunks += sealed;
    if (rest !== "") this.#push(encoder.encode(rest));
    this.#push(bytes.slice());
  }

  #sealText(): number {
    if (this.#text === "") return 0;
    this.#push(encoder.encode(this.#text));
    this.#text = "";
    this.#recordText = 0;
    return 1;
  }

  #push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
  }
}

function jsonText(value: unknown): string {
  const text = exactText(value);
  if (text === undefined) {
    // Of an object there is a text, unless it says otherwise.
    const what = typeof value === "object" ? "what its toJSON() returns" : `a ${typeof value}`;
    throw new TypeError(`Cannot write the result: ${what} is not JSON`);
  }
  refuseLostValues(value, text);
  return text;
}

function isBytes(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

function asBytes(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}
