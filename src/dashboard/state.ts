/** What the live page shows: plain data, sent to the browser as JSON. */

/** One worker, as the page shows it. */
export interface WorkerView {
  readonly workerId: number;
  readonly pid: number;
  /** The agent that runs it, when that is not this program. */
  readonly agent?: string;
  readonly state: string;
  /** The function it runs, and since when, in milliseconds since 1970; of several, the one that it has run for the longest. */
  readonly task: { readonly name: string; readonly since: number } | null;
  readonly tasksDone: number;
  /** How many processes had this number before. */
  readonly restarts: number;
  /** Resident memory and share of one processor; `null` where the program may not look. */
  readonly memoryMiB: number | null;
  readonly cpuPercent: number | null;
  /** The end of what it printed. */
  readonly output: string;
}

/** Failures that look alike. */
export interface FailureView {
  /** Class of the error. */
  readonly name: string;
  /** Its message, with numbers and quoted parts left out. */
  readonly shape: string;
  /** One of the messages, whole. */
  readonly example: string;
  readonly count: number;
  readonly lastAt: number;
}

/** One step of a time series: what happened from `at` until the next. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of tasks, or of items. */
  readonly completed: number;
  readonly failed: number;
  /** At the end of the step. */
  readonly waiting: number;
  readonly running: number;
  /** How long tasks ran that ended in the step. */
  readonly runP50Ms: number;
  readonly runP95Ms: number;
}

/** Counts since the pool was made. */
export interface Totals {
  readonly submitted: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly retried: number;
  readonly waiting: number;
  readonly running: number;
  readonly workersStarted: number;
  readonly workersLost: number;
}

/** Counts of items, where the program counts those in its tasks. */
export interface ItemTotals {
  readonly completed: number;
  readonly failed: number;
}

/** All that changes, sent once a second. */
export interface PageState {
  readonly now: number;
  readonly paused: boolean;
  readonly workersWanted: number;
  readonly items: ItemTotals | null;
  readonly totals: Totals;
  readonly workers: readonly WorkerView[];
  readonly failures: readonly FailureView[];
  /** For each resolution, the steps that have ended since the last message. */
  readonly samples: readonly (readonly Sample[])[];
}

/** What is sent once, when a page connects. */
export interface PageStart {
  readonly name: string;
  readonly startedAt: number;
  readonly control: boolean;
  /** What items are called, where the program counts them: then failures and what is completed in a step are theirs. */
  readonly items: string | null;
  /** What workers may do, one line each. */
  readonly grants: readonly string[];
  /** Step and length of each resolution. */
  readonly resolutions: readonly { readonly stepMs: number; readonly steps: number }[];
  /** All steps that are kept. */
  readonly samples: readonly (readonly Sample[])[];
  /** What is true now. */
  readonly state: PageState;
}
