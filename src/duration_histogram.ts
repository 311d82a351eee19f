/** How long things take: counted in buckets, so that many cost no more memory than few. */

/** How long something took, over all tasks so far, in milliseconds. Percentiles are within a tenth of the truth. */
export interface DurationStats {
  /** How many were measured. */
  readonly count: number;
  /** Their mean. */
  readonly meanMs: number;
  /** The median. */
  readonly p50Ms: number;
  /** 95 of 100 were shorter. */
  readonly p95Ms: number;
  /** 99 of 100 were shorter. */
  readonly p99Ms: number;
  /** The longest. */
  readonly maxMs: number;
}

const BUCKETS_PER_DOUBLING = 8;
const SMALLEST_MS = 0.001;
const BUCKETS = 40 * BUCKETS_PER_DOUBLING;

/** Counts durations in buckets that grow by 9 %. */
export class DurationHistogram {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  /** Counts a duration `times` times. */
  record(ms: number, times = 1): void {
    const bucket = ms <= SMALLEST_MS ? 0 : Math.floor(Math.log2(ms / SMALLEST_MS) * BUCKETS_PER_DOUBLING);
    this.#buckets[Math.min(BUCKETS - 1, bucket)]! += times;
    this.#count += times;
    this.#sumMs += ms * times;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** What was counted so far. */
  summary(): DurationStats {
    return {
      count: this.#count,
      meanMs: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      p50Ms: this.#percentile(0.5),
      p95Ms: this.#percentile(0.95),
      p99Ms: this.#percentile(0.99),
      maxMs: this.#maxMs,
    };
  }

  #percentile(share: number): number {
    let rest = share * this.#count;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      rest -= this.#buckets[bucket]!;
      if (rest <= 0 && this.#count > 0) {
        return Math.min(this.#maxMs, SMALLEST_MS * 2 ** ((bucket + 0.5) / BUCKETS_PER_DOUBLING));
      }
    }
    return 0;
  }
}
