/** Amounts over time in a fixed number of bins, for runs whose length is not known before. */

/** Three centuries: an event file with more than that is wrong, and must not make this loop. */
const MAX_MS = 1e13;

/** Sums amounts in bins that double in width when time goes beyond the last. */
export class TimeBins {
  readonly #sums: Float64Array;
  #widthMs = 1;
  #endMs = 0;

  /** With the number of bins, which must be even. */
  constructor(bins: number) {
    this.#sums = new Float64Array(bins);
  }

  get widthMs(): number {
    return this.#widthMs;
  }

  /** The bins that are in use. */
  get sums(): Float64Array {
    return this.#sums.subarray(0, Math.ceil(this.#endMs / this.#widthMs));
  }

  /** Adds an amount at one time. */
  add(atMs: number, amount: number): void {
    const at = this.#reach(atMs);
    this.#sums[Math.min(this.#sums.length - 1, Math.floor(at / this.#widthMs))]! += amount;
  }

  /** Adds each millisecond of a span to the bin that it lies in. */
  addSpan(fromMs: number, toMs: number): void {
    const end = this.#reach(toMs);
    for (let from = Math.max(0, fromMs); from < end;) {
      const bin = Math.min(this.#sums.length - 1, Math.floor(from / this.#widthMs));
      const to = Math.min(end, (bin + 1) * this.#widthMs);
      this.#sums[bin]! += to - from;
      // Rounding may leave the end of a bin where it was.
      if (to <= from) break;
      from = to;
    }
  }

  #reach(ms: number): number {
    const at = Math.min(MAX_MS, Math.max(0, ms));
    while (at > this.#widthMs * this.#sums.length) this.#double();
    this.#endMs = Math.max(this.#endMs, at, Math.min(this.#widthMs, 1));
    return at;
  }

  #double(): void {
    const half = this.#sums.length / 2;
    for (let at = 0; at < half; at++) this.#sums[at] = this.#sums[2 * at]! + this.#sums[2 * at + 1]!;
    this.#sums.fill(0, half);
    this.#widthMs *= 2;
  }
}
