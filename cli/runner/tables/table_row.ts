import type { TableDialect } from "./row_cursor.ts";

/** Why a row of a table is not a record. */
class RowFault extends Error {
  /** Always the class's own name. */
  override name = "RowFault";
}

/** The fields of one row, as text. Throws RowFault. */
export function splitRow(text: string, { delimiter, quote }: TableDialect): string[] {
  if (quote === null || !text.includes(quote)) return text.split(delimiter);
  const fields: string[] = [];
  for (let at = 0;;) {
    if (text[at] !== quote) {
      const end = text.indexOf(delimiter, at);
      if (end < 0) return [...fields, text.slice(at)];
      fields.push(text.slice(at, end));
      at = end + 1;
      continue;
    }
    const end = closingQuote(text, at + 1, quote);
    const field = text.slice(at + 1, end);
    fields.push(field.includes(quote) ? field.replaceAll(quote + quote, quote) : field);
    // Blanks behind a closing quote are nobody's, unless one is the delimiter.
    for (at = end + 1; text[at] === " " && delimiter !== " ";) at++;
    if (at >= text.length) return fields;
    if (text[at] !== delimiter) {
      throw new RowFault(`the row is not CSV: there is text behind the closing quote of column ${fields.length}`);
    }
    at++;
  }
}

function closingQuote(text: string, at: number, quote: string): number {
  for (;;) {
    const end = text.indexOf(quote, at);
    if (end < 0) throw new RowFault("the row is not CSV: a quote is never closed");
    if (text[end + 1] !== quote) return end;
    at = end + 2;
  }
}

/** How the rows of a table are read. */
export interface TableSettings {
  readonly dialect: TableDialect;
  /** Whether fields that look like numbers and the like become them. */
  readonly infers: boolean;
  /** Whether the first row of the table names the columns. */
  readonly hasHeader: boolean;
}

/** Makes the record of a row: an object by the columns' names, or an array where they have none. */
export class RowReader {
  readonly #dialect: TableDialect;
  readonly #infers: boolean;
  readonly #hasHeader: boolean;

  constructor({ dialect, infers, hasHeader }: TableSettings) {
    this.#dialect = dialect;
    this.#infers = infers;
    this.#hasHeader = hasHeader;
  }

  /** Throws RowFault. */
  read(text: string, columns: readonly string[] | null): unknown {
    const fields: unknown[] = splitRow(text, this.#dialect);
    if (this.#infers) { for (let at = 0; at < fields.length; at++) fields[at] = inferredValue(fields[at] as string); }
    if (columns === null) return fields;
    if (fields.length !== columns.length) {
      const names = this.#hasHeader ? "the header" : "--columns";
      const count = fields.length === 1 ? "1 field" : `${fields.length} fields`;
      throw new RowFault(`the row has ${count}, ${names} has ${columns.length}`);
    }
    const record: Record<string, unknown> = {};
    for (let at = 0; at < columns.length; at++) {
      const name = columns[at]!;
      if (name === "__proto__") setOwn(record, name, fields[at]);
      else record[name] = fields[at];
    }
    return record;
  }
}

function setOwn(record: object, name: string, value: unknown): void {
  Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const WORDS: Readonly<Record<string, unknown>> = { "": null, true: true, TRUE: true, false: false, FALSE: false };

/** What a field means. One that a number would change stays text: a postcode with a zero in front, an id beyond 2 ** 53. */
function inferredValue(text: string): unknown {
  if (Object.hasOwn(WORDS, text)) return WORDS[text];
  if (!NUMBER.test(text)) return text;
  const number = Number(text);
  const isWhole = /^-?\d+$/.test(text);
  return Number.isFinite(number) && (!isWhole || Number.isSafeInteger(number)) ? number : text;
}
