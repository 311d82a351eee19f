/** How a table is written. Delimiter and quote are one ASCII character each, so that bytes can be searched for them. */
export interface TableDialect {
  readonly delimiter: string;
  /** What fields may be quoted with; `null` where quotes are ordinary characters. */
  readonly quote: string | null;
  /** What a line begins with that is not a row; `null` if every line is one. */
  readonly comments: string | null;
}

const NEWLINE = 10;
const RETURN = 13;
const encoder = new TextEncoder();

/**
 * Goes through the rows of a table, without looking into their fields more than is needed to find their ends. The program
 * that reads a table and the workers that parse its rows both use it, so that they never disagree on where a row ends. See
 * docs/decisions/command.md.
 */
export class RowCursor {
  /** Where the present row begins. */
  start = 0;
  /** Where it ends, without its line break. */
  end = 0;
  /** The line that it begins on. */
  line: number;
  /** Where the row behind it begins. */
  next: number;
  /** The line of the row behind it. */
  nextLine: number;
  readonly #bytes: Uint8Array;
  readonly #isWhole: boolean;
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #comments: Uint8Array | undefined;
  #nextQuote = -1;
  #open: OpenRow | undefined;

  /**
   * Begins at `at`. With `isWhole` the last row need not end in a line break. `open` is what an earlier cursor knew of a
   * row that begins at `at`, and whose end was not there yet.
   */
  constructor(
    bytes: Uint8Array,
    dialect: TableDialect,
    { at = 0, line = 1, isWhole = true, open }: { at?: number; line?: number; isWhole?: boolean; open?: OpenRow } = {},
  ) {
    this.#bytes = bytes;
    this.next = at;
    this.line = this.nextLine = line;
    this.#isWhole = isWhole;
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    this.#quote = dialect.quote === null ? -1 : dialect.quote.charCodeAt(0);
    this.#comments = dialect.comments === null ? undefined : encoder.encode(dialect.comments);
    this.#open = open;
  }

  /** What is known of the row at `next`, whose end is not there. */
  get open(): OpenRow | undefined {
    return this.#open;
  }

  /** Moves to the next row that is one: not empty, and no comment. `false` if none is there to its end. */
  move(): boolean {
    const bytes = this.#bytes;
    while (this.next < bytes.length) {
      const start = this.next;
      const lineEnd = bytes.indexOf(NEWLINE, start);
      if (this.#comments !== undefined && this.#isComment(start)) {
        if (lineEnd < 0 && !this.#isWhole) return false;
        this.#passLine(lineEnd < 0 ? bytes.length : lineEnd);
        continue;
      }
      const end = this.#mayHaveQuotes(start, lineEnd) ? this.#quotedEnd(start, lineEnd) : lineEnd;
      if (end < 0 && !(this.#isWhole && !this.#open?.inQuotes)) return false;
      this.#open = undefined;
      this.start = start;
      this.line = this.nextLine;
      this.end = end < 0 ? bytes.length : end;
      if (end === lineEnd) this.#passLine(this.end);
      else this.#passLines(this.end);
      // Text that was written as such twice on Windows has two of them.
      while (this.end > start && bytes[this.end - 1] === RETURN) this.end--;
      if (this.end > start) return true;
    }
    return false;
  }

  /** Passes a line that ends at `end`. */
  #passLine(end: number): void {
    this.nextLine++;
    this.next = Math.min(this.#bytes.length, end + 1);
  }

  /** Passes a row that ends at `end`, and may have line breaks in it. */
  #passLines(end: number): void {
    const bytes = this.#bytes;
    for (let at = bytes.indexOf(NEWLINE, this.next); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1)) {
      this.nextLine++;
    }
    this.#passLine(end);
  }

  #isComment(start: number): boolean {
    return this.#comments?.every((byte, at) => this.#bytes[start + at] === byte) ?? false;
  }

  #mayHaveQuotes(start: number, lineEnd: number): boolean {
    if (this.#quote < 0) return false;
    if (this.#open !== undefined) return true;
    if (this.#nextQuote < start) this.#nextQuote = this.#quoteFrom(start);
    return this.#nextQuote < (lineEnd < 0 ? this.#bytes.length : lineEnd);
  }

  /** The end of a row with quotes, or -1: goes from quote to quote, since most bytes of a row are none. */
  #quotedEnd(start: number, firstLineEnd: number): number {
    if (this.#open !== undefined) return this.#searchedEnd(start);
    const bytes = this.#bytes;
    const size = bytes.length;
    const quote = this.#quote;
    let lineEnd = firstLineEnd;
    for (let at = this.#nextQuote; at < lineEnd;) {
      if (at === start || bytes[at - 1] === this.#delimiter) {
        // Of two quotes the first closes, and the second opens again.
        do {
          for (at++; at < size && bytes[at] !== quote;) at++;
        } while (++at < size && bytes[at] === quote);
        if (at > lineEnd) lineEnd = at > size ? -1 : bytes.indexOf(NEWLINE, at);
      } else {
        at++;
      }
      at = this.#nextQuote = this.#quoteFrom(at);
    }
    return lineEnd < 0 ? this.#searchedEnd(start) : lineEnd;
  }

  /** Where the next quote is, or the end: not `Infinity`, with which V8 would keep a place in a slower form. */
  #quoteFrom(at: number): number {
    const found = this.#bytes.indexOf(this.#quote, at);
    return found < 0 ? this.#bytes.length : found;
  }

  /** The same byte by byte, and what is known of a row whose end is not there. A quote counts only at the beginning of a field. */
  #searchedEnd(start: number): number {
    const bytes = this.#bytes;
    const quote = this.#quote;
    const delimiter = this.#delimiter;
    let { passed, inQuotes, atField } = this.#open ?? { passed: 0, inQuotes: false, atField: true };
    for (let at = start + passed; at < bytes.length; at++) {
      const byte = bytes[at];
      if (inQuotes) {
        if (byte !== quote) continue;
        // Of two quotes the first closes, and the second opens again.
        inQuotes = false;
        atField = true;
      } else if (byte === NEWLINE) {
        return at;
      } else if (byte === quote && atField) {
        inQuotes = true;
      } else {
        atField = byte === delimiter;
      }
    }
    passed = bytes.length - start;
    this.#open = { passed, inQuotes, atField };
    return -1;
  }
}

/** How far the search for the end of a row has come. */
export interface OpenRow {
  /** Bytes of the row that were passed. */
  readonly passed: number;
  readonly inQuotes: boolean;
  readonly atField: boolean;
}
