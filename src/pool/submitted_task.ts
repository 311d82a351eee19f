import { type AbortTarget, unwatchAbort, watchAbort } from "../abort.ts";
import { BrokenPoolError } from "../errors.ts";
import { monotonicMs } from "../timer.ts";
import type { SpanReport } from "../wire/span_report.ts";
import type { ChunkResult, Completion, FailureKind, TaskHandle, TaskRequest, WorkerIdentity } from "./backend.ts";
import { reportCallbackError } from "./callback_errors.ts";
import type { CallerStacks } from "./caller_stacks.ts";
import { nameOf, type ObservedJob, type ObservedTask, type TaskOutcome, type TaskPhase } from "./observer.ts";
import type { Observers } from "./observers.ts";
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

/** A task from its submission to its outcome, as the pool sees it: what the backend tells of it goes from here to its caller and to the observers. */
export class SubmittedTask implements Completion, ObservedTask, AbortTarget {
  readonly request: TaskRequest;
  readonly submittedAt: number;
  readonly #surroundings: TaskSurroundings;
  readonly #caller: TaskCaller;
  readonly #signal: AbortSignal | undefined;
  readonly #onProgress: ((value: unknown) => void) | undefined;
  /** The backend's; absent as long as the backend has not taken the task in. */
  #handle: TaskHandle | undefined;
  phase: TaskPhase = "waiting";
  attempt = 1;
  worker: WorkerIdentity | undefined;
  waitingSince: number;
  sentAt: number | undefined;
  begunAt: number | undefined;
  settledAt: number | undefined;
  durationMs: number | undefined;
  outcome: TaskOutcome | undefined;
  error: unknown;

  /** Nothing happens before `begin()`. */
  constructor(
    request: TaskRequest,
    caller: TaskCaller,
    surroundings: TaskSurroundings,
    { signal, onProgress }: Pick<TaskOptions, "signal" | "onProgress">,
    now: number,
  ) {
    this.request = request;
    this.#caller = caller;
    this.#surroundings = surroundings;
    this.#signal = signal;
    this.#onProgress = onProgress;
    this.submittedAt = this.waitingSince = now;
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

  /** What the backend knows it by. */
  get handle(): TaskHandle {
    return this.#handle!;
  }

  /** The backend has taken it in. */
  begin(handle: TaskHandle): void {
    this.#handle = handle;
    this.#surroundings.observers.submitted(this);
    if (this.#signal === undefined || this.phase === "settled") return;
    if (this.#signal.aborted) this.aborted(this.#signal.reason);
    else watchAbort(this.#signal, this);
  }

  aborted(reason: unknown): void {
    this.#surroundings.cancel(this, reason);
  }

  sent(worker: WorkerIdentity | undefined, at: number): void {
    this.phase = "sent";
    this.worker = worker;
    this.sentAt = at;
    this.#surroundings.observers.sent(this);
  }

  begun(at: number): void {
    this.phase = "begun";
    this.begunAt = at;
    this.#surroundings.observers.begun(this);
  }

  returned(at: number): void {
    this.phase = "waiting";
    this.waitingSince = at;
    this.#surroundings.observers.returned(this);
  }

  retried(error: Error, attempt: number, at: number): void {
    this.phase = "waiting";
    this.waitingSince = at;
    this.attempt = attempt;
    this.#surroundings.observers.retried(this, error);
  }

  progress(value: unknown): void {
    this.#surroundings.observers.progress(this, value);
    try {
      this.#onProgress?.(value);
    } catch (error) {
      // The listener's fault must not become the worker's.
      reportCallbackError("the onProgress callback", error);
    }
  }

  span(report: SpanReport): void {
    this.#surroundings.observers.span(this, report);
  }

  resolve(value: unknown, durationMs?: number): void {
    this.durationMs = durationMs;
    if (this.request.chunk !== undefined) {
      const { errors } = value as ChunkResult;
      this.durationMs = (value as ChunkResult).durationMs;
      for (const [, error] of errors) this.#surroundings.callerStacks.add(error);
    }
    this.#settle("completed", undefined);
    this.#caller.resolve(value, this);
  }

  reject(error: unknown, kind: FailureKind, durationMs?: number): void {
    this.durationMs = durationMs;
    // The reason of an abort is the caller's own, and the end of a pool says nothing about any of the very many tasks that it rejects.
    if (kind !== "cancelled" && !(error instanceof BrokenPoolError)) this.#surroundings.callerStacks.add(error);
    this.#settle(kind, error);
    this.#caller.reject(error, kind, this);
  }

  #settle(outcome: TaskOutcome, error: unknown): void {
    if (this.#signal !== undefined) unwatchAbort(this.#signal, this);
    const before = this.phase;
    this.phase = "settled";
    this.outcome = outcome;
    this.error = error;
    const { observers } = this.#surroundings;
    if (observers.isWatched) this.settledAt = monotonicMs();
    observers.settled(this, before);
  }
}
