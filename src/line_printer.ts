const MAX_HELD_BYTES = 64 * 1024;
const NEWLINE = 10;

/**
 * Hands on the bytes of one source in whole lines, so that sources never mix within a line. For programs whose pool has
 * `output: "events"`, and that print what workers write themselves.
 *
 * A line of more than 64 KiB is handed on in pieces.
 *
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
  #held: Uint8Array = new Uint8Array(0);

  /** `write` gets bytes that end in a line break, but for what is flushed. */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Prints all whole lines, and holds the rest back. */
  print(bytes: Uint8Array): void {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      this.#write(joined(this.#held, bytes.subarray(0, end)));
      this.#held = bytes.slice(end);
    } else {
      this.#held = joined(this.#held, bytes);
    }
    if (this.#held.length > MAX_HELD_BYTES) this.flush();
  }

  /** Prints what was held back. */
  flush(): void {
    if (this.#held.length === 0) return;
    this.#write(this.#held);
    this.#held = new Uint8Array(0);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
