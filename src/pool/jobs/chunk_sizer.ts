import type { ChunkGoal } from "../backend.ts";

/**
 * A chunk of less than this share of the goal is hardly worth its message, even where the rest could be shared more evenly: 0.1 of 0.8 ms
 * locally.
 */
const LEAST_SHARE = 1 / 8;

/** The first measurements are of cold code, up to ten times slower than the rest: growing by more would overshoot, growing by less takes too long. */
const MAX_GROWTH = 8;

/** The first chunk of each worker: enough to measure by, and not much lost if an item takes a second. */
const FIRST_SIZE = 4;

/** More items than this in one array are slow to gather, whatever they cost. */
const MAX_SIZE = 65_536;

/** So many chunks are left for each worker near the end, so that none is alone with a long one. */
const CHUNKS_LEFT_PER_WORKER = 2;

/** Chooses how many items travel together: enough to hide the cost of a message, few enough to share the rest evenly. */
export class ChunkSizer {
  readonly #goal: ChunkGoal;
  readonly #workers: () => number;
  #size = FIRST_SIZE;
  #msPerItem: number | undefined;

  /** `workers` tells how many share the work; that may change. */
  constructor(goal: ChunkGoal, workers: () => number) {
    this.#goal = goal;
    this.#workers = workers;
  }

  /** The size of the next chunk, when `remaining` items are left; `Infinity` when that is not known. */
  next(remaining: number): number {
    const share = Math.ceil(remaining / (this.#workers() * CHUNKS_LEFT_PER_WORKER));
    const least = this.#itemsIn(this.#goal.ms * LEAST_SHARE);
    return Math.max(1, Math.min(this.#size, remaining, Math.max(share, least)));
  }

  /** Learns what a chunk cost to run, and how large its items were. */
  learn(items: number, durationMs: number, byteLength: number): void {
    if (items === 0) return;
    const measured = durationMs / items;
    this.#msPerItem = this.#msPerItem === undefined ? measured : (this.#msPerItem + measured) / 2;
    const fitting = Math.floor(this.#goal.bytes * items / byteLength);
    this.#size = Math.max(1, Math.min(this.#itemsIn(this.#goal.ms), fitting, items * MAX_GROWTH));
  }

  /** How many items take so long; 0 as long as that is not known. */
  #itemsIn(ms: number): number {
    if (this.#msPerItem === undefined) return 0;
    return this.#msPerItem === 0 ? MAX_SIZE : Math.min(MAX_SIZE, Math.floor(ms / this.#msPerItem));
  }
}
