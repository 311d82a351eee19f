import { monotonicMs } from "../../timer.ts";
import type { SpanReport } from "../../wire/span_report.ts";
import type { WorkerEnd, WorkerIdentity, WorkerListener } from "../backend.ts";
import { isThenable, reportCallbackError, reportRejection } from "../callback_errors.ts";
import {
  nameOf,
  type ObservedJob,
  type ObservedTask,
  type PlannedTask,
  type PoolObserver,
  type TaskOutcome,
  type TaskPhase,
} from "./observer.ts";
import type { PoolCounts } from "./stats.ts";

type Told = Exclude<keyof PoolObserver, "measures" | "context">;

/** Something that observers are told, and what it is told with. */
type Event = readonly [name: Told, details: readonly unknown[]];

type Listeners = { [K in Told]: NonNullable<PoolObserver[K]>[] };

/** Whom all that happens in a pool goes to: its own count, and its observers. As long as there are none, that is one direct call for each event. */
export class Observers implements WorkerListener {
  readonly #counts: PoolCounts;
  readonly #observers = new Set<PoolObserver>();
  #listeners: Listeners = listenersOf([]);
  #contexts: NonNullable<PoolObserver["context"]>[] = [];
  #measures = false;
  #isWatched = false;
  #isTelling = false;
  /** What those who were told of a print returned, to say when they have taken it. */
  #taking: unknown[] = [];
  /** What happened while observers were told of something else. */
  readonly #untold: Event[] = [];

  constructor(counts: PoolCounts) {
    this.#counts = counts;
  }

  /** Adds an observer. Returns what takes it away. Throws TypeError if it is none. */
  add(observer: PoolObserver): () => void {
    checkObserver(observer);
    this.#observers.add(observer);
    this.#sort();
    return () => {
      if (this.#observers.delete(observer)) this.#sort();
    };
  }

  /** Whether there are observers. */
  get isWatched(): boolean {
    return this.#isWatched;
  }

  /** The trace context for a task that is about to be submitted; "" when it is only to be measured, `undefined` when nobody asks. */
  contextOf(name: string, items: number | undefined, job: ObservedJob | undefined): string | undefined {
    if (this.#contexts.length > 0) {
      const task: PlannedTask = { name: nameOf({ name }), items, job };
      for (const context of this.#contexts) {
        const trace = context(task);
        if (isTraceparent(trace)) return trace;
      }
    }
    return this.#measures ? "" : undefined;
  }

  submitted(task: ObservedTask): void {
    this.#counts.submitted();
    if (this.#isWatched) this.#tell("submitted", task);
  }

  sent(task: ObservedTask, waitedMs: number, isFirst: boolean): void {
    this.#counts.sent(waitedMs, isFirst);
    if (this.#isWatched) this.#tell("sent", task, waitedMs);
  }

  begun(task: ObservedTask): void {
    if (this.#isWatched) this.#tell("begun", task);
  }

  returned(task: ObservedTask): void {
    this.#counts.returned();
    if (this.#isWatched) this.#tell("returned", task);
  }

  retried(task: ObservedTask, error: Error): void {
    this.#counts.retried();
    if (this.#isWatched) this.#tell("retried", task, error);
  }

  progress(task: ObservedTask, value: unknown): void {
    if (this.#isWatched) this.#tell("progress", task, value);
  }

  span(task: ObservedTask, report: SpanReport): void {
    if (this.#isWatched) this.#tell("span", task, report);
  }

  /** Told at once: the next that is asked for may be the context of its first task. */
  jobBegun(job: ObservedJob): void {
    for (const told of this.#listeners.jobBegun) told(job);
  }

  jobEnded(job: ObservedJob, error: unknown, failed: boolean): void {
    if (this.#isWatched) this.#tell("jobEnded", job, error, failed);
  }

  settled(task: ObservedTask, outcome: TaskOutcome, before: TaskPhase, wasSent: boolean): void {
    this.#counts.settled(outcome, before, wasSent);
    if (this.#isWatched) this.#tell("settled", task, outcome, before);
  }

  spawned(worker: WorkerIdentity, at: number): void {
    this.#counts.spawned();
    if (this.#isWatched) this.#tell("workerSpawned", worker, at);
  }

  ready(worker: WorkerIdentity, at: number): void {
    this.#counts.ready(worker, at);
    if (this.#isWatched) this.#tell("workerReady", worker, at);
  }

  busy(worker: WorkerIdentity, at: number): void {
    this.#counts.setBusy(worker, true, at);
    if (this.#isWatched) this.#tell("workerBusy", worker, at);
  }

  idle(worker: WorkerIdentity, at: number): void {
    this.#counts.setBusy(worker, false, at);
    if (this.#isWatched) this.#tell("workerIdle", worker, at);
  }

  ran(msPerTask: number, tasks: number): void {
    this.#counts.ran(msPerTask, tasks);
    if (this.#isWatched) this.#tell("workerRan", msPerTask, tasks);
  }

  output(
    worker: WorkerIdentity,
    taskId: number,
    stream: "stdout" | "stderr",
    bytes: Uint8Array,
  ): Promise<unknown> | undefined {
    if (!this.#isWatched) return undefined;
    const taking: unknown[] = this.#taking = [];
    this.#tell("workerOutput", worker, taskId, stream, bytes);
    return taking.length === 0 ? undefined : Promise.allSettled(taking);
  }

  violation(worker: WorkerIdentity, error: Error): void {
    const at = monotonicMs();
    if (this.#isWatched) this.#tell("workerViolation", worker, error, at);
  }

  ended(worker: WorkerIdentity, end: WorkerEnd, at: number): void {
    this.#counts.ended(worker, end, at);
    if (this.#isWatched) this.#tell("workerEnded", worker, end, at);
  }

  connection(up: boolean, error?: Error): void {
    const at = monotonicMs();
    if (this.#isWatched) this.#tell("connection", up, error, at);
  }

  /**
   * An observer may cancel and terminate. What that brings is told when all have been told of what came before: none hears of an end before
   * the beginning.
   */
  #tell<K extends Told>(name: K, ...details: Parameters<NonNullable<PoolObserver[K]>>): void {
    if (this.#isTelling) return void this.#untold.push([name, details]);
    this.#isTelling = true;
    try {
      for (let next: Event | undefined = [name, details]; next !== undefined; next = this.#untold.shift()) {
        const [event, toldWith] = next;
        for (const told of this.#listeners[event]) {
          const returned = (told as (...details: readonly unknown[]) => unknown)(...toldWith);
          if (event === "workerOutput" && isThenable(returned)) this.#taking.push(returned);
        }
      }
    } finally {
      this.#isTelling = false;
    }
  }

  #sort(): void {
    const all = [...this.#observers];
    this.#isWatched = all.length > 0;
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
      const returned = call(a, b, c, d);
      if (typeof returned === "object") reportRejection("an observer", returned);
      return returned;
    } catch (error) {
      reportCallbackError("an observer", error);
      return undefined;
    }
  };
}

/**
 * Whether an observer gave what `context()` is to give: it becomes part of a message's text, and anything else would break the worker that
 * reads it.
 */
function isTraceparent(trace: unknown): trace is string {
  return typeof trace === "string" && /^[\w-]*$/.test(trace);
}

const METHODS: readonly string[] = [...Object.keys(listenersOf([])), "context"];

/** An object of a class may have whatever its class needs; in an object that was written for the call, an unknown name is a slip. */
function checkObserver(observer: PoolObserver): void {
  if (typeof observer !== "object" || observer === null) {
    throw new TypeError("Cannot observe: the observer is not an object, wanted for example { settled: (task) => … }");
  }
  for (const name of METHODS) {
    const method: unknown = observer[name as keyof PoolObserver];
    if (method === undefined || typeof method === "function") continue;
    throw new TypeError(`Cannot observe: "${name}" is ${typeof method}, a function is wanted`);
  }
  if (Object.getPrototypeOf(observer) !== Object.prototype) return;
  for (const name of Object.keys(observer)) {
    if (name === "measures" || METHODS.includes(name)) continue;
    throw new TypeError(`Cannot observe: "${name}" is not an event of a pool, the events are ${METHODS.join(", ")}`);
  }
}
