import { DurationHistogram } from "../../pool/stats.ts";
import type { TimeLimit } from "../map_options.ts";

/** A median of fewer says little. */
const MIN_SUCCESSES = 5;
/** Below that, a share of the median is noise of the machine. */
const MIN_RELATIVE_MS = 10;

/** The time that a record may take, as far as it can be known. */
export class RecordTimeLimit {
  readonly #limit: TimeLimit | undefined;
  readonly #durations = new DurationHistogram();

  constructor(limit: TimeLimit | undefined) {
    this.#limit = limit;
  }

  /** Whether it depends on how long records take. */
  get isRelative(): boolean {
    return this.#limit?.kind === "relative";
  }

  /** Whether there is one, now or later. */
  get isSet(): boolean {
    return this.#limit !== undefined;
  }

  /** In milliseconds; `null` for none yet. */
  get ms(): number | null {
    if (this.#limit === undefined) return null;
    if (this.#limit.kind === "fixed") return this.#limit.ms;
    const { count, p50Ms } = this.#durations.summary();
    return count < MIN_SUCCESSES ? null : Math.max(MIN_RELATIVE_MS, p50Ms * this.#limit.percent / 100);
  }

  /** Learns how long a record took that succeeded. */
  learn(durationMs: number): void {
    if (this.isRelative) this.#durations.record(durationMs);
  }
}
