const TARGET_MS = 0.8;
/** A chunk that takes less is hardly worth its message, even where the rest could be shared more evenly. */
const LEAST_MS = 0.1;
const MAX_GROWTH = 8;
const FIRST_SIZE = 4;
const MAX_SIZE = 65_536;
const MAX_BYTES = 1024 * 1024;
const CHUNKS_LEFT_PER_WORKER = 2;

/** Chooses how many items travel together: enough to hide the cost of a message, few enough to share the rest evenly. */
export class ChunkSizer {
  readonly #workers: number;
  #size: number;
  #msPerItem: number | undefined;

  constructor(workers: number) {
    this.#workers = workers;
    this.#size = FIRST_SIZE;
  }

  /** The size of the next chunk, when `remaining` items are left; `Infinity` when that is not known. */
  next(remaining: number): number {
    const share = Math.ceil(remaining / (this.#workers * CHUNKS_LEFT_PER_WORKER));
    return Math.max(1, Math.min(this.#size, remaining, Math.max(share, this.#itemsIn(LEAST_MS))));
  }

  /** Learns what a chunk cost to run, and how large its items were. */
  learn(items: number, durationMs: number, byteLength: number): void {
    if (items === 0) return;
    const measured = durationMs / items;
    this.#msPerItem = this.#msPerItem === undefined ? measured : (this.#msPerItem + measured) / 2;
    const fitting = Math.floor(MAX_BYTES * items / byteLength);
    this.#size = Math.max(1, Math.min(this.#itemsIn(TARGET_MS), fitting, items * MAX_GROWTH));
  }

  /** How many items take so long; 0 as long as that is not known. */
  #itemsIn(ms: number): number {
    if (this.#msPerItem === undefined) return 0;
    return this.#msPerItem === 0 ? MAX_SIZE : Math.min(MAX_SIZE, Math.floor(ms / this.#msPerItem));
  }
}
