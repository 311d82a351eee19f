import { withoutColors } from "../colors.ts";

const TAIL_BYTES = 8 * 1024;

/** Keeps the last 8 KiB of what was added. */
export class OutputTail {
  /** A ring: the oldest bytes are overwritten. */
  readonly #ring = new Uint8Array(TAIL_BYTES);
  #size = 0;

  /** Adds bytes; older ones are dropped when they are no longer needed. */
  add(bytes: Uint8Array): void {
    const last = bytes.subarray(-TAIL_BYTES);
    const at = this.#size % TAIL_BYTES;
    const first = last.subarray(0, TAIL_BYTES - at);
    this.#ring.set(first, at);
    this.#ring.set(last.subarray(first.length));
    this.#size += last.length;
  }

  /** The tail as text, without colours. */
  get text(): string {
    const at = this.#size <= TAIL_BYTES ? 0 : this.#size % TAIL_BYTES;
    const length = Math.min(this.#size, TAIL_BYTES);
    const all = new Uint8Array(length);
    all.set(this.#ring.subarray(at, length));
    all.set(this.#ring.subarray(0, at), length - at);
    return withoutColors(new TextDecoder().decode(all));
  }
}
