const MAX_HELD_BYTES = 64 * 1024;
/** What a printer that holds nothing keeps. */
const KEPT_BYTES = 4 * 1024;
const NEWLINE = 10;
const EMPTY = new Uint8Array(0);

/**
 * Hands on the bytes of one source in whole lines, so that sources never mix within a line. For programs whose pool has
 * `output: "events"`, and that print what workers write themselves.
 *
 * A line of more than 64 KiB is handed on in pieces, none of which ends within a character of UTF-8.
 *
 * @example A line that comes in two parts
 * ```ts
 * import { LinePrinter } from "@corral/multiprocessing/progress/parts";
 *
 * const printer = new LinePrinter((bytes) => Deno.stderr.writeSync(bytes));
 * printer.print(new TextEncoder().encode("one\ntw"));
 * printer.print(new TextEncoder().encode("o\n"));
 * printer.flush();
 * ```
 */
export class LinePrinter {
  readonly #write: (bytes: Uint8Array) => void;
  /** The beginning of a line. It grows in steps: a worker may print byte by byte. */
  #held: Uint8Array = EMPTY;
  #heldBytes = 0;

  /**
   * Holds nothing yet.
   *
   * @param write Gets bytes that end in a line break, except for what is flushed. It must use or copy them before it returns.
   */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /**
   * Prints all whole lines, and holds the rest back.
   *
   * @param bytes The next bytes of the source. They are not changed, and not kept.
   */
  print(bytes: Uint8Array): void {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > 0 && this.#heldBytes === 0) this.#write(bytes.subarray(0, end));
    else if (end > 0) {
      this.#hold(bytes.subarray(0, end));
      this.flush();
    }
    const rest = bytes.subarray(end);
    if (this.#heldBytes + rest.length < MAX_HELD_BYTES) this.#hold(rest);
    else this.#printPiece(rest);
  }

  /** Prints what is held of a line, and more of it. */
  #printPiece(bytes: Uint8Array): void {
    const { missing } = lastCharacter(this.#held.subarray(0, this.#heldBytes));
    this.#hold(bytes.subarray(0, missing));
    this.flush();
    // Not copied: of output without line breaks, all would be.
    const rest = bytes.subarray(missing);
    const end = rest.length - lastCharacter(rest).begun;
    if (end > 0) this.#write(rest.subarray(0, end));
    this.#hold(rest.subarray(end));
  }

  /** Prints what was held back. */
  flush(): void {
    if (this.#heldBytes === 0) return;
    const held = this.#held;
    const line = held.subarray(0, this.#heldBytes);
    this.#heldBytes = 0;
    this.#held = EMPTY;
    this.#write(line);
    if (held.length <= KEPT_BYTES) this.#held = held;
  }

  #hold(bytes: Uint8Array): void {
    const length = this.#heldBytes + bytes.length;
    if (length > this.#held.length) {
      const grown = new Uint8Array(Math.max(length, this.#held.length * 2));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = length;
  }
}

/** How many bytes at the end begin a character of UTF-8, and how many that lacks. bytes that are not UTF-8 seem to begin none, or one. */
function lastCharacter(bytes: Uint8Array): { readonly begun: number; readonly missing: number } {
  for (let begun = 1; begun <= Math.min(3, bytes.length); begun++) {
    const byte = bytes[bytes.length - begun]!;
    if ((byte & 0xc0) === 0x80) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    if (size > begun) return { begun, missing: size - begun };
    break;
  }
  return { begun: 0, missing: 0 };
}
