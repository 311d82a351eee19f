import { malformed } from "./checks.ts";

const BACKSLASH = "\\";
/** `\u` and four digits. */
const LONGEST_ESCAPE = 6;

/**
 * One long string of JSON, read piece by piece: to decode and parse 32 MiB at once would stop the program for a tenth of a second.
 *
 * What it gives is a rope of the pieces. Who first looks into it has the engine put them together.
 */
export class LongText {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #text = "";
  /** The beginning of an escape that goes on in the next piece. */
  #rest = "";

  /** Takes the next bytes of what stands between the quotes. */
  push(bytes: Uint8Array): void {
    this.#add(this.#rest + decoded(this.#decoder, bytes, true), false);
  }

  /** The string, after the last bytes. */
  end(): string {
    this.#add(this.#rest + decoded(this.#decoder, new Uint8Array(0), false), true);
    return this.#text;
  }

  #add(piece: string, isLast: boolean): void {
    const end = isLast ? piece.length : wholeEnd(piece);
    this.#rest = piece.slice(end);
    if (end > 0) this.#text += unescaped(piece.slice(0, end));
  }
}

/** Where the last escape begins that is not whole; the end, if all are. */
function wholeEnd(piece: string): number {
  const at = piece.lastIndexOf(BACKSLASH);
  if (at < 0 || at < piece.length - LONGEST_ESCAPE) return piece.length;
  let first = at;
  while (first > 0 && piece[first - 1] === BACKSLASH) first--;
  // Of an even number, each second one is escaped.
  if ((at - first) % 2 === 1) return piece.length;
  const length = piece[at + 1] === "u" ? LONGEST_ESCAPE : 2;
  return at + length <= piece.length ? piece.length : at;
}

function unescaped(piece: string): string {
  try {
    return JSON.parse(`"${piece}"`);
  } catch (cause) {
    throw malformed("a line is not JSON", cause);
  }
}

function decoded(decoder: TextDecoder, bytes: Uint8Array, isMore: boolean): string {
  try {
    return decoder.decode(bytes, { stream: isMore });
  } catch (cause) {
    throw malformed("a line is not UTF-8", cause);
  }
}
