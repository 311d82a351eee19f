import type { SchedulerWorker } from "./effects.ts";

/**
 * Where a task is:
 *
 * - `"waiting"`: no worker has it;
 * - `"sent"`: a worker has it, and may run it;
 * - `"settled"`: its caller has the outcome. If a worker still has it, `slot` says which one.
 */
export type TaskState = "waiting" | "sent" | "settled";

/** The place of a worker that has tasks: a slot, as its tasks see it. */
export interface TaskPlace<T> {
  readonly index: number;
  /** The worker there. */
  readonly present: { readonly head: T | undefined; readonly worker: SchedulerWorker<T> | undefined } | undefined;
}

/** A task as the scheduler sees it: what was asked for never changes, the rest is the scheduler's alone to change. */
export interface ScheduledTask {
  /** Unique in the pool. */
  readonly id: number;
  /** Higher runs first. */
  readonly priority: number;
  /** Tasks with the same key go to the same slot. */
  readonly key: string | undefined;
  /** Size of the arguments, in bytes or characters. */
  readonly byteLength: number;
  /** Counted from when a worker has the task and nothing is before it. */
  readonly timeoutMs: number | undefined;
  state: TaskState;
  /** The slot whose worker has it. */
  slot: TaskPlace<this> | undefined;
  /** 1 for the first try. */
  attempt: number;
  /** How many more workers may die of it. */
  retriesLeft: number;
  /** How often it was the first with a worker that died before it began anything. */
  redeliveries: number;
  /** When it was handed to the worker that has it, or had it last; kept only when its time is limited. */
  sentAt: number | undefined;
  /** When its caller gave it up while a worker had it: the worker's time to stop counts from then. */
  givenUpAt: number | undefined;
}
