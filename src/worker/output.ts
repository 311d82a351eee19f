import { withoutColors } from "../colors.ts";

const MAX_HELD_BYTES = 64 * 1024;
const TAIL_BYTES = 8 * 1024;
const NEWLINE = 10;

/** Prints bytes of one source on one of the program's streams in whole lines, so that sources never mix within a line. */
export class LinePrinter {
  readonly #write: (bytes: Uint8Array) => void;
  #held: Uint8Array = new Uint8Array(0);

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

/** Keeps the last 8 KiB of what was added. */
export class OutputTail {
  #chunks: Uint8Array[] = [];
  #size = 0;

  /** Adds bytes; older ones are dropped when they are no longer needed. */
  add(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice(-TAIL_BYTES));
    this.#size += Math.min(bytes.length, TAIL_BYTES);
    while (this.#size - this.#chunks[0]!.length >= TAIL_BYTES) this.#size -= this.#chunks.shift()!.length;
  }

  /** The tail as text, without colours. */
  get text(): string {
    const all = this.#chunks.reduce(joined, new Uint8Array(0));
    return withoutColors(new TextDecoder().decode(all.subarray(Math.max(0, all.length - TAIL_BYTES))));
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
