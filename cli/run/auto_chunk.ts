import type { ReadLimits, RecordBlock } from "../records/record_block.ts";

const TARGET_MS = 50;
const MAX_GROWTH = 16;
const MAX_RECORDS = 65_536;
/** What begins together under a rate: a burst that nobody notices. */
const PACED_BLOCK_MS = 10;
const MAX_BYTES = 1024 * 1024;
/** A block must fit a message. */
const MAX_FIXED_BYTES = 64 * 1024 * 1024;
/** Of what is quicker, workers must have the next block at hand when they are done. */
const QUICK_BLOCK_MS = 100;
/** What was lost goes out again in so many parts, of which each that is lost as well goes out in parts again. */
const SUSPECT_PARTS = 8;

/** How much goes to a worker at once: so much that messages cost little, and so little that work is shared evenly. */
export class AutoChunk {
  readonly #fixed: number | undefined;
  readonly #batch: number;
  readonly #most: number;
  #records = 1;
  #msPerRecord: number | undefined;

  /** With a fixed number of records, or one that adapts to their cost; in whole batches, and no more than a rate lets begin. */
  constructor(chunk: number | "auto", batch = 1, perSecond = Infinity) {
    this.#fixed = chunk === "auto" ? undefined : chunk;
    this.#batch = batch;
    this.#most = Math.min(MAX_RECORDS, Math.max(1, Math.floor(perSecond * PACED_BLOCK_MS / 1000)));
  }

  /** The limits of the next block. */
  get limits(): ReadLimits {
    const batch = this.#batch;
    if (this.#fixed !== undefined) {
      return { records: Math.min(this.#fixed, this.#inBatches(this.#most)), bytes: MAX_FIXED_BYTES, batch };
    }
    return { records: this.#inBatches(Math.min(this.#records, this.#most)), bytes: MAX_BYTES, batch };
  }

  #inBatches(records: number): number {
    return Math.max(1, Math.floor(records / this.#batch)) * this.#batch;
  }

  /** Whether blocks are so quick that some should wait at the workers' door. */
  get isQuick(): boolean {
    return this.#msPerRecord === undefined || this.#msPerRecord * this.limits.records <= QUICK_BLOCK_MS;
  }

  /** Whether a record takes so long that announcing each one costs nothing to speak of. */
  get isSlow(): boolean {
    return this.#msPerRecord !== undefined && this.#msPerRecord > 1;
  }

  /** Learns what records cost. */
  learn(records: number, elapsedMs: number): void {
    if (records === 0) return;
    const measured = elapsedMs / records;
    this.#msPerRecord = this.#msPerRecord === undefined ? measured : (this.#msPerRecord + measured) / 2;
    const wanted = this.#msPerRecord === 0 ? MAX_RECORDS : Math.floor(TARGET_MS / this.#msPerRecord);
    this.#records = Math.max(1, Math.min(MAX_RECORDS, wanted, this.#records * MAX_GROWTH));
  }
}

/**
 * How many records of a block go out at once, at most `most`. A machine that is lost has said nothing of what it was at, nor has a worker that ends before
 * it announces the first record: parts show where the fault is, if it was one of the records. See `docs/decisions/command.md`.
 */
export function suspectPart({ suspect, count }: RecordBlock, most: number, batch: number): number {
  return suspect ? Math.min(most, Math.ceil(count / SUSPECT_PARTS / batch) * batch) : most;
}
