import type { ScheduledTask, TaskPlace, TaskState } from "../../../src/pool/scheduling/scheduled_task.ts";

/** What a simulated task does. */
export interface TaskPlan {
  readonly durationMs: number;
  /** Without awaiting anything, or in a promise; "abortable" also ends when it is aborted. */
  readonly kind: "synchronous" | "asynchronous" | "abortable";
  readonly throws?: boolean;
  readonly retries?: number;
  readonly priority?: number;
  readonly key?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly byteLength?: number;
  /** The one who hears that it was rejected, or is tried again, at once cancels the tasks that no worker has, as a `map` does. */
  readonly cancelsWaiting?: boolean;
}

/** A task in the simulation; `outcomes` must get exactly one entry. */
export class SimulatedTask implements ScheduledTask {
  readonly id: number;
  readonly plan: TaskPlan;
  readonly priority: number;
  readonly key: string | undefined;
  readonly byteLength: number;
  readonly timeoutMs: number | undefined;
  /** A letter for each step, as in `LifeLog`. */
  life = "u";
  readonly outcomes: ("result" | "error" | "rejected" | "cancelled")[] = [];
  settledAt = Infinity;
  state: TaskState = "waiting";
  slot: TaskPlace<this> | undefined = undefined;
  attempt = 1;
  retriesLeft: number;
  redeliveries = 0;
  sentAt: number | undefined = undefined;
  givenUpAt: number | undefined = undefined;

  constructor(id: number, plan: TaskPlan) {
    this.id = id;
    this.plan = plan;
    this.priority = plan.priority ?? 0;
    this.key = plan.key;
    this.byteLength = plan.byteLength ?? 10;
    this.timeoutMs = plan.timeoutMs;
    this.retriesLeft = plan.retries ?? 0;
  }
}
