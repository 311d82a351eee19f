import { DurationHistogram } from "@corral/multiprocessing/progress/parts";
import type { TimeLimit } from "../options/cli_map_options.ts";

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
    if (this.#durations.count < MIN_SUCCESSES) return null;
    return Math.max(MIN_RELATIVE_MS, this.#durations.quantile(0.5) * this.#limit.percent / 100);
  }

  /** Learns how long a record took that succeeded. */
  learn(durationMs: number): void {
    if (this.isRelative) this.#durations.record(durationMs);
  }
}
