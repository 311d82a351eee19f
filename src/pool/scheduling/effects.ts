/** What the scheduler needs from the world around it, and what it tells it. */
import type { LeaseTimes } from "./lease_clock.ts";

/** The scheduler's view of a worker. Tests put scripted fakes behind it. */
export interface SchedulerWorker<T> {
  /**
   * Takes tasks that are to leave with the next `flush()`, and be worked in this order. `repliesRead` is `undefined` when the worker may
   * start them whenever it likes; for tasks that are sent ahead of unanswered ones, how many replies of it had been read.
   */
  run(tasks: readonly T[], repliesRead: number | undefined): void;
  /** Lets leave what `run()` took. */
  flush(): void;
  /** Tells the worker that the task is not wanted any more. */
  abort(task: T, reason: unknown): void;
  /** Lets an idle worker leave. */
  stop(): void;
  /** Ends the worker, whatever it does. */
  terminate(): void;
  /** Whether it keeps the program alive. */
  setReferenced(referenced: boolean): void;
}

/** Why a task has no result; see `FailureKind` in `backend.ts`. The task's own errors do not pass through here. */
export type RejectionKind = "worker" | "timeout" | "cancelled";

/** What the scheduler has done. Each may call the scheduler back. */
export interface SchedulerEffects<T> {
  /** Starts a worker for a slot; its messages come back as calls of the scheduler. */
  spawn(slotIndex: number): SchedulerWorker<T>;
  /** Gives a task's caller an error. */
  reject(task: T, error: unknown, kind: RejectionKind): void;
  /** Calls back when all that lay in the pipe of a slot's worker was read and reported; with `false` when that cannot be told. */
  fence(done: (held: boolean, now: number) => void, slotIndex: number): void;
  /** All workers have ended after `close()` or `terminate()`. */
  finished(): void;
}

/** What the scheduler tells, for those who keep count. Each may call the scheduler back. */
export interface SchedulerListener<T> {
  /** A task was handed to the worker of a slot. */
  sent(task: T, slotIndex: number, now: number): void;
  /** A task waits again: its worker gave it back, or died before it began it. */
  returned(task: T, now: number): void;
  /** A task is tried again, because its worker died of it. */
  retried(task: T, error: Error, now: number): void;
  /** A worker answered tasks that took this long each. */
  ran(msPerTask: number, tasks: number): void;
  /** A worker became ready. */
  becameReady(slotIndex: number, now: number): void;
  /** A worker has got something to do, after it had nothing. */
  becameBusy(slotIndex: number, now: number): void;
  /** A worker has nothing to do any more. */
  becameIdle(slotIndex: number, now: number): void;
  /** A worker cannot start, and it is of no use to try again now. */
  startFailed(error: Error): void;
}

/** The scheduler's settings; times in milliseconds. */
export interface SchedulerOptions {
  readonly workers: number;
  /** How many tasks a worker may have in progress at once. */
  readonly concurrency: number;
  readonly maxTasksPerChild: number;
  readonly idleTimeoutMs: number;
  /** Between the abort of a running task and the end of its worker. */
  readonly abortGraceMs: number;
  /** Whether one worker's death ends the pool. */
  readonly breakOnExit: boolean;
  /** How long what is sent ahead belongs to a silent worker. */
  readonly lease: LeaseTimes;
}
