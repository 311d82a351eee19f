/** Work that submits tasks over time: a `map` or an open iterator. */
export interface Job {
  /** Nothing more is wanted of the input: what was submitted finishes. */
  cut(): void;
  /** Nobody may take results before the pool's end: reads the input on without a bound. */
  drain(): void;
  /** Nothing more is submitted, and what no worker has begun is cancelled; what runs finishes. */
  stop(error: Error): void;
  /** Everything submitted was cancelled; no more can be. */
  abandon(error: Error): void;
}

/** The jobs of a pool that may submit more: it does not end before them. */
export class OpenJobs {
  readonly #jobs = new Set<Job>();
  readonly #onEmpty: () => void;

  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#jobs.size === 0;
  }

  /** Registers a job. */
  add(job: Job): void {
    this.#jobs.add(job);
  }

  /** The job has nothing more to submit. */
  remove(job: Job): void {
    if (this.#jobs.delete(job) && this.isEmpty) this.#onEmpty();
  }

  /** Brings all jobs to their end. */
  end(how: "cut" | "drain"): void {
    for (const job of [...this.#jobs]) job[how]();
  }

  /** Cancels what no worker has begun of all jobs. */
  stop(error: Error): void {
    for (const job of [...this.#jobs]) job.stop(error);
  }

  /** Gives all jobs up, each with an error of its own. */
  abandon(error: () => Error): void {
    for (const job of [...this.#jobs]) job.abandon(error());
    this.#jobs.clear();
  }
}
