import { Deque } from "../../collections/deque.ts";

/** Bytes of one write, and where they end among all that was ever appended. */
interface Stretch {
  end: number;
  bytes: number;
}

const LARGEST_STRETCH_BYTES = 64 * 1024;

/** Counts what was appended for a peer, and not written, because the peer does not read. */
export class UnreadBytes {
  readonly #stretches = new Deque<Stretch>();
  #last: Stretch | undefined;
  #bytes = 0;

  /** Counts bytes that end there, among all that was appended. */
  add(end: number, bytes: number): void {
    this.#bytes += bytes;
    // One entry for many small ones: the count is a bound, and need not be exact.
    if (this.#last !== undefined && this.#last.bytes < LARGEST_STRETCH_BYTES) {
      this.#last.end = end;
      this.#last.bytes += bytes;
    } else {
      this.#last = { end, bytes };
      this.#stretches.push(this.#last);
    }
  }

  /** No more are left than these. */
  get most(): number {
    return this.#bytes;
  }

  /** How many are left when so many bytes of all have been written. */
  after(written: number): number {
    for (let first; (first = this.#stretches.peek()) !== undefined && first.end <= written;) {
      this.#bytes -= first.bytes;
      if (this.#stretches.shift() === this.#last) this.#last = undefined;
    }
    return this.#bytes;
  }
}
