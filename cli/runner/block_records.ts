import { recordTexts } from "./block_text.ts";
import { mayLoseDigits, parseExact } from "./exact_json.ts";
import type { RunnerSettings } from "./protocol.ts";
import { RowCursor, type TableDialect } from "./tables/row_cursor.ts";
import { RowReader } from "./tables/table_row.ts";

/** The records of a block, one after the other. */
export interface BlockRecords {
  /** Moves to the next record; `false` at the end. */
  next(): boolean;
  /** What the function gets. Throws an Error whose message says why it is not a record. */
  value(): unknown;
}

/** Reads the records of a block as the settings say; `columns` are those of a table. */
export function blockRecords(
  bytes: Uint8Array,
  settings: RunnerSettings,
  columns: readonly string[] | null,
): BlockRecords {
  const { input, delimiter, table } = settings;
  if (input === "table") {
    return new TableRecords(bytes, table!.dialect, new RowReader(table!), columns);
  }
  const texts = recordTexts(bytes, delimiter, input === "json");
  const textOf = (): string => {
    if (texts.text === undefined) throw notUtf8();
    return texts.text;
  };
  if (input === "json") {
    const parse = texts.whole === undefined || mayLoseDigits(texts.whole)
      ? parseExact
      : (text: string) => JSON.parse(text);
    return { next: () => texts.next(), value: () => jsonValue(textOf(), parse) };
  }
  return { next: () => texts.next(), value: () => withoutReturn(textOf(), delimiter) };
}

function jsonValue(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`the record is not JSON: ${(error as Error).message}`);
  }
}

function withoutReturn(text: string, delimiter: "\n" | "\0"): string {
  return delimiter === "\n" && text.endsWith("\r") ? text.slice(0, -1) : text;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Rows of a table. Of text that is all ASCII, a place in the bytes is one in the text. */
class TableRecords implements BlockRecords {
  readonly #bytes: Uint8Array;
  readonly #cursor: RowCursor;
  readonly #reader: RowReader;
  readonly #columns: readonly string[] | null;
  readonly #ascii: string | undefined;

  constructor(bytes: Uint8Array, dialect: TableDialect, reader: RowReader, columns: readonly string[] | null) {
    this.#bytes = bytes;
    this.#cursor = new RowCursor(bytes, dialect);
    this.#reader = reader;
    this.#columns = columns;
    this.#ascii = asciiText(bytes);
  }

  next(): boolean {
    return this.#cursor.move();
  }

  value(): unknown {
    const { start, end } = this.#cursor;
    return this.#reader.read(this.#ascii?.slice(start, end) ?? this.#decoded(start, end), this.#columns);
  }

  #decoded(start: number, end: number): string {
    const row = this.#bytes.subarray(start, end);
    try {
      return strict.decode(row);
    } catch {
      throw notUtf8();
    }
  }
}

function asciiText(bytes: Uint8Array): string | undefined {
  try {
    const text = strict.decode(bytes);
    return text.length === bytes.length ? text : undefined;
  } catch {
    return undefined;
  }
}

function notUtf8(): Error {
  return new Error("the record is not UTF-8, wanted --encoding NAME, such as latin1");
}
