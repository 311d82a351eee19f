import type { Batch, Outcome } from "../records/batch.ts";
import { parseExact } from "../runner/exact_json.ts";
import { joinedBytes } from "../runner/joined_bytes.ts";
import { RowCursor } from "../runner/row_cursor.ts";
import { splitRow } from "../runner/table_row.ts";
import type { FormattedBatch, ResultFormat } from "./result_format.ts";
import { type CellStyle, rowText } from "./table_cells.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How a table is written. */
export interface TableOutput extends CellStyle {
  /** The columns; those of the first result if they are not told. */
  readonly columns: readonly string[] | null;
}

/** Writes results as rows. The fields of the first result are the columns; arrays make rows without a header. */
export class CsvFormat implements ResultFormat {
  readonly needsOutcomes = true;
  readonly #style: CellStyle;
  /** Whether the user told the columns: then a result may lack some. */
  readonly #isFixed: boolean;
  #columns: readonly string[] | undefined;
  #hasBegun: boolean;

  /** Goes on with an output that begins with `resumed`. */
  constructor({ columns, ...style }: TableOutput, resumed: Uint8Array) {
    this.#style = style;
    this.#isFixed = columns !== null;
    this.#hasBegun = resumed.length > 0;
    this.#columns = columns ?? (this.#hasBegun ? headerOf(resumed, style) : undefined);
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
    return { batch: { ...batch, outcomes, results }, bytes: joinedBytes(rows) };
  }

  /** Without any result, a table whose columns were told is an empty one. */
  end(): Uint8Array {
    return this.#isFixed && !this.#hasBegun ? encoder.encode(rowText(this.#columns!, this.#style)) : new Uint8Array(0);
  }

  #rows(text: string): string {
    const values: unknown[] = text.trimEnd().split("\n").map(parseExact);
    const columns = this.#columns ?? (isRecord(values[0]) ? Object.keys(values[0]) : undefined);
    const rows = values.map((value) => this.#cells(value, columns));
    const header = !this.#hasBegun && columns !== undefined ? [columns] : [];
    const lines = [...header, ...rows].map((cells) => rowText(cells, this.#style));
    this.#columns = columns;
    this.#hasBegun = true;
    return lines.join("");
  }

  #cells(value: unknown, columns: readonly string[] | undefined): unknown[] {
    if (Array.isArray(value)) return value;
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
      const fault = this.#isFixed ? "which is not in --columns" : "which the first result had not, wanted --columns";
      throw new TypeError(`Cannot write a row: the result has the field "${extra}", ${fault}`);
    }
    return columns.map((column) => value[column]);
  }
}

/** The header at the beginning of an output. */
function headerOf(bytes: Uint8Array, { delimiter, isQuoted }: CellStyle): string[] | undefined {
  const dialect = { delimiter, quote: isQuoted ? '"' : null, comments: null };
  const cursor = new RowCursor(bytes, dialect);
  return cursor.move() ? splitRow(decoder.decode(bytes.subarray(cursor.start, cursor.end)), dialect) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
