/** What callers of a pool see: options, results, events. */
import type { DurationStats } from "../duration_histogram.ts";
export type { DurationStats } from "../duration_histogram.ts";
import type { AnyFunction } from "../worker/function_table.ts";
import type { TaskBackendProvider } from "./backend.ts";
import type { PoolEvent } from "./observing/events.ts";
import type { WorkerLaunchOptions } from "../worker/launch_options.ts";

export type { WorkerInfo } from "./backend.ts";
export type { PoolEvent } from "./observing/events.ts";

/** Names of the exports of module type `M` that are functions; any name when `M` is not known. */
export type FunctionName<M> = unknown extends M ? string
  : { [K in keyof M]: M[K] extends AnyFunction ? K : never }[keyof M] & string;

/** The parameters of export `K`. */
export type ArgumentsOf<M, K> = unknown extends M ? unknown[]
  : K extends keyof M ? (M[K] extends AnyFunction ? Parameters<M[K]> : never)
  : never;

/** The first parameter of export `K`. */
export type ItemOf<M, K> = ArgumentsOf<M, K>[0];

/** What a call of export `K` gives, awaited. */
export type ResultOf<M, K> = unknown extends M ? unknown
  : K extends keyof M ? (M[K] extends AnyFunction ? Awaited<ReturnType<M[K]>> : never)
  : never;

/** Inputs of `map` and its kin: read once, in order. */
export type Items<T> = Iterable<T> | AsyncIterable<T>;

/** Arguments and options behind the function; the arguments may be left out where all are optional. */
export type CallRest<A extends unknown[], O> = [] extends A ? [args?: A | undefined, options?: O]
  : [args: A, options?: O];

/** Options of one task. */
export interface TaskOptions {
  /**
   * Milliseconds that the task may run, counted from when a worker has it and nothing is before it; `Infinity` for no limit.
   * @default `taskTimeoutMs`
   */
  timeoutMs?: number;
  /**
   * Aborts the task: its caller gets `signal.reason` at once, and the signal of the task's own code is aborted. If the task has not ended after
   * `abortGraceMs`, its worker is ended and replaced.
   */
  signal?: AbortSignal;
  /**
   * How many more times the task is tried when its worker dies, a whole number from 0. It is never tried again for an error that it threw.
   * @default `retries` of the pool
   */
  retries?: number;
  /** Tasks of higher priority start first; any finite number. @default 0 */
  priority?: number;
  /** Tasks with the same key run on the same worker, as long as it lives. */
  key?: string;
  /** Called with each value that the task passes to `task.progress()`. What it throws is printed on stderr, and changes nothing. */
  onProgress?: (value: unknown) => void;
}

/** An item of a `map` or `imap` that has ended. */
export interface EndedItem {
  /** Its place among the items, from 0. */
  readonly index: number;
  /** Whether it gave a value. */
  readonly ok: boolean;
  /** Milliseconds that it took; of items that travelled together, their mean; 0 when no worker answered. */
  readonly durationMs: number;
}

/** Options of `map` and `starmap`. */
export interface MapOptions extends TaskOptions {
  /**
   * Items that travel together, at least 1. `timeoutMs` then counts for the chunk.
   * @default chosen from the length and the measured cost per item; 1 when there is a `timeoutMs` or `taskTimeoutMs`
   */
  chunkSize?: number;
  /**
   * Called once for each item that has ended, in order of completion, when the answer for its chunk is here: for progress, see
   * `@corral/multiprocessing/progress`. What it throws is printed on stderr, and changes nothing.
   */
  onItem?: (item: EndedItem) => void;
  /**
   * Whether there is an outcome for each item, as `Promise.allSettled` has them, and all items are run; otherwise the first error ends the
   * whole. What is not the fault of one item (an abort, an input that throws, the end of the pool) rejects in both cases. @default false
   */
  settle?: boolean;
  /**
   * The name of the run, for a backend that keeps results: a later run of the same name finds what was done. Needs `chunkSize`. A backend
   * that keeps no results refuses it with a `TypeError`; so do processes on this machine.
   */
  runId?: string;
}

/** Options of a `map` or `starmap` that gives an outcome for each item. */
export interface SettledMapOptions extends MapOptions {
  /** There is an outcome for each item. */
  settle: true;
}

/** Options of `imap` and `imapUnordered`. */
export interface ImapOptions extends TaskOptions {
  /** Items that travel together, at least 1. @default 1 */
  chunkSize?: number;
  /** Items that may be submitted and not yet taken, at least 1; less than `chunkSize` counts as that. @default 2 × workers × `chunkSize` */
  bufferSize?: number;
  /**
   * Called once for each item that has ended, in order of completion, when the answer for its chunk is here: for progress, see
   * `@corral/multiprocessing/progress`. What it throws is printed on stderr, and changes nothing.
   */
  onItem?: (item: EndedItem) => void;
}

/** What `applyAsync` and its kin take beside the task's options. */
export interface AsyncCallbacks<R> {
  /** Called once with the result, before waiters see it. */
  callback?: (value: R) => void;
  /** Called once with the error, before waiters see it. */
  errorCallback?: (error: unknown) => void;
}

/** Options of a pool. */
export interface PoolOptions extends WorkerLaunchOptions {
  /** How many worker processes, from 1 to 65 536. @default usable CPUs; a cgroup quota counts */
  workers?: number;
  /** Tasks a worker may have in progress at once, at least 1; more helps tasks that wait. @default 1 */
  concurrency?: number;
  /** "pass": this program prints what workers print. "events": only `onEvent`, and other observers, get it. @default "pass" */
  output?: "pass" | "events";
  /** Runs once in each worker, after its module has loaded. If it throws, the worker cannot start, and tasks that wait for one get its error. */
  initializer?: string | AnyFunction;
  /** Arguments of `initializer`; a `TypeError` where there is none. @default none */
  initArgs?: unknown[];
  /** After this many tasks (a chunk is one), at least 1, a worker leaves and is replaced when needed. @default no limit */
  maxTasksPerChild?: number;
  /** `timeoutMs` of tasks that have none, in milliseconds. @default no limit */
  taskTimeoutMs?: number;
  /** `retries` of tasks that have none, a whole number from 0. @default 0 */
  retries?: number;
  /** "replace": a worker that died is replaced. "break": its end is that of the whole pool, with `BrokenPoolError`. @default "replace" */
  onWorkerExit?: "replace" | "break";
  /**
   * Milliseconds that a worker has to load its module and to run the `initializer`, at least 0. Then it is ended, and tasks that wait for
   * it reject with a
   * `WorkerStartError`: a top-level `await` that never ends would hold them up for ever, since their own limits count from when they run.
   * @default no limit; 30 seconds with `Pool.untrusted()`
   */
  startTimeoutMs?: number;
  /** A worker that has had no task for this many milliseconds leaves. @default never */
  idleTimeoutMs?: number;
  /** What messages call the pool. @default "pool", and "executor" for an executor */
  name?: string;
  /**
   * Gets everything that happens in the pool. What it throws is printed on stderr, and changes nothing.
   *
   * For an `output` event it may return a promise of the moment at which that has been taken. Of a worker of this machine, no more than some MiB waits to be: then it
   * is not read, and its next print waits, with its answers behind that. So the promise must not wait for a task of the pool. Time limits go on, and what ends
   * a worker ends one that waits. Other events wait for nothing.
   */
  onEvent?: (event: PoolEvent) => void;
  /** Milliseconds that a running task has after its abort, or the end of its time, before its worker is ended. @default 500 */
  abortGraceMs?: number;
  /**
   * How many tasks may wait for a worker, at least 1. A call beyond that rejects with `QueueFullError`: so a server sheds load, instead of
   * holding ever more promises. `hasRoom` asks, `drain()` waits. `map` and `imap` bound themselves, and are never refused. @default no limit
   */
  maxQueue?: number;
  /**
   * Milliseconds that the end of an `await using` scope waits for accepted work; then the pool is terminated, and what has not ended rejects
   * with `CancelledError`. JavaScript does not tell a resource whether an error left its scope, and shows that error only when the scope has
   * ended: a limit keeps a long task from hiding it. Without one, a line on the terminal says after three seconds what the scope waits for; with
   * `Infinity` it waits in silence. @default no limit
   */
  scopeTimeoutMs?: number;
  /**
   * Where the tasks run, if not in processes on this machine. The other place then decides how workers are started and what they may do:
   * options for that throw a `TypeError`. @default processes on this machine
   */
  backend?: TaskBackendProvider;
}

/** Counts since the pool was made, and what it does now. */
export interface PoolStats {
  /** Tasks submitted; a chunk is one task. */
  readonly submitted: number;
  /** Tasks that gave a result. */
  readonly completed: number;
  /** Tasks that gave an error. */
  readonly failed: number;
  /** Tasks that were aborted or cancelled. */
  readonly cancelled: number;
  /** Tries beyond each task's first. */
  readonly retried: number;
  /** Tasks that no worker has yet. */
  readonly waiting: number;
  /** Tasks that no worker has had yet: what `maxQueue` bounds. `waiting` counts those too that were given back or are tried again. */
  readonly queueSize: number;
  /** Of the time in which workers were ready, the share in which they had something to do, from 0 to 1. */
  readonly utilisation: number;
  /** Tasks that a worker has. */
  readonly running: number;
  /** Worker processes started. */
  readonly workersStarted: number;
  /** Worker processes that ended although the pool had not asked them to. */
  readonly workersLost: number;
  /** From submission until a worker has the task. */
  readonly waitingTime: DurationStats;
  /** From then until its answer; tasks that were answered together count with their mean. */
  readonly runningTime: DurationStats;
}
