import type { HaltRule } from "../options/cli_map_options.ts";

/** A share means nothing before so many records have ended. */
const MIN_RECORDS_FOR_SHARE = 3;

/** Tells when a rule of `--halt` is met. */
export class HaltWatch {
  readonly #rule: HaltRule | undefined;
  readonly #total: number | undefined;
  #done = 0;
  #failed = 0;

  /** `total` is what shares of `done` count from. */
  constructor(rule: HaltRule | undefined, total: number | undefined) {
    this.#rule = rule;
    this.#total = total;
  }

  /** Counts records that ended. Returns how to stop, if the rule is met now. */
  count(done: number, failed: number): "now" | "soon" | undefined {
    this.#done += done;
    this.#failed += failed;
    return this.#rule !== undefined && this.#isMet(this.#rule) ? this.#rule.when : undefined;
  }

  #isMet({ what, limit }: HaltRule): boolean {
    const count = what === "fail" ? this.#failed : what === "success" ? this.#done - this.#failed : this.#done;
    if (limit.kind === "count") return count >= limit.count;
    const whole = what === "done" ? this.#total : this.#done;
    if (whole === undefined || this.#done < MIN_RECORDS_FOR_SHARE) return false;
    return count * 100 >= limit.percent * whole;
  }
}
