import { monotonicMs } from "../../timer.ts";
import type { WorkerEnd, WorkerIdentity } from "../backend.ts";
import { runCallback } from "../callback_errors.ts";
import type { PoolEvent, TaskFacts } from "./events.ts";
import type { ObservedTask, PoolObserver, TaskOutcome } from "./observer.ts";

/** Tells what happens in a pool as events, one object for each. */
export class EventObserver implements PoolObserver {
  readonly #onEvent: (event: PoolEvent) => void;

  constructor(onEvent: (event: PoolEvent) => void) {
    this.#onEvent = onEvent;
  }

  submitted(task: ObservedTask): void {
    this.#tell({ type: "taskSubmit", at: task.submittedAt, ...factsOf(task), byteLength: task.byteLength });
  }

  begun(task: ObservedTask): void {
    // A task that was there before its observer is not told of.
    const { worker, sentAt, begunAt, waitingSince } = task;
    if (worker === undefined || sentAt === undefined || begunAt === undefined) return;
    const waitedMs = sentAt - waitingSince;
    this.#tell({ type: "taskStart", at: begunAt, ...factsOf(task), ...worker, waitedMs });
  }

  returned(task: ObservedTask): void {
    this.#tell({ type: "taskReturn", at: task.waitingSince, ...factsOf(task) });
  }

  retried(task: ObservedTask, error: Error): void {
    this.#tell({ type: "retry", at: task.waitingSince, ...factsOf(task), error });
  }

  settled(task: ObservedTask, outcome: TaskOutcome): void {
    const { worker, durationMs, error, settledAt, submittedAt } = task;
    const at = settledAt ?? monotonicMs();
    this.#tell({
      type: "taskEnd",
      at,
      ...factsOf(task),
      ok: outcome === "completed",
      outcome,
      totalMs: at - submittedAt,
      ...(durationMs !== undefined && { durationMs }),
      ...(outcome !== "completed" && { error }),
      ...worker,
    });
  }

  workerSpawned(worker: WorkerIdentity, at: number): void {
    this.#tell({ type: "spawn", at, ...worker });
  }

  workerReady(worker: WorkerIdentity, at: number): void {
    this.#tell({ type: "ready", at, ...worker });
  }

  workerBusy(worker: WorkerIdentity, at: number): void {
    this.#tell({ type: "busy", at, ...worker });
  }

  workerIdle(worker: WorkerIdentity, at: number): void {
    this.#tell({ type: "idle", at, ...worker });
  }

  workerOutput(
    worker: WorkerIdentity,
    taskId: number,
    stream: "stdout" | "stderr",
    bytes: Uint8Array,
  ): unknown {
    return this.#tell({ type: "output", at: monotonicMs(), ...worker, taskId, stream, bytes });
  }

  workerViolation(worker: WorkerIdentity, error: Error, at: number): void {
    this.#tell({ type: "violation", at, ...worker, error });
  }

  workerEnded(worker: WorkerIdentity, { exitCode, signal, expected }: WorkerEnd, at: number): void {
    this.#tell({ type: "exit", at, ...worker, exitCode, signal, expected });
  }

  connection(up: boolean, error: Error | undefined, at: number): void {
    this.#tell({ type: "connection", at, up, ...(error !== undefined && { error }) });
  }

  #tell(event: PoolEvent): unknown {
    return runCallback("the onEvent callback", this.#onEvent, event);
  }
}

function factsOf({ id, name, attempt, items }: ObservedTask): TaskFacts {
  return { taskId: id, name, attempt, ...(items !== undefined && { items }) };
}
