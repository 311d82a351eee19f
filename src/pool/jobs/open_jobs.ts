import type { ObservedJob } from "../observing/observer.ts";
import type { Observers } from "../observing/observers.ts";

/**
 * How a job is brought to its end (which, and when: `docs/decisions/callers.md`):
 *
 * - `"cut"`: nothing more is wanted of the input, what was submitted finishes;
 * - `"drain"`: the results may not be taken before the pool's end, so the input is read on without a bound;
 * - `"stop"`: nothing more is submitted, and what no worker has begun is cancelled; what runs finishes;
 * - `"abandon"`: everything that was submitted is cancelled.
 */
export type JobEnding =
  | { readonly how: "cut" | "drain" }
  | { readonly how: "stop" | "abandon"; readonly error: unknown };

/** Work that submits tasks over time: a `map` or an open iterator. */
export interface Job {
  /** For observers. */
  readonly observed: ObservedJob;
  /** Brings the job to its end. Harmless when it has ended. */
  end(ending: JobEnding): void;
}

/** The jobs of a pool that may submit more: it does not end before them. */
export class OpenJobs {
  readonly #jobs = new Set<Job>();
  readonly #observers: Pick<Observers, "jobBegun" | "jobEnded">;
  readonly #onEmpty: () => void;

  constructor(observers: Pick<Observers, "jobBegun" | "jobEnded">, onEmpty: () => void) {
    this.#observers = observers;
    this.#onEmpty = onEmpty;
  }

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#jobs.size === 0;
  }

  /** Registers a job. */
  add(job: Job): void {
    this.#jobs.add(job);
    this.#observers.jobBegun(job.observed);
  }

  /** The job has nothing more to submit; `failure` has what its caller gets, if it failed. */
  remove(job: Job, failure: { readonly error: unknown } | undefined): void {
    if (!this.#jobs.delete(job)) return;
    this.#observers.jobEnded(job.observed, failure?.error, failure !== undefined);
    if (this.isEmpty) this.#onEmpty();
  }

  /** Brings all jobs to their end. */
  end(ending: JobEnding): void {
    for (const job of [...this.#jobs]) job.end(ending);
  }

  /** Gives all jobs up, each with an error of its own. */
  abandon(error: () => unknown): void {
    for (const job of [...this.#jobs]) job.end({ how: "abandon", error: error() });
    this.#jobs.clear();
  }
}
