/**
 * How durations are distributed, in memory that does not grow with their number. The library's own is not part of its interface; this one
 * gives any quantile, and bars to draw.
 */

/** A bar of a histogram. */
export interface DurationBar {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

const STEPS_PER_OCTAVE = 16;
const STEPS_PER_BAR = 4;
/** The finest difference that is told: shorter durations count as this. */
const LEAST_MS = 0.001;

/** Counts durations in steps of about 4 %, which is how exact the quantiles are. */
export class DurationHistogram {
  readonly #counts = new Map<number, number>();
  count = 0;
  sumMs = 0;
  minMs = Infinity;
  maxMs = 0;

  add(ms: number): void {
    const step = Math.floor(Math.log2(Math.max(ms, LEAST_MS) / LEAST_MS) * STEPS_PER_OCTAVE);
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + 1);
    this.count++;
    this.sumMs += ms;
    this.minMs = Math.min(this.minMs, ms);
    this.maxMs = Math.max(this.maxMs, ms);
  }

  /** The duration that a share of all does not exceed. */
  quantile(share: number): number {
    let left = share * this.count;
    for (const [step, count] of this.#sorted()) {
      left -= count;
      if (left <= 0) return Math.min(this.maxMs, Math.max(this.minMs, fromStep(step + 0.5)));
    }
    return this.maxMs;
  }

  bars(): DurationBar[] {
    const bars = new Map<number, number>();
    for (const [step, count] of this.#sorted()) {
      const bar = Math.floor(step / STEPS_PER_BAR);
      bars.set(bar, (bars.get(bar) ?? 0) + count);
    }
    return [...bars].map(([bar, count]) => (
      { fromMs: fromStep(bar * STEPS_PER_BAR), toMs: fromStep((bar + 1) * STEPS_PER_BAR), count }
    ));
  }

  #sorted(): [number, number][] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }
}

function fromStep(step: number): number {
  return LEAST_MS * 2 ** (step / STEPS_PER_OCTAVE);
}
