/** Every public error of corral. */
import { brand } from "./copies.ts";

/** What is known about a worker process that ended before it should have. */
export interface WorkerExitDetails {
  /** The operating system's id of the process, when it had started. */
  pid?: number | undefined;
  /** The exit code, or `null` when it is not known. */
  exitCode?: number | null | undefined;
  /** The signal that ended it, or `null`. */
  signal?: string | null | undefined;
  /** Whether the rejected task may have started running. `false` means that a retry is safe. */
  taskStarted?: boolean | undefined;
  /** The last 8 KiB that the process wrote to its standard error. */
  stderrTail?: string | undefined;
  /** The underlying error, if any. */
  cause?: unknown;
}

/**
 * A worker process ended before it answered. The environment or the task's own code is at fault.
 *
 * `taskStarted` says whether the task may have begun: if it is `false`, sending it again is safe.
 *
 * @example A worker that left
 * ```ts
 * import { Pool, WorkerExitError } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1 });
 * const error = await pool.apply(() => Deno.exit(3)).catch((error) => error);
 * console.log(error instanceof WorkerExitError, error.exitCode, error.taskStarted); // true 3 true
 * ```
 */
export class WorkerExitError extends Error {
  /** Always the class's own name. */
  override name = "WorkerExitError";
  /** The operating system's id of the process, when it had started. */
  readonly pid: number | undefined;
  /** The exit code, or `null` when it is not known. */
  readonly exitCode: number | null;
  /** The signal that ended the process, for example `"SIGKILL"`, or `null`. */
  readonly signal: string | null;
  /** Whether the rejected task may have started running. `false` means that a retry is safe. */
  readonly taskStarted: boolean;
  /** The last 8 KiB that the process wrote to its standard error. */
  readonly stderrTail: string;

  /**
   * Builds the error.
   *
   * @param message What could not be done, and why.
   * @param details What is known of the process. @default nothing
   */
  constructor(message: string, details: WorkerExitDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.pid = details.pid;
    this.exitCode = details.exitCode ?? null;
    this.signal = details.signal ?? null;
    this.taskStarted = details.taskStarted ?? false;
    this.stderrTail = details.stderrTail ?? "";
  }
}

/**
 * A worker process could not be started, or ended before it was ready. No task had started.
 *
 * @example An initializer that leaves
 * ```ts
 * import { Pool, WorkerStartError } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1, initializer: () => Deno.exit(1) });
 * const error = await pool.apply(Math.sqrt, [4]).catch((error) => error);
 * console.log(error instanceof WorkerStartError, error.taskStarted); // true false
 * ```
 */
export class WorkerStartError extends WorkerExitError {
  /** Always the class's own name. */
  override name = "WorkerStartError";
}

/**
 * A worker ran out of memory: its V8 heap limit, or `memoryLimitMiB`. A retry needs a larger limit.
 *
 * @example A task that keeps everything
 * ```ts
 * import { OutOfMemoryError, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1, memoryLimitMiB: 32 });
 * const hoard = () => {
 *   for (const all: Uint8Array[] = [];;) all.push(new Uint8Array(1024 * 1024).fill(1));
 * };
 * const error = await pool.apply(hoard).catch((error) => error);
 * console.log(error instanceof OutOfMemoryError); // true
 * ```
 */
export class OutOfMemoryError extends WorkerExitError {
  /** Always the class's own name. */
  override name = "OutOfMemoryError";
}

/**
 * A worker broke the message protocol, and was killed. Its code is at fault, or is hostile. `taskStarted` says whether a retry is safe.
 *
 * @example Told apart from other ends
 * ```ts
 * import { Pool, ProtocolError } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1 });
 * try {
 *   console.log(await pool.apply(Math.sqrt, [16])); // 4
 * } catch (error) {
 *   if (!(error instanceof ProtocolError)) throw error;
 *   console.error("This code is not to be trusted:", error.message);
 * }
 * ```
 */
export class ProtocolError extends WorkerExitError {
  /** Always the class's own name. */
  override name = "ProtocolError";
}

/**
 * A task killed every worker it was given to, and its `retries` are used up. The task is at fault: another retry would most likely kill
 * another worker. `cause` and the fields of {@linkcode WorkerExitError} tell how the last one died.
 *
 * @example A task that kills each of its workers
 * ```ts
 * import { PoisonTaskError, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1, retries: 1 });
 * const error = await pool.apply(() => Deno.exit(3)).catch((error) => error);
 * console.log(error instanceof PoisonTaskError, error.attempts); // true 2
 * ```
 */
export class PoisonTaskError extends WorkerExitError {
  /** Always the class's own name. */
  override name = "PoisonTaskError";
  /** How many workers the task was given to. */
  readonly attempts: number;

  /**
   * Builds the error.
   *
   * @param message What could not be done, and why.
   * @param attempts How many workers the task was given to.
   * @param details How the last worker died. @default nothing
   */
  constructor(message: string, attempts: number, details: WorkerExitDetails = {}) {
    super(message, details);
    this.attempts = attempts;
  }
}

/**
 * A task ran longer than its `timeoutMs`; it had started, and its worker may have been killed.
 *
 * @example A task that never ends
 * ```ts
 * import { Pool, TaskTimeoutError } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1, taskTimeoutMs: 100 });
 * const spin = () => {
 *   while (true);
 * };
 * const error = await pool.apply(spin).catch((error) => error);
 * console.log(error instanceof TaskTimeoutError, error.timeoutMs); // true 100
 * ```
 */
export class TaskTimeoutError extends Error {
  /** Always the class's own name. */
  override name = "TaskTimeoutError";
  /** The limit that was passed, in milliseconds. */
  readonly timeoutMs: number;

  /**
   * Builds the error.
   *
   * @param message What could not be done, and why.
   * @param timeoutMs The limit that was passed, in milliseconds.
   */
  constructor(message: string, timeoutMs: number) {
    super(message);
    this.timeoutMs = timeoutMs;
  }
}

/**
 * A wait with `timeoutMs` ended before what it waited for happened. Nothing else changed, and waiting again is safe.
 *
 * @example A lock that is held
 * ```ts
 * import { Lock, TimeoutError } from "@corral/multiprocessing";
 *
 * const lock = new Lock();
 * using _guard = await lock.acquire();
 * const error = await lock.acquire({ timeoutMs: 10 }).catch((error) => error);
 * console.log(error instanceof TimeoutError); // true
 * ```
 */
export class TimeoutError extends Error {
  /** Always the class's own name. */
  override name = "TimeoutError";
}

/**
 * A value cannot travel to another process. The caller is at fault; nothing was sent.
 *
 * @example A function among data
 * ```ts
 * import { EncodingError, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1 });
 * const count = (data: { rows: unknown[] }) => data.rows.length;
 * const error = await pool.apply(count, [{ rows: [1, () => 2] }]).catch((error) => error);
 * console.log(error instanceof EncodingError, error.path); // true $[0].rows[1]
 * ```
 */
export class EncodingError extends Error {
  /** Always the class's own name. */
  override name = "EncodingError";
  /** Where the value stands, for example `"$.rows[3].when"`. */
  readonly path: string;

  /**
   * Builds the error.
   *
   * @param message What could not be done, and why.
   * @param path Where the value stands.
   * @param options The cause, if there is one.
   */
  constructor(message: string, path: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/**
 * A message is larger than the limit. Nothing was sent, and the worker is unharmed. Where the text says that it is what the task returned, or threw,
 * the task has run.
 *
 * @example More than a message may hold
 * ```ts
 * import { PayloadTooLargeError, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1, maxFrameBytes: 100_000 });
 * const error = await pool.apply((bytes: Uint8Array) => bytes.length, [new Uint8Array(200_000)]).catch((error) => error);
 * console.log(error instanceof PayloadTooLargeError, error.limitBytes); // true 100000
 * ```
 */
export class PayloadTooLargeError extends Error {
  /** Always the class's own name. */
  override name = "PayloadTooLargeError";
  /** The size that was refused, in bytes, as far as it is known. */
  readonly byteLength: number;
  /** The limit, in bytes. */
  readonly limitBytes: number;

  /**
   * Builds the error.
   *
   * @param message What could not be done, and why.
   * @param byteLength The size that was refused, in bytes.
   * @param limitBytes The limit, in bytes.
   */
  constructor(message: string, byteLength: number, limitBytes: number) {
    super(message);
    this.byteLength = byteLength;
    this.limitBytes = limitBytes;
  }
}

/**
 * The function to run is not there, or cannot be sent. The caller is at fault; nothing ran.
 *
 * @example A name without a module
 * ```ts
 * import { FunctionNotFoundError, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1 });
 * const error = await pool.apply("resize").catch((error) => error);
 * console.log(error instanceof FunctionNotFoundError); // true
 * ```
 */
export class FunctionNotFoundError extends Error {
  /** Always the class's own name. */
  override name = "FunctionNotFoundError";
}

/**
 * A worker was to get more than its parent holds, or the parent may not start workers. Nothing was started; the message says what to change.
 *
 * @example More than the program has
 * ```ts
 * import { PermissionError, Pool } from "@corral/multiprocessing";
 *
 * try {
 *   new Pool({ permissions: { ffi: true } });
 * } catch (error) {
 *   console.log(error instanceof PermissionError); // true
 * }
 * ```
 */
export class PermissionError extends Error {
  /** Always the class's own name. */
  override name = "PermissionError";
}

/**
 * The pool was closed before the call. Nothing was submitted.
 *
 * @example A call that comes late
 * ```ts
 * import { Pool, PoolClosedError } from "@corral/multiprocessing";
 *
 * const pool = new Pool({ workers: 1 });
 * pool.close();
 * const error = await pool.apply(Math.sqrt, [4]).catch((error) => error);
 * console.log(error instanceof PoolClosedError); // true
 * ```
 */
export class PoolClosedError extends Error {
  /** Always the class's own name. */
  override name = "PoolClosedError";
}

/**
 * The pool cannot run tasks any more, because workers died or could not start; `cause` says how. Make another pool.
 *
 * @example A strict pool
 * ```ts
 * import { BrokenPoolError, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1, onWorkerExit: "break" });
 * await pool.apply(() => Deno.exit(3)).catch(() => {});
 * const error = await pool.apply(Math.sqrt, [4]).catch((error) => error);
 * console.log(error instanceof BrokenPoolError); // true
 * ```
 */
export class BrokenPoolError extends Error {
  /** Always the class's own name. */
  override name = "BrokenPoolError";
}

/**
 * The task was cancelled by `terminate()` or `cancel()`, or its pool was terminated at the end of its scope. It may have started.
 *
 * @example A pool that ends at once
 * ```ts
 * import { CancelledError, Pool } from "@corral/multiprocessing";
 *
 * const pool = new Pool({ workers: 1 });
 * const waiting = pool.apply(Math.sqrt, [4]).catch((error) => error);
 * await pool.terminate();
 * console.log(await waiting instanceof CancelledError); // true
 * ```
 */
export class CancelledError extends Error {
  /** Always the class's own name. */
  override name = "CancelledError";
}

/**
 * The queue is full, and the call does not wait (or waited long enough). Nothing was put. Of a pool: as many tasks wait as its `maxQueue`
 * allows, and nothing was submitted.
 *
 * @example No room
 * ```ts
 * import { Queue, QueueFullError } from "@corral/multiprocessing";
 *
 * const queue = new Queue<number>(1);
 * await queue.put(1);
 * const error = await queue.putNowait(2).catch((error) => error);
 * console.log(error instanceof QueueFullError); // true
 * ```
 */
export class QueueFullError extends Error {
  /** Always the class's own name. */
  override name = "QueueFullError";
}

/**
 * The queue is empty, and the call does not wait (or waited long enough). Nothing was taken.
 *
 * @example Nothing there
 * ```ts
 * import { Queue, QueueEmptyError } from "@corral/multiprocessing";
 *
 * const queue = new Queue<number>();
 * const error = await queue.getNowait().catch((error) => error);
 * console.log(error instanceof QueueEmptyError); // true
 * ```
 */
export class QueueEmptyError extends Error {
  /** Always the class's own name. */
  override name = "QueueEmptyError";
}

/**
 * You closed this object before the call.
 *
 * @example After the end
 * ```ts
 * import { ClosedError, Queue } from "@corral/multiprocessing";
 *
 * const queue = new Queue<number>();
 * queue.close();
 * const error = await queue.put(1).catch((error) => error);
 * console.log(error instanceof ClosedError); // true
 * ```
 */
export class ClosedError extends Error {
  /** Always the class's own name. */
  override name = "ClosedError";
}

/**
 * The other side ended: nothing more can arrive, and nothing sent would be read.
 *
 * @example The other end is closed
 * ```ts
 * import { EndOfStreamError, Pipe } from "@corral/multiprocessing";
 *
 * const [left, right] = Pipe<string>();
 * left.close();
 * const error = await right.recv().catch((error) => error);
 * console.log(error instanceof EndOfStreamError); // true
 * ```
 */
export class EndOfStreamError extends Error {
  /** Always the class's own name. */
  override name = "EndOfStreamError";
}

/**
 * The barrier was broken: by a timeout, an abort, a reset, a failing action, or the death of a party that waited.
 *
 * @example A party that did not come
 * ```ts
 * import { Barrier, BrokenBarrierError } from "@corral/multiprocessing";
 *
 * const barrier = new Barrier(2);
 * const error = await barrier.wait({ timeoutMs: 10 }).catch((error) => error);
 * console.log(error instanceof BrokenBarrierError); // true
 * ```
 */
export class BrokenBarrierError extends Error {
  /** Always the class's own name. */
  override name = "BrokenBarrierError";
}

brand({
  WorkerExitError,
  WorkerStartError,
  OutOfMemoryError,
  ProtocolError,
  PoisonTaskError,
  TaskTimeoutError,
  TimeoutError,
  EncodingError,
  PayloadTooLargeError,
  FunctionNotFoundError,
  PermissionError,
  PoolClosedError,
  BrokenPoolError,
  CancelledError,
  QueueFullError,
  QueueEmptyError,
  ClosedError,
  EndOfStreamError,
  BrokenBarrierError,
});
