/** Who is told what happens in a pool: counts, events, progress, traces and dashboards are all observers. */
import type { SpanReport } from "../../wire/span_report.ts";
import type { FailureKind, WorkerEnd, WorkerIdentity } from "../backend.ts";

/**
 * Where a task is in its life:
 *
 * - `"waiting"`: no worker has it;
 * - `"sent"`: a worker has it, perhaps behind others;
 * - `"begun"`: the worker runs it;
 * - `"settled"`: its caller has the outcome.
 */
export type TaskPhase = "waiting" | "sent" | "begun" | "settled";

/** How a task ended: with a result, or why not. */
export type TaskOutcome = "completed" | FailureKind;

/**
 * A task as its observers see it: a call, or a chunk of calls. Times are milliseconds of `performance.now()`. Of a task that was submitted
 * before the pool's first observer came, times and the worker are not known.
 */
export interface ObservedTask {
  /** Unique in the pool. */
  readonly id: number;
  /** The function's name, or "anonymous". */
  readonly name: string;
  /** How many items a chunk has; `undefined` for a single call. */
  readonly items: number | undefined;
  /** Size of the arguments, in bytes or characters. */
  readonly byteLength: number;
  /** The trace it belongs to, as a W3C `traceparent`: what an observer's `context()` gave. */
  readonly trace: string | undefined;
  /** Where it is. */
  readonly phase: TaskPhase;
  /** 1 for the first try. */
  readonly attempt: number;
  /** The worker that has it, or had it last, if one is known. */
  readonly worker: WorkerIdentity | undefined;
  /** When it was submitted. */
  readonly submittedAt: number;
  /** When it began to wait for a worker: when it was submitted, given back, or about to be tried again. */
  readonly waitingSince: number;
  /** When it was last handed to a worker. */
  readonly sentAt: number | undefined;
  /** When it last began to run. */
  readonly begunAt: number | undefined;
  /** When its caller got the outcome. */
  readonly settledAt: number | undefined;
  /** How long it ran, in milliseconds, as the worker measured it; of a chunk, all its items. */
  readonly durationMs: number | undefined;
  /** How it ended. */
  readonly outcome: TaskOutcome | undefined;
  /** What it was rejected with. */
  readonly error: unknown;
}

/** A `map` or `imap` as its observers see it: it submits chunks, each of them a task. */
export interface ObservedJob {
  /** "map" for `starmap` too, "imap" for all that gives an iterator. */
  readonly kind: "map" | "imap";
  /** The function's name, or "anonymous". */
  readonly name: string;
}

/** The part of a task that is known before it is submitted. */
export interface PlannedTask extends Pick<ObservedTask, "name" | "items"> {
  /** What submits it, if that is not the caller. */
  readonly job: ObservedJob | undefined;
}

/**
 * Is told what happens in a pool. Each method may be left out, and costs nothing then.
 *
 * The life of a task is `submitted`, then any number of `sent`, each followed by `returned`, `retried` or `begun`, the latter perhaps by
 * `retried`, and at the end `settled`, once for every task that was submitted, whatever died. `returned` and `retried` are followed
 * by `sent` or `settled`.
 *
 * Methods are called while the pool works: they must be quick. They may submit, cancel and terminate; what that brings is told when all
 * have heard of what came before. What one throws, or rejects with, is printed on stderr, and changes nothing.
 */
export interface PoolObserver {
  /** Whether `begun` and `durationMs` are wanted exactly: each task then costs one small message more. @default whether there is a `begun` */
  readonly measures?: boolean;
  /**
   * Called before a task is submitted: returns the W3C `traceparent` that it belongs to, if there is one. The first observer that
   * has one decides, and OpenTelemetry comes first. Its code continues it where workers trace: when the program had OpenTelemetry before
   * the pool was made, and on agents with `--trace`.
   */
  context?(task: PlannedTask): string | undefined;
  /** A task was submitted. */
  submitted?(task: ObservedTask): void;
  /** It was handed to a worker, where it may lie behind others, after it had waited for so long. */
  sent?(task: ObservedTask, waitedMs: number): void;
  /** It runs. */
  begun?(task: ObservedTask): void;
  /** It was not begun where it was, and waits again. */
  returned?(task: ObservedTask): void;
  /** Its worker died of it, and it waits to be tried again; `attempt` is the next one's. */
  retried?(task: ObservedTask, error: Error): void;
  /** Its code reported progress. */
  progress?(task: ObservedTask, value: unknown): void;
  /** Its code, or what that calls, has traced something: a span that has ended. Told where workers trace, see `context`. */
  span?(task: ObservedTask, report: SpanReport): void;
  /** A `map` or `imap` begins, in the code of its caller. */
  jobBegun?(job: ObservedJob): void;
  /** It submits nothing more, and all its tasks have settled; `error` is what its caller got, if it `failed`. Anything can be thrown, `undefined` too. */
  jobEnded?(job: ObservedJob, error: unknown, failed: boolean): void;
  /** Its caller has the outcome. `before` is where it was until then. */
  settled?(task: ObservedTask, outcome: TaskOutcome, before: TaskPhase): void;
  /** A worker was started. */
  workerSpawned?(worker: WorkerIdentity, at: number): void;
  /** A worker can take tasks. */
  workerReady?(worker: WorkerIdentity, at: number): void;
  /** A worker that had nothing to do has a task. */
  workerBusy?(worker: WorkerIdentity, at: number): void;
  /** A worker has nothing to do. */
  workerIdle?(worker: WorkerIdentity, at: number): void;
  /** A worker answered `tasks` tasks in one go, which took about `msPerTask` each. */
  workerRan?(msPerTask: number, tasks: number): void;
  /**
   * A worker printed; `taskId` is 0 when it is not known in which task. May return a promise, as `onEvent` may: a worker of this machine
   * prints no further than a MiB ahead of those that have settled.
   */
  workerOutput?(worker: WorkerIdentity, taskId: number, stream: "stdout" | "stderr", bytes: Uint8Array): void;
  /** A worker broke the protocol, and is ended. */
  workerViolation?(worker: WorkerIdentity, error: Error, at: number): void;
  /** A worker has ended. */
  workerEnded?(worker: WorkerIdentity, end: WorkerEnd, at: number): void;
  /** The place where the workers are was reached, or lost. */
  connection?(up: boolean, error: Error | undefined, at: number): void;
}

/** The name of a function, for people. */
export function nameOf({ name }: { readonly name: string }): string {
  return name === "" ? "anonymous" : name;
}
