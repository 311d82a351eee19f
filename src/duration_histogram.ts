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

/** A bar of a histogram: durations that are alike. */
export interface DurationBar {
  /** Where it begins, in milliseconds. */
  readonly fromMs: number;
  /** Where it ends. */
  readonly toMs: number;
  /** How many durations lie in between. */
  readonly count: number;
}

const BUCKETS_PER_DOUBLING = 8;
const BUCKETS_PER_BAR = 2;
/** The finest difference that is told: shorter durations count as this. */
const SMALLEST_MS = 0.001;
const BUCKETS = 40 * BUCKETS_PER_DOUBLING;

/**
 * Counts durations in buckets that grow by 9 %: a quantile is within 5 % of the truth.
 *
 * @example
 * ```ts
 * import { DurationHistogram } from "@corral/multiprocessing/progress/parts";
 *
 * const histogram = new DurationHistogram();
 * for (const ms of [12, 12, 90]) histogram.record(ms);
 * console.log(histogram.summary().meanMs, Math.round(histogram.quantile(0.5))); // 38 12
 * console.log(histogram.bars().map(({ count }) => count)); // [2, 1]
 * ```
 */
export class DurationHistogram {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #sumMs = 0;
  #minMs = Infinity;
  #maxMs = 0;

  /** How many were counted. */
  get count(): number {
    return this.#count;
  }

  /** The longest. 0 when there is none. */
  get maxMs(): number {
    return this.#maxMs;
  }

  /**
   * Counts a duration.
   *
   * @param ms How long it took, in milliseconds.
   * @param times How often. @default 1
   */
  record(ms: number, times = 1): void {
    const bucket = ms <= SMALLEST_MS ? 0 : Math.floor(Math.log2(ms / SMALLEST_MS) * BUCKETS_PER_DOUBLING);
    this.#buckets[Math.min(BUCKETS - 1, bucket)]! += times;
    this.#count += times;
    this.#sumMs += ms * times;
    if (ms < this.#minMs) this.#minMs = ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /**
   * The duration that a share of all does not exceed.
   *
   * @param share From 0 to 1: 0.5 for the median.
   * @returns It, in milliseconds. 0 when there is none.
   */
  quantile(share: number): number {
    let left = share * this.#count;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#buckets[bucket]!;
      if (left <= 0) return Math.min(this.#maxMs, Math.max(this.#minMs, startOf(bucket + 0.5)));
    }
    return this.#maxMs;
  }

  /**
   * What was counted so far, in figures.
   *
   * @returns All zeros when there is nothing.
   */
  summary(): DurationStats {
    return {
      count: this.#count,
      meanMs: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      p50Ms: this.quantile(0.5),
      p95Ms: this.quantile(0.95),
      p99Ms: this.quantile(0.99),
      maxMs: this.#maxMs,
    };
  }

  /**
   * What was counted so far, to draw.
   *
   * @returns The bars that are not empty, the shortest durations first. Each is 19 % wide.
   */
  bars(): DurationBar[] {
    const bars: DurationBar[] = [];
    for (let from = 0; from < BUCKETS; from += BUCKETS_PER_BAR) {
      const to = from + BUCKETS_PER_BAR;
      const count = this.#buckets.subarray(from, to).reduce((sum, one) => sum + one, 0);
      if (count > 0) bars.push({ fromMs: startOf(from), toMs: startOf(to), count });
    }
    return bars;
  }
}

/** Where a bucket begins. */
function startOf(bucket: number): number {
  return SMALLEST_MS * 2 ** (bucket / BUCKETS_PER_DOUBLING);
}
