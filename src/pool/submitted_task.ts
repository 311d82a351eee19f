import { type AbortTarget, unwatchAbort, watchAbort } from "../abort.ts";
import { BrokenPoolError } from "../errors.ts";
import { abandonHandles } from "../hub/in_flight_handle.ts";
import { monotonicMs } from "../timer.ts";
import { giveBack } from "../wire/codec/line_writer.ts";
import type { SpanReport } from "../wire/span_report.ts";
import type { ChunkResult, Completion, FailureKind, TaskHandle, TaskRequest, WorkerIdentity } from "./backend.ts";
import { runCallback } from "./callback_errors.ts";
import type { CallerStacks } from "./caller_stacks.ts";
import { nameOf, type ObservedJob, type ObservedTask, type TaskOutcome, type TaskPhase } from "./observing/observer.ts";
import type { Observers } from "./observing/observers.ts";
import type { TaskOptions } from "./types.ts";

/** Who waits for a task. Exactly one of the two is called, once. */
export interface TaskCaller {
  /** The job that submits the task, if one does. */
  readonly job?: ObservedJob;
  /** It gave a value; of a chunk, a {@linkcode ChunkResult}. */
  resolve(value: unknown, task: SubmittedTask): void;
  /** It gave none. */
  reject(error: unknown, kind: FailureKind, task: SubmittedTask): void;
}

/** What a task needs of its pool. */
export interface TaskSurroundings {
  readonly observers: Observers;
  readonly callerStacks: CallerStacks;
  /** Tells the backend that a task is not wanted any more. */
  cancel(task: SubmittedTask, reason: unknown): void;
}

/** What only observers want to know of a task. */
interface TaskDetails {
  readonly submittedAt: number;
  attempt: number;
  sentAt: number | undefined;
  begunAt: number | undefined;
  settledAt: number | undefined;
  durationMs: number | undefined;
  worker: WorkerIdentity | undefined;
  outcome: TaskOutcome | undefined;
  error: unknown;
}

/**
 * A task from its submission to its outcome, as the pool sees it: what the backend tells of it goes from here to its caller and to the observers.
 *
 * Very many of these live at once, and what they weigh is what a flood of calls costs: what only observers want to know is kept only when
 * there are any.
 */
export class SubmittedTask implements Completion, ObservedTask, AbortTarget {
  readonly request: TaskRequest;
  readonly #surroundings: TaskSurroundings;
  /** Of a call, what its promise is resolved with. */
  readonly #caller: TaskCaller | ((value: unknown) => void);
  readonly #options: Pick<TaskOptions, "signal" | "onProgress">;
  readonly #details: TaskDetails | undefined;
  /** The backend's; absent as long as the backend has not taken the task in. */
  #handle: TaskHandle | undefined = undefined;
  /** Where it is; `"new"` until it is sent for the first time. */
  #stage: TaskPhase | "new" = "new";
  waitingSince: number;

  /** Nothing happens before `begin()`. */
  constructor(
    request: TaskRequest,
    caller: TaskCaller | ((value: unknown) => void),
    surroundings: TaskSurroundings,
    options: Pick<TaskOptions, "signal" | "onProgress">,
    now: number,
  ) {
    this.request = request;
    this.#caller = caller;
    this.#surroundings = surroundings;
    this.#options = options;
    this.waitingSince = now;
    this.#details = surroundings.observers.isWatched ? detailsSince(now) : undefined;
  }

  get phase(): TaskPhase {
    return this.#stage === "new" ? "waiting" : this.#stage;
  }

  get id(): number {
    return this.#handle!.id;
  }

  get name(): string {
    return nameOf(this.request.function);
  }

  get items(): number | undefined {
    return this.request.chunk?.size;
  }

  get byteLength(): number {
    return this.request.byteLength;
  }

  get trace(): string | undefined {
    return this.request.trace;
  }

  get worker(): WorkerIdentity | undefined {
    return this.#details?.worker;
  }

  get attempt(): number {
    return this.#details?.attempt ?? 1;
  }

  get submittedAt(): number {
    return this.#details?.submittedAt ?? this.waitingSince;
  }

  get sentAt(): number | undefined {
    return this.#details?.sentAt;
  }

  get begunAt(): number | undefined {
    return this.#details?.begunAt;
  }

  get settledAt(): number | undefined {
    return this.#details?.settledAt;
  }

  get durationMs(): number | undefined {
    return this.#details?.durationMs;
  }

  get outcome(): TaskOutcome | undefined {
    return this.#details?.outcome;
  }

  get error(): unknown {
    return this.#details?.error;
  }

  /** What the backend knows it by. */
  get handle(): TaskHandle {
    return this.#handle!;
  }

  /** The backend has taken it in. */
  begin(handle: TaskHandle): void {
    this.#handle = handle;
    this.#surroundings.observers.submitted(this);
    const { signal } = this.#options;
    if (signal === undefined || this.#stage === "settled") return;
    if (signal.aborted) this.aborted(signal.reason);
    else watchAbort(signal, this);
  }

  aborted(reason: unknown): void {
    this.#surroundings.cancel(this, reason);
  }

  sent(worker: WorkerIdentity | undefined, at: number): void {
    const isFirst = this.#stage === "new";
    this.#stage = "sent";
    if (this.#details !== undefined) {
      this.#details.worker = worker;
      this.#details.sentAt = at;
    }
    this.#surroundings.observers.sent(this, at - this.waitingSince, isFirst);
  }

  begun(at: number): void {
    this.#stage = "begun";
    if (this.#details !== undefined) this.#details.begunAt = at;
    this.#surroundings.observers.begun(this);
  }

  returned(at: number): void {
    this.#stage = "waiting";
    this.waitingSince = at;
    this.#surroundings.observers.returned(this);
  }

  retried(error: Error, attempt: number, at: number): void {
    this.#stage = "waiting";
    this.waitingSince = at;
    if (this.#details !== undefined) this.#details.attempt = attempt;
    this.#surroundings.observers.retried(this, error);
  }

  progress(value: unknown): void {
    this.#surroundings.observers.progress(this, value);
    // The listener's fault must not become the worker's.
    runCallback("the onProgress callback", this.#options.onProgress, value);
  }

  span(report: SpanReport): void {
    this.#surroundings.observers.span(this, report);
  }

  released(): void {
    giveBack(this.request.payload.parts);
  }

  resolve(value: unknown, durationMs?: number): void {
    if (this.request.chunk === undefined) {
      this.#settle("completed", undefined, durationMs);
    } else {
      const result = value as ChunkResult;
      for (const [, error] of result.errors) this.#surroundings.callerStacks.add(error);
      // A chunk in which an item failed has failed, though its caller gets an outcome for each.
      const [failed] = result.errors;
      this.#settle(failed === undefined ? "completed" : "task", failed?.[1], result.durationMs);
    }
    const caller = this.#caller;
    if (typeof caller === "function") caller(value);
    else caller.resolve(value, this);
  }

  reject(error: unknown, kind: FailureKind, durationMs?: number): void {
    // The reason of an abort is the caller's own, and the end of a pool says nothing about any of the very many tasks that it rejects.
    if (kind !== "cancelled" && !(error instanceof BrokenPoolError)) this.#surroundings.callerStacks.add(error);
    this.#settle(kind, error, durationMs);
    const caller = this.#caller;
    if (typeof caller === "function") caller(this.#surroundings.callerStacks.rejection(error));
    else caller.reject(error, kind, this);
  }

  #settle(outcome: TaskOutcome, error: unknown, durationMs: number | undefined): void {
    const { signal } = this.#options;
    if (signal !== undefined) unwatchAbort(signal, this);
    const wasSent = this.#stage !== "new";
    const before = this.phase;
    this.#stage = "settled";
    // Where a worker has them, the hub sees to it.
    if (before === "waiting") abandonHandles(this.request.handles);
    if (this.#details !== undefined) {
      this.#details.settledAt = monotonicMs();
      this.#details.durationMs = durationMs;
      this.#details.outcome = outcome;
      this.#details.error = error;
    }
    this.#surroundings.observers.settled(this, outcome, before, wasSent);
  }
}

function detailsSince(submittedAt: number): TaskDetails {
  return {
    submittedAt,
    attempt: 1,
    sentAt: undefined,
    begunAt: undefined,
    settledAt: undefined,
    durationMs: undefined,
    worker: undefined,
    outcome: undefined,
    error: undefined,
  };
}
