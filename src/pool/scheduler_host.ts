/** What the scheduler needs from whoever runs it. */

import type { SchedulerWorker } from "./slot.ts";

/** What the scheduler needs done. */
export interface SchedulerHost<T> {
  /** Starts a worker for a slot; its messages come back as calls of the scheduler. */
  spawn(slotIndex: number): SchedulerWorker<T>;
  /** Gives a task's caller an error. */
  reject(task: T, error: unknown): void;
  /** All workers have ended after `close()` or `terminate()`. */
  finished(): void;
  /** A task left the queue for a worker, after waiting this long. */
  waited(task: T, slotIndex: number, ms: number): void;
  /** A worker answered tasks that took this long each. */
  ran(msPerTask: number, tasks: number): void;
  /** A worker answered a task whose caller waits. */
  settled(ok: boolean): void;
  /** Calls back when all that lay in the workers' pipes was read and reported; with `false` when that cannot be told. */
  fence(done: (held: boolean, now: number) => void): void;
  /** A worker became ready. */
  becameReady(): void;
  /** A worker cannot start, and it is no use to try again now. */
  startFailed(error: Error): void;
  /** A task is tried again, because its worker died. */
  retried(task: T, error: Error): void;
}

/** The scheduler's settings; times in milliseconds. */
export interface SchedulerOptions {
  readonly workers: number;
  readonly concurrency: number;
  readonly maxTasksPerChild: number;
  readonly idleTimeoutMs: number;
  /** Between the abort of a running task and the end of its worker. */
  readonly abortGraceMs: number;
  /** Whether one worker's death ends the pool. */
  readonly breakOnExit: boolean;
}
