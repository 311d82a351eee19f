/**
 * The contract between a pool and what runs its tasks.
 *
 * `Pool` and `ProcessPoolExecutor` make requests, and turn outcomes into promises, iterators, events and counts. Where and when a request
 * runs is the business of a backend: the local one starts processes on this machine; another may give the work to machines elsewhere.
 * With the contract in one file, a new backend needs no change of the pool, and the pool's own tests run against a fake in memory.
 *
 * The same suite checks every backend: `tests/pool/backend_contract.ts`. Decisions: `docs/decisions/pool.md`.
 */
import type { Encoded } from "../wire/codec/codec.ts";
import type { FunctionSpec } from "../wire/protocol.ts";
import type { SpanReport } from "../wire/span_report.ts";

/** What a chunk does with its items. */
export interface ChunkMode {
  /** How many items there are. */
  readonly size: number;
  /** Whether each item is a list of arguments. */
  readonly spread: boolean;
  /** Whether the items after a failed one are not run. */
  readonly stopOnError: boolean;
}

/**
 * What is to be run: one call, or a chunk of calls. It never changes before {@linkcode Completion.released}, and holds plain data only (when
 * `handles` is empty), so that it can be written down, and run by another program that has the same module.
 */
export interface TaskRequest {
  /**
   * The function itself, not a number that stands for it somewhere. The same function is mostly the same object, to which a backend may tie
   * what it keeps.
   */
  readonly function: FunctionSpec;
  /** The encoded arguments of a call, or the encoded items of a chunk: in both cases a list. */
  readonly payload: Encoded;
  /** The shared objects in the payload, which a worker must be let use. Always empty when the backend's `abilities.handles` is false. */
  readonly handles: readonly object[];
  /** Present when the payload holds items, each for a call of its own. */
  readonly chunk: ChunkMode | undefined;
  /** Size of the payload, in bytes or characters. */
  readonly byteLength: number;
  /** Higher runs first. */
  readonly priority: number;
  /** Requests with the same key run on the same worker. Always `undefined` when the backend's `abilities.keys` is false. */
  readonly key: string | undefined;
  /** Milliseconds that it may run, counted from its start; `undefined` for no limit. */
  readonly timeoutMs: number | undefined;
  /** How many more times it is tried when its worker dies. */
  readonly retries: number;
  /**
   * The trace that it belongs to, as a W3C `traceparent`; "" when it belongs to none, but its begin and its duration are wanted all
   * the same; `undefined` when nobody asks, which costs nothing.
   */
  readonly trace: string | undefined;
  /** The name of the request for backends that find requests again; see `MapOptions.runId`. */
  readonly runId?: string;
}

/** A worker, as far as it can be told from others. */
export interface WorkerIdentity {
  /** Its number, from 0; a replacement has the same. */
  readonly workerId: number;
  /** The operating system's id of its process. */
  readonly pid: number;
  /** The agent that runs it, when that is not this program. */
  readonly agent?: string;
}

/** One worker as seen from outside. */
export interface WorkerInfo extends WorkerIdentity {
  /** What it does. */
  readonly state: "starting" | "idle" | "busy" | "stopping";
  /** Tasks it has answered. */
  readonly tasksDone: number;
}

/**
 * Why a request has no result:
 *
 * - `"task"`: its own code threw;
 * - `"worker"`: its worker died, could not start, or broke the protocol, and no retry was left;
 * - `"timeout"`: it ran longer than `timeoutMs`;
 * - `"cancelled"`: its caller gave it up, or the pool was terminated.
 */
export type FailureKind = "task" | "worker" | "timeout" | "cancelled";

/** What a chunk's request resolves with. */
export interface ChunkResult {
  /** One entry for each item that was run, in order; `undefined` where it failed. */
  readonly values: unknown[];
  /** Which items failed, in ascending order, and what they threw. */
  readonly errors: readonly (readonly [index: number, error: unknown])[];
  /** How long the items took together, in milliseconds. */
  readonly durationMs: number;
}

/**
 * What a backend tells of one request: its life, and its outcome. Times are those of `performance.now()` in this program.
 *
 * `resolve` or `reject` is called, once, whatever dies; nothing is called after it. Before it, in this order, as often as it happens: `sent`,
 * then `begun` or `returned` or `retried`, and after the last two `sent` again. A backend that cannot know a step leaves it out.
 * Each may cancel other requests, or end the backend, while it is called.
 */
export interface Completion {
  /** A worker was given the request. It may lie behind others there. */
  sent(worker: WorkerIdentity | undefined, at: number): void;
  /** The worker runs it. Told exactly when `request.trace` is not `undefined`; otherwise it may be left out. */
  begun(at: number): void;
  /** The worker gave it back unstarted, or died before it began it: it waits again. */
  returned(at: number): void;
  /** Its worker died of it, and it is tried again; `attempt` is that of the new try. */
  retried(error: Error, attempt: number, at: number): void;
  /** The task reported progress. */
  progress(value: unknown): void;
  /** Its code traced something. May be left out by those who do not trace. */
  span?(report: SpanReport): void;
  /**
   * Nobody reads the bytes of the request's payload any more, so they may change. A backend for which that is hard to tell leaves it out. It is told
   * before the outcome.
   */
  released?(): void;
  /** It gave a value; of a chunk, a {@linkcode ChunkResult}. `durationMs` is how long it ran, when that was asked for and is known. */
  resolve(value: unknown, durationMs?: number): void;
  /** It gave none. */
  reject(error: unknown, kind: FailureKind, durationMs?: number): void;
}

/** A request that a backend has taken in. Each backend puts behind it what it needs. */
export interface TaskHandle {
  /** Unique in the backend. */
  readonly id: number;
  /** What was submitted. */
  readonly request: TaskRequest;
}

/** How long one message's worth of work should be, so that its cost does not show and the rest can be shared out. */
export interface ChunkGoal {
  /** Milliseconds of work. */
  readonly ms: number;
  /** Bytes of arguments, at most. */
  readonly bytes: number;
}

/** What a backend can do beyond running requests. The pool refuses what it cannot, at the call, with an error that says so. */
export interface BackendAbilities {
  /** Whether shared objects (queues, locks, managed values) may be in arguments and results. */
  readonly handles: boolean;
  /** Whether requests with the same key run on the same worker. */
  readonly keys: boolean;
  /** Whether requests can be found again by their `runId`. */
  readonly runIds: boolean;
  /** "live": every progress value arrives, in order, at once. "latest": some may be left out. */
  readonly progress: "live" | "latest";
}

/** What an operator can do to a backend while it runs. */
export interface BackendControl {
  /** Whether tasks wait although workers are free. */
  readonly paused: boolean;
  /** How many workers there may be, from 1 to the pool's option `workers`. */
  readonly size: number;
  /** Hands out no task until `resume()`. What was handed out goes on. */
  pause(): void;
  /** Hands out tasks again. */
  resume(): void;
  /** Changes how many workers there may be; a number that is too large counts as the largest. Workers beyond it leave when they are idle. */
  resize(workers: number): void;
  /** Ends the worker of that number at once. Its tasks fail or are tried again, as if it had died. Returns whether there was one. */
  kill(workerId: number): boolean;
}

/** Runs requests. Each is settled exactly once, whatever dies; the caller's side never waits for a call of these to return. */
export interface TaskBackend {
  /** What it can do. */
  readonly abilities: BackendAbilities;
  /** Requests that run at once when there is work for all workers. May change at any time; 0 when it is not known yet. */
  readonly capacity: number;
  /** Chunks that a `map` keeps submitted so that no worker waits for the next one. At least 1. May change. */
  readonly backlog: number;
  /** The size to aim at for chunks; `undefined` when every item should be a request of its own. */
  readonly chunkGoal: ChunkGoal | undefined;
  /** What an operator can do; left out where nothing can be done. */
  readonly control?: BackendControl;
  /** Why no request can run any more, if so. */
  readonly broken: Error | undefined;
  /** Resolves when all that was submitted has settled and nothing is left behind, after `close()`, `terminate()` or a break. Never rejects. */
  readonly ended: Promise<void>;

  /** Takes a request in. Never throws, and tells nothing about it before it returns. */
  submit(request: TaskRequest, completion: Completion): TaskHandle;
  /** Rejects the request with `reason`, before it returns, unless it has settled; what runs of it is stopped. */
  cancel(task: TaskHandle, reason: unknown): void;
  /** Whether a worker may have begun it, and it has not settled. What only lies in a pipe has not begun. */
  hasBegun(task: TaskHandle): boolean;
  /** Whether a worker has it, begun or not, and it has not settled. */
  isSent(task: TaskHandle): boolean;
  /** Resolves when what was submitted has left, as far as it is taken, or after a few milliseconds: a time to encode the next large chunk. */
  flushed(): Promise<void>;
  /**
   * Resolves when workers that wait for the rest of a large message have got some more of it, or after a few milliseconds. Without it,
   * large chunks are encoded in one go.
   */
  fed?(): Promise<void>;
  /** Gets all workers ready. Rejects with the reason when one cannot be. */
  ready(): Promise<void>;
  /** Takes in no more. What was submitted goes on, then the workers leave. */
  close(): void;
  /** Rejects all that has not settled with `error()` each, as "cancelled", and ends all workers. "kill" gives them no time. */
  terminate(error: () => Error, how: "terminate" | "kill"): void;
  /** The workers that live now, as far as they are known. */
  workers(): WorkerInfo[];
}

/** How a worker ended. */
export interface WorkerEnd {
  /** Its exit code, if it has one. */
  readonly exitCode: number | null;
  /** The signal that ended it, if one did. */
  readonly signal: string | null;
  /** Whether the pool asked it to leave, or ended it. */
  readonly expected: boolean;
  /** Whether it had become ready. */
  readonly wasReady: boolean;
}

/** What a backend tells of its workers. What it cannot know it leaves out. */
export interface WorkerListener {
  /** A worker was started. */
  spawned(worker: WorkerIdentity, at: number): void;
  /** It can take tasks. */
  ready(worker: WorkerIdentity, at: number): void;
  /** It has got something to do, after it had nothing. */
  busy(worker: WorkerIdentity, at: number): void;
  /** It has nothing to do. */
  idle(worker: WorkerIdentity, at: number): void;
  /** It answered `tasks` requests in one go, which took about `msPerTask` each. */
  ran(msPerTask: number, tasks: number): void;
  /**
   * It printed, in the request of this id, or 0. May return a promise of when that has been taken: a worker of which too much waits to be is
   * better not read until then.
   */
  output(worker: WorkerIdentity, taskId: number, stream: "stdout" | "stderr", bytes: Uint8Array): unknown;
  /** It broke the protocol, and is ended. */
  violation(worker: WorkerIdentity, error: Error): void;
  /** It has ended. */
  ended(worker: WorkerIdentity, end: WorkerEnd, at: number): void;
  /** The backend has reached the place where its workers are, or lost it. */
  connection?(up: boolean, error?: Error): void;
}

/** What every pool tells its backend. */
export interface BackendSettings {
  /** The pool's name, for messages. */
  readonly name: string;
  /** The task module, as an absolute URL. */
  readonly moduleUrl: string | undefined;
  /** Largest message, in bytes. */
  readonly maxFrameBytes: number;
  /** Told of workers. */
  readonly workers: WorkerListener;
  /** The pool's options that only this backend understands; see `TaskBackendProvider.takes`. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Makes a backend for each pool that names it: the type of `PoolOptions.backend`. */
export interface TaskBackendProvider {
  /** For messages, as in `"cwd" has no meaning on a cluster: agents decide where their workers run`. */
  readonly description: { readonly name: string; readonly why: string };
  /** Names of pool options that it understands, beside those that have a meaning on every backend. The pool refuses all others. */
  readonly takes: readonly string[];
  /** Makes the backend of one pool. May throw what the pool's constructor is to throw. */
  connect(settings: BackendSettings): TaskBackend;
}
