/** The records of a block, as texts. */
export interface RecordTexts {
  /** All records as one text, where that can be. */
  readonly whole?: string;
  /** Moves to the next record; `false` at the end. */
  next(): boolean;
  /** The record's text, or `undefined` where its bytes are not UTF-8. */
  readonly text: string | undefined;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the records of a block. Blank lines are not records where `skipBlank` says so. */
export function recordTexts(bytes: Uint8Array, delimiter: "\n" | "\0", skipBlank: boolean): RecordTexts {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return new BrokenTexts(bytes, delimiter, skipBlank);
  }
  return new WholeTexts(text, delimiter, skipBlank);
}

/** For a block that is all UTF-8: cuts up one string. */
class WholeTexts implements RecordTexts {
  text: string | undefined = "";
  readonly whole: string;
  readonly #delimiter: "\n" | "\0";
  readonly #skipBlank: boolean;
  #at = 0;

  constructor(all: string, delimiter: "\n" | "\0", skipBlank: boolean) {
    this.whole = all;
    this.#delimiter = delimiter;
    this.#skipBlank = skipBlank;
  }

  next(): boolean {
    const all = this.whole;
    while (this.#at < all.length) {
      const found = all.indexOf(this.#delimiter, this.#at);
      const end = found < 0 ? all.length : found;
      const text = all.slice(this.#at, end);
      this.#at = end + 1;
      if (this.#skipBlank && isBlank(text)) continue;
      this.text = text;
      return true;
    }
    return false;
  }
}

/** For a block with bytes that are not UTF-8: decodes record by record, so that only the bad ones fail. */
class BrokenTexts implements RecordTexts {
  text: string | undefined = "";
  readonly #bytes: Uint8Array;
  readonly #delimiter: number;
  readonly #skipBlank: boolean;
  #at = 0;

  constructor(bytes: Uint8Array, delimiter: "\n" | "\0", skipBlank: boolean) {
    this.#bytes = bytes;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#skipBlank = skipBlank;
  }

  next(): boolean {
    while (this.#at < this.#bytes.length) {
      const found = this.#bytes.indexOf(this.#delimiter, this.#at);
      const end = found < 0 ? this.#bytes.length : found;
      this.text = decoded(this.#bytes.subarray(this.#at, end));
      this.#at = end + 1;
      if (!this.#skipBlank || this.text === undefined || !isBlank(this.text)) return true;
    }
    return false;
  }
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Must agree with how the reader counts records; see `cli/input/line_records.ts`. */
function isBlank(text: string): boolean {
  return text.length === 0 || (text.charCodeAt(0) <= 32 && /^[ \t\r]*$/.test(text));
}
