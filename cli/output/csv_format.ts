import type { Batch, Outcome } from "../records/batch.ts";
import { hasAtMost } from "../records/json_values.ts";
import { parseExact } from "../runner/exact_json.ts";
import { joinedBytes } from "../runner/joined_bytes.ts";
import { RowCursor } from "../runner/tables/row_cursor.ts";
import { cellsOf, isRecord, type RowShape } from "../runner/tables/result_row.ts";
import { splitRow } from "../runner/tables/table_row.ts";
import type { FormattedBatch, ResultFormat } from "./result_format.ts";
import { type CellStyle, originalText, rowText } from "../runner/tables/table_cells.ts";

const LINE_FEED = 10;
/** In one result. Those of workers that make rows by themselves cost the program nothing. */
const MOST_VALUES = 1_000_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How a table is written. */
export interface TableOutput extends CellStyle {
  /** The columns; those of the first result if they are not told. */
  readonly columns: readonly string[] | null;
}

/** Writes results as rows. The fields of the first result are the columns; arrays make rows without a header. See `docs/decisions/command.md`. */
export class CsvFormat implements ResultFormat {
  readonly #style: CellStyle;
  /** Whether the user told the columns: then a result may lack some. */
  readonly #isFixed: boolean;
  /** `null` where results are lists. */
  #columns: readonly string[] | null | undefined;
  #hasBegun: boolean;

  /** Goes on with an output that begins with `resumed`; on stdout, that is nothing, and rows that an earlier run made may be all there is. */
  constructor(
    { columns, ...style }: TableOutput,
    resumed: Uint8Array,
    heldColumns?: readonly string[] | null,
  ) {
    this.#style = style;
    this.#isFixed = columns !== null;
    this.#hasBegun = resumed.length > 0;
    this.#columns = columns ?? (this.#hasBegun ? headerOf(resumed, style) : heldColumns);
  }

  /** Known from the first result on. */
  get rows(): RowShape | null {
    return this.#columns === undefined ? null : { columns: this.#columns, isFixed: this.#isFixed };
  }

  /** As long as rows are made here. */
  get needsOutcomes(): boolean {
    return this.#columns === undefined;
  }

  format(batch: Batch): FormattedBatch {
    return batch.hasRows ? this.#withHeader(batch) : this.#shaped(batch);
  }

  /** Workers have made the rows. What stands in front of the first one counts as its record's. */
  #withHeader(batch: Batch): FormattedBatch {
    const { output } = batch;
    if (this.#hasBegun || output.length === 0) return { batch, bytes: output };
    this.#hasBegun = true;
    if (this.#columns === null) return { batch, bytes: output };
    const header = encoder.encode(rowText(this.#columns!, this.#style));
    const first = batch.outcomes.findIndex(({ bytes }) => bytes > 0);
    const outcomes = batch.outcomes.map((outcome, at) =>
      at === first ? { ...outcome, bytes: outcome.bytes + header.length } : outcome
    );
    return { batch: { ...batch, outcomes }, bytes: joinedBytes([header, output]) };
  }

  #shaped(batch: Batch): FormattedBatch {
    const rows: Uint8Array[] = [];
    let at = 0;
    let results = 0;
    const outcomes = batch.outcomes.map((outcome): Outcome => {
      const json = batch.output.subarray(at, at + outcome.bytes);
      at += outcome.bytes;
      if (json.length === 0) return outcome;
      try {
        const bytes = encoder.encode(this.#rows(json));
        rows.push(bytes);
        results += outcome.results;
        return { ...outcome, bytes: bytes.length };
      } catch (error) {
        const { message } = error as Error;
        return { ...outcome, outcome: "error", results: 0, bytes: 0, error: { name: "TypeError", message } };
      }
    });
    return { batch: { ...batch, outcomes, results }, bytes: joinedBytes(rows) };
  }

  /** Without any result, a table whose columns were told is an empty one. */
  end(): Uint8Array {
    return this.#isFixed && !this.#hasBegun ? encoder.encode(rowText(this.#columns!, this.#style)) : new Uint8Array(0);
  }

  /** One after the other: made of each other, they could take much memory. */
  #rows(json: Uint8Array): string {
    let columns = this.#columns;
    let rows = "";
    for (const line of linesOf(json)) {
      const value = parsedResult(line);
      if (columns === undefined) columns = columnsOf(value);
      rows += rowText(cellsOf(value, { columns, isFixed: this.#isFixed }), this.#style);
    }
    const header = this.#hasBegun || columns === null || columns === undefined ? "" : rowText(columns, this.#style);
    this.#columns = columns;
    this.#hasBegun = true;
    return header + rows;
  }
}

function* linesOf(json: Uint8Array): Generator<Uint8Array> {
  for (let start = 0, end; start < json.length; start = end + 1) {
    end = json.indexOf(LINE_FEED, start);
    if (end < 0) end = json.length;
    yield json.subarray(start, end);
  }
}

function parsedResult(line: Uint8Array): unknown {
  if (hasAtMost(MOST_VALUES, line)) return parseExact(decoder.decode(line));
  throw new TypeError(`Cannot write a row: the result has more than ${MOST_VALUES} values`);
}

/** The header at the beginning of an output. */
function headerOf(bytes: Uint8Array, style: CellStyle): string[] | undefined {
  const { delimiter, isQuoted } = style;
  const dialect = { delimiter, quote: isQuoted ? '"' : null, comments: null };
  const cursor = new RowCursor(bytes, dialect);
  if (!cursor.move()) return undefined;
  const cells = splitRow(decoder.decode(bytes.subarray(cursor.start, cursor.end)), dialect);
  return cells.map((cell) => originalText(cell, style));
}

function columnsOf(first: unknown): string[] | null {
  return isRecord(first) ? Object.keys(first) : null;
}
