/** What `onEvent` is told. */
import type { TaskOutcome } from "./observer.ts";

/** What the events of a task have in common. */
export interface TaskFacts {
  /** Unique in the pool. */
  readonly taskId: number;
  /** The name of its function. */
  readonly name: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** How many items it has, if it is a chunk of a `map` or `imap`. */
  readonly items?: number;
}

/** Where something happened. */
export interface WorkerFacts {
  /** The worker's number, 0 to `workers` − 1; a replacement has the same. */
  readonly workerId: number;
  /** The operating system's id. */
  readonly pid: number;
  /** The agent that runs it, when that is not this program. */
  readonly agent?: string;
}

/** When something happened: milliseconds of `performance.now()`; with `performance.timeOrigin`, the time of day. */
export interface EventTime {
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
}

/** A task was submitted: it has exactly one `taskEnd` later. */
export interface TaskSubmitEvent extends EventTime, TaskFacts {
  /** What happened. */
  readonly type: "taskSubmit";
  /** Size of its arguments, in bytes or characters. */
  readonly byteLength: number;
}

/** A task began to run. One that only lies in a worker's pipe has not. */
export interface TaskStartEvent extends EventTime, TaskFacts, WorkerFacts {
  /** What happened. */
  readonly type: "taskStart";
  /** How long it waited until a worker had it, in milliseconds. */
  readonly waitedMs: number;
}

/** A task was given back before it began, and waits again. */
export interface TaskReturnEvent extends EventTime, TaskFacts {
  /** What happened. */
  readonly type: "taskReturn";
}

/** A task's worker died of it, and it is tried again; `attempt` is that of the new try. */
export interface RetryEvent extends EventTime, TaskFacts {
  /** What happened. */
  readonly type: "retry";
  /** Why its worker died. */
  readonly error: Error;
}

/** A task's caller has its outcome. Exactly one for each task that was submitted, whatever died. */
export interface TaskEndEvent extends EventTime, TaskFacts, Partial<WorkerFacts> {
  /** What happened. */
  readonly type: "taskEnd";
  /** Whether it gave a result. */
  readonly ok: boolean;
  /** How it ended: `"completed"`, or why not. */
  readonly outcome: TaskOutcome;
  /** From its submission until now, in milliseconds. */
  readonly totalMs: number;
  /** How long it ran, in milliseconds, as the worker measured it; missing when no worker answered. */
  readonly durationMs?: number;
  /** What it was rejected with. */
  readonly error?: unknown;
}

/** A worker was started, became ready, has got a task after it had none, or has none left. */
export interface WorkerStateEvent<S extends "spawn" | "ready" | "busy" | "idle"> extends EventTime, WorkerFacts {
  /** What happened. */
  readonly type: S;
}

/** A worker printed. */
export interface OutputEvent extends EventTime, WorkerFacts {
  /** What happened. */
  readonly type: "output";
  /** The task that printed, or 0 when that is not known. */
  readonly taskId: number;
  /** Where to. */
  readonly stream: "stdout" | "stderr";
  /** What it printed. */
  readonly bytes: Uint8Array;
}

/** A worker broke the protocol, and is ended. */
export interface ViolationEvent extends EventTime, WorkerFacts {
  /** What happened. */
  readonly type: "violation";
  /** What it did. */
  readonly error: Error;
}

/** A worker has ended. */
export interface ExitEvent extends EventTime, WorkerFacts {
  /** What happened. */
  readonly type: "exit";
  /** Its exit code, if it has one. */
  readonly exitCode: number | null;
  /** The signal that ended it, if one did. */
  readonly signal: string | null;
  /** Whether the pool asked it to leave, or ended it. */
  readonly expected: boolean;
}

/** The place where the workers are was reached, or lost. Never told of workers on this machine. */
export interface ConnectionEvent extends EventTime {
  /** What happened. */
  readonly type: "connection";
  /** Whether it was reached. */
  readonly up: boolean;
  /** Why it was lost. */
  readonly error?: Error;
}

/** What happened in a pool. */
export type PoolEvent =
  | TaskSubmitEvent
  | TaskStartEvent
  | TaskReturnEvent
  | TaskEndEvent
  | RetryEvent
  | WorkerStateEvent<"spawn">
  | WorkerStateEvent<"ready">
  | WorkerStateEvent<"busy">
  | WorkerStateEvent<"idle">
  | OutputEvent
  | ViolationEvent
  | ExitEvent
  | ConnectionEvent;
