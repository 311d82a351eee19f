/** What the live page needs of a pool. */
import type { Totals } from "./state.ts";

/** A worker, as its pool knows it. */
export interface SourceWorker {
  readonly workerId: number;
  readonly pid: number;
  readonly agent?: string;
  readonly state: string;
  readonly tasksDone: number;
}

/** What may be done to a pool from its page, when `control` is set. */
export interface PoolControl {
  /** Whether new tasks wait. */
  readonly paused: boolean;
  /** Lets no task start until `resume()`. */
  pause(): void;
  /** Lets tasks start again. */
  resume(): void;
  /** How many workers the pool may have. */
  readonly size: number;
  /** Changes that. Workers that are too many leave when they are idle. */
  resize(workers: number): void;
  /** Ends a worker at once; its task fails or is tried again, as when it had died. Tells whether there was one. */
  kill(workerId: number): boolean;
}

/** A pool, as the live page sees it. */
export interface PoolSource {
  readonly name: string;
  /** What workers may do, one line each. */
  readonly grants: readonly string[];
  /** Counts since the pool was made. */
  totals(): Totals;
  /** Its workers. */
  workers(): readonly SourceWorker[];
  /** What an operator can do, if anything. */
  readonly control: PoolControl | undefined;
}
