/** How far some work is: what a bar shows. */

/** The rate is that of the last seconds, so that it follows a change but not every pause. */
const RATE_WINDOW_MS = 10_000;
const SAMPLE_EVERY_MS = 500;

/**
 * Counts items that are done. Times are milliseconds by any clock that only goes forward, the same for all calls.
 *
 * @example
 * ```ts
 * import { WorkCounter } from "@corral/multiprocessing/progress/parts";
 *
 * const counter = new WorkCounter(0, 100); // 100 were done in an earlier run
 * counter.count(10, 1, 2000);
 * counter.skip(0, 2000); // more that an earlier run did, if there are any
 * counter.took(105, 900);
 * console.log(counter.rateAt(2000)); // 5
 * console.log(counter.timeLeftAt(2000, 120)); // 2000
 * ```
 */
export class WorkCounter {
  /** Items that are done, failed ones too. */
  done = 0;
  /** Items that failed. */
  failed = 0;
  /** The item that took longest, when the times of items are told. */
  slowest: { readonly index: number; readonly ms: number } | undefined;
  /** When the work began. */
  readonly startedAt: number;
  /** When it ended; set it then. */
  endedAt: number | undefined;
  /** What was done before: it counts as done, and not in the rate. */
  #initial: number;
  #samples: { at: number; done: number }[];

  /**
   * Begins to count.
   *
   * @param startedAt The time now.
   * @param initial How many items were done before: they count as done, and not in the rate. @default 0
   */
  constructor(startedAt: number, initial = 0) {
    this.startedAt = startedAt;
    this.done = this.#initial = initial;
    this.#samples = [{ at: startedAt, done: initial }];
  }

  /**
   * Counts items that have ended.
   *
   * @param done How many, failed ones too.
   * @param failed How many of them failed.
   * @param at The time now.
   */
  count(done: number, failed: number, at: number): void {
    this.done += done;
    this.failed += failed;
    const samples = this.#samples;
    if (at - samples.at(-1)!.at >= SAMPLE_EVERY_MS) samples.push({ at, done: this.done });
    while (samples.length > 2 && at - samples[1]!.at >= RATE_WINDOW_MS) samples.shift();
  }

  /** How many items were done before. */
  get initial(): number {
    return this.#initial;
  }

  /**
   * Counts items that turn out to have been done before. They count as done, and do not change the rate.
   *
   * @param items How many.
   * @param at The time now.
   */
  skip(items: number, at: number): void {
    const hasWorked = this.done > this.#initial;
    this.done += items;
    this.#initial += items;
    if (hasWorked) { for (const sample of this.#samples) sample.done += items; }
    else this.#samples = [{ at, done: this.done }];
  }

  /**
   * Notes how long an item took, for `slowest`.
   *
   * @param index Its place among the items, from 0.
   * @param ms How many milliseconds it took.
   */
  took(index: number, ms: number): void {
    if (this.slowest === undefined || ms > this.slowest.ms) this.slowest = { index, ms };
  }

  /**
   * How many items are done per second.
   *
   * @param now The time now.
   * @returns The rate: of the last ten seconds or so while the work goes on, of the whole when it has ended.
   */
  rateAt(now: number): number {
    const from = this.endedAt === undefined ? this.#samples[0]! : { at: this.startedAt, done: this.#initial };
    const elapsedMs = (this.endedAt ?? now) - from.at;
    return elapsedMs <= 0 ? 0 : (this.done - from.done) / elapsedMs * 1000;
  }

  /**
   * How long the rest takes at this rate.
   *
   * @param now The time now.
   * @param total How many items there are; `undefined` when that is not known.
   * @returns Milliseconds, or `undefined` when they cannot be told.
   */
  timeLeftAt(now: number, total: number | undefined): number | undefined {
    const rate = this.rateAt(now);
    return total === undefined || rate === 0 ? undefined : Math.max(0, total - this.done) / rate * 1000;
  }
}
