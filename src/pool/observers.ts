import { monotonicMs } from "../timer.ts";
import type { SpanReport } from "../wire/span_report.ts";
import type { WorkerEnd, WorkerIdentity, WorkerListener } from "./backend.ts";
import { reportCallbackError } from "./callback_errors.ts";
import {
  nameOf,
  type ObservedJob,
  type ObservedTask,
  type PlannedTask,
  type PoolObserver,
  type TaskPhase,
} from "./observer.ts";

type Told = Exclude<keyof PoolObserver, "measures" | "context">;

type Listeners = { [K in Told]: NonNullable<PoolObserver[K]>[] };

/** The observers of one pool. What nobody listens to costs an empty loop. */
export class Observers implements WorkerListener {
  readonly #observers = new Set<PoolObserver>();
  #listeners: Listeners = listenersOf([]);
  #contexts: NonNullable<PoolObserver["context"]>[] = [];
  #measures = false;

  /** Adds an observer. Returns what takes it away. */
  add(observer: PoolObserver): () => void {
    this.#observers.add(observer);
    this.#sort();
    return () => {
      if (this.#observers.delete(observer)) this.#sort();
    };
  }

  /** Whether there is more than the pool's own count. */
  get isWatched(): boolean {
    return this.#observers.size > 1;
  }

  /** The trace context for a task that is about to be submitted; "" when it is only to be measured, `undefined` when nobody asks. */
  contextOf(name: string, items: number | undefined, job: ObservedJob | undefined): string | undefined {
    if (this.#contexts.length > 0) {
      const task: PlannedTask = { name: nameOf({ name }), items, job };
      for (const context of this.#contexts) {
        const trace = context(task);
        if (trace !== undefined) return trace;
      }
    }
    return this.#measures ? "" : undefined;
  }

  submitted(task: ObservedTask): void {
    for (const told of this.#listeners.submitted) told(task);
  }

  sent(task: ObservedTask): void {
    for (const told of this.#listeners.sent) told(task);
  }

  begun(task: ObservedTask): void {
    for (const told of this.#listeners.begun) told(task);
  }

  returned(task: ObservedTask): void {
    for (const told of this.#listeners.returned) told(task);
  }

  retried(task: ObservedTask, error: Error): void {
    for (const told of this.#listeners.retried) told(task, error);
  }

  progress(task: ObservedTask, value: unknown): void {
    for (const told of this.#listeners.progress) told(task, value);
  }

  span(task: ObservedTask, report: SpanReport): void {
    for (const told of this.#listeners.span) told(task, report);
  }

  jobBegun(job: ObservedJob): void {
    for (const told of this.#listeners.jobBegun) told(job);
  }

  jobEnded(job: ObservedJob, error: unknown): void {
    for (const told of this.#listeners.jobEnded) told(job, error);
  }

  settled(task: ObservedTask, before: TaskPhase): void {
    for (const told of this.#listeners.settled) told(task, before);
  }

  spawned(worker: WorkerIdentity, at: number): void {
    for (const told of this.#listeners.workerSpawned) told(worker, at);
  }

  ready(worker: WorkerIdentity, at: number): void {
    for (const told of this.#listeners.workerReady) told(worker, at);
  }

  busy(worker: WorkerIdentity, at: number): void {
    for (const told of this.#listeners.workerBusy) told(worker, at);
  }

  idle(worker: WorkerIdentity, at: number): void {
    for (const told of this.#listeners.workerIdle) told(worker, at);
  }

  ran(msPerTask: number, tasks: number): void {
    for (const told of this.#listeners.workerRan) told(msPerTask, tasks);
  }

  output(worker: WorkerIdentity, taskId: number, stream: "stdout" | "stderr", bytes: Uint8Array): void {
    for (const told of this.#listeners.workerOutput) told(worker, taskId, stream, bytes);
  }

  violation(worker: WorkerIdentity, error: Error): void {
    const at = monotonicMs();
    for (const told of this.#listeners.workerViolation) told(worker, error, at);
  }

  ended(worker: WorkerIdentity, end: WorkerEnd, at: number): void {
    for (const told of this.#listeners.workerEnded) told(worker, end, at);
  }

  connection(up: boolean, error?: Error): void {
    const at = monotonicMs();
    for (const told of this.#listeners.connection) told(up, error, at);
  }

  #sort(): void {
    const all = [...this.#observers];
    this.#listeners = listenersOf(all);
    this.#contexts = all.flatMap((observer) =>
      observer.context === undefined
        ? []
        : [guarded(observer.context.bind(observer)) as NonNullable<PoolObserver["context"]>]
    );
    this.#measures = all.some(({ measures, begun }) => measures ?? begun !== undefined);
  }
}

function listenersOf(observers: readonly PoolObserver[]): Listeners {
  const of = <K extends Told>(name: K): Listeners[K] =>
    observers.flatMap((observer) => {
      const listener = observer[name] as ((...args: unknown[]) => void) | undefined;
      return listener === undefined ? [] : [guarded(listener.bind(observer))];
    }) as Listeners[K];
  return {
    submitted: of("submitted"),
    sent: of("sent"),
    begun: of("begun"),
    returned: of("returned"),
    retried: of("retried"),
    progress: of("progress"),
    span: of("span"),
    jobBegun: of("jobBegun"),
    jobEnded: of("jobEnded"),
    settled: of("settled"),
    workerSpawned: of("workerSpawned"),
    workerReady: of("workerReady"),
    workerBusy: of("workerBusy"),
    workerIdle: of("workerIdle"),
    workerRan: of("workerRan"),
    workerOutput: of("workerOutput"),
    workerViolation: of("workerViolation"),
    workerEnded: of("workerEnded"),
    connection: of("connection"),
  };
}

/** The observer's fault must not become a task's. Four parameters are the most that there are: gathering them would cost more than the call. */
function guarded<A, B, C, D, R>(call: (a: A, b: B, c: C, d: D) => R): (a: A, b: B, c: C, d: D) => R | undefined {
  return (a, b, c, d) => {
    try {
      return call(a, b, c, d);
    } catch (error) {
      reportCallbackError("an observer", error);
    }
  };
}
