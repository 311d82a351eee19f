/** What happened over time, in a bounded number of steps: the last minutes finely, the last days coarsely. */
import { DurationHistogram } from "../duration_histogram.ts";
import type { Sample } from "./state.ts";

/** How finely a part of the history is kept. */
export interface Resolution {
  /** Length of a step. */
  readonly stepMs: number;
  /** Steps that are kept. */
  readonly steps: number;
}

/** Five minutes by the second, an hour by ten seconds, two days by five minutes: about 1 200 steps in all, for ever. */
export const RESOLUTIONS: readonly Resolution[] = [
  { stepMs: 1000, steps: 300 },
  { stepMs: 10_000, steps: 360 },
  { stepMs: 300_000, steps: 576 },
];

/** Time series of a pool. Every event is counted once in each resolution, so that no step needs another's details. */
export class History {
  readonly #series: readonly Series[];

  constructor(startedAt: number, resolutions: readonly Resolution[] = RESOLUTIONS) {
    this.#series = resolutions.map((resolution) => new Series(resolution, startedAt));
  }

  /** Counts what has ended. */
  ended(completed: number, failed: number): void {
    for (const series of this.#series) series.ended(completed, failed);
  }

  /** Notes how long a task ran. */
  ran(ms: number): void {
    for (const series of this.#series) series.ran(ms);
  }

  /** Ends the steps that are over at `now`, and returns them, for each resolution. */
  advance(now: number, waiting: number, running: number): Sample[][] {
    return this.#series.map((series) => series.advance(now, waiting, running));
  }

  /** The steps that are kept, for each resolution. */
  samples(): Sample[][] {
    return this.#series.map((series) => [...series.samples]);
  }
}

/** The steps of one resolution. */
class Series {
  readonly samples: Sample[] = [];
  readonly #resolution: Resolution;
  #openAt: number;
  #completed = 0;
  #failed = 0;
  #durations = new DurationHistogram();
  #hasRun = false;

  constructor(resolution: Resolution, startedAt: number) {
    this.#resolution = resolution;
    this.#openAt = stepOf(startedAt, resolution);
  }

  ended(completed: number, failed: number): void {
    this.#completed += completed;
    this.#failed += failed;
  }

  ran(ms: number): void {
    this.#durations.record(ms);
    this.#hasRun = true;
  }

  advance(now: number, waiting: number, running: number): Sample[] {
    const { stepMs, steps } = this.#resolution;
    const closed: Sample[] = [];
    if (now < this.#openAt) this.#setBack(now);
    while (this.#openAt + stepMs <= now) {
      closed.push(this.#close(waiting, running));
      // The machine may have slept for a week: what would be thrown away at once is not made.
      this.#openAt = Math.max(this.#openAt + stepMs, stepOf(now, this.#resolution) - steps * stepMs);
    }
    this.samples.push(...closed);
    this.samples.splice(0, this.samples.length - steps);
    return closed;
  }

  /** The system's clock was set back. No step would end until it is again where it was, and what is kept would lie ahead. */
  #setBack(now: number): void {
    this.#openAt = stepOf(now, this.#resolution);
    while (this.samples.length > 0 && this.samples.at(-1)!.at >= this.#openAt) this.samples.pop();
  }

  #close(waiting: number, running: number): Sample {
    const { p50Ms, p95Ms } = this.#durations.summary();
    const [completed, failed] = [this.#completed, this.#failed];
    this.#completed = this.#failed = 0;
    if (this.#hasRun) this.#durations = new DurationHistogram();
    this.#hasRun = false;
    return { at: this.#openAt, completed, failed, waiting, running, runP50Ms: p50Ms, runP95Ms: p95Ms };
  }
}

/** The beginning of the step in which `at` lies. */
function stepOf(at: number, { stepMs }: Resolution): number {
  return Math.floor(at / stepMs) * stepMs;
}
