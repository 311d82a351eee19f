// @ts-types="npm:@types/papaparse@5.5.2"
import Papa from "papaparse";
import type { Batch, Outcome } from "../records/batch.ts";
import type { FormattedBatch, ResultFormat } from "./result_format.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes results as rows. The fields of the first result are the columns; arrays make rows without a header. */
export class CsvFormat implements ResultFormat {
  readonly needsOutcomes = true;
  #columns: readonly string[] | undefined;
  #hasBegun: boolean;

  /** Goes on with an output that begins with `resumed`. */
  constructor(resumed: Uint8Array) {
    this.#hasBegun = resumed.length > 0;
    if (this.#hasBegun) this.#columns = Papa.parse<string[]>(decoder.decode(resumed), { preview: 1 }).data[0];
  }

  format(batch: Batch): FormattedBatch {
    const rows: Uint8Array[] = [];
    let at = 0;
    let results = 0;
    const outcomes = batch.outcomes.map((outcome): Outcome => {
      const text = decoder.decode(batch.output.subarray(at, at + outcome.bytes));
      at += outcome.bytes;
      if (text === "") return outcome;
      try {
        const bytes = encoder.encode(this.#rows(text));
        rows.push(bytes);
        results += outcome.results;
        return { ...outcome, bytes: bytes.length };
      } catch (error) {
        const { message } = error as Error;
        return { ...outcome, outcome: "error", results: 0, bytes: 0, error: { name: "TypeError", message } };
      }
    });
    return { batch: { ...batch, outcomes, results }, bytes: joined(rows) };
  }

  end(): Uint8Array {
    return new Uint8Array(0);
  }

  #rows(text: string): string {
    const values: unknown[] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    const columns = this.#columns ?? (isRecord(values[0]) ? Object.keys(values[0]) : undefined);
    const rows = values.map((value) => this.#cells(value, columns));
    const header = !this.#hasBegun && columns !== undefined ? [columns] : [];
    const csv = Papa.unparse([...header, ...rows], { newline: "\n" });
    this.#columns = columns;
    this.#hasBegun = true;
    return csv + "\n";
  }

  #cells(value: unknown, columns: readonly string[] | undefined): unknown[] {
    if (Array.isArray(value)) return value.map(cell);
    if (!isRecord(value)) {
      throw new TypeError(
        `Cannot write a row: the result is ${JSON.stringify(value)}, an object or an array is wanted`,
      );
    }
    if (columns === undefined) {
      throw new TypeError(
        "Cannot write a row: the result is an object, but the first one was an array, so there is no header",
      );
    }
    const extra = Object.keys(value).find((key) => !columns.includes(key));
    if (extra !== undefined) {
      throw new TypeError(`Cannot write a row: the result has the field "${extra}", which the first result had not`);
    }
    return columns.map((column) => cell(value[column]));
  }
}

function cell(value: unknown): unknown {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
