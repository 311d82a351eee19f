import { withoutColors } from "../colors.ts";

const TAIL_BYTES = 8 * 1024;

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
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return withoutColors(new TextDecoder().decode(all.subarray(-TAIL_BYTES)));
  }
}
