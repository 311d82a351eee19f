/** Every public error of corral. Imports nothing. */

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
  /** The last 8 KiB the process wrote to its standard error. */
  stderrTail?: string | undefined;
  /** The underlying error, if any. */
  cause?: unknown;
}

/**
 * A worker process ended before it answered. The environment or the task's own code is at fault.
 *
 * `taskStarted` says whether the task may have begun: if it is `false`, sending it again is safe.
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
  /** Whether the rejected task may have started running. */
  readonly taskStarted: boolean;
  /** The last 8 KiB the process wrote to its standard error. */
  readonly stderrTail: string;

  /** Builds the error from what is known of the process. */
  constructor(message: string, details: WorkerExitDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.pid = details.pid;
    this.exitCode = details.exitCode ?? null;
    this.signal = details.signal ?? null;
    this.taskStarted = details.taskStarted ?? false;
    this.stderrTail = details.stderrTail ?? "";
  }
}

/** A worker process could not be started, or ended before it was ready. No task had started. */
export class WorkerStartError extends WorkerExitError {
  /** Always the class's own name. */
  override name = "WorkerStartError";
}

/** A worker ran out of memory: its V8 heap limit, or `memoryLimitMiB`. A retry needs a larger limit. */
export class OutOfMemoryError extends WorkerExitError {
  /** Always the class's own name. */
  override name = "OutOfMemoryError";
}

/** A worker broke the message protocol, and was killed. Its code is at fault, or is hostile. */
export class ProtocolError extends WorkerExitError {
  /** Always the class's own name. */
  override name = "ProtocolError";
}

/** A task killed every worker it was given to, and its `retries` are used up. */
export class PoisonTaskError extends WorkerExitError {
  /** Always the class's own name. */
  override name = "PoisonTaskError";
  /** How many workers the task was given to. */
  readonly attempts: number;

  /** Builds the error from the last worker's death and the number of attempts. */
  constructor(message: string, attempts: number, details: WorkerExitDetails = {}) {
    super(message, details);
    this.attempts = attempts;
  }
}

/** A task ran longer than its `timeoutMs`; it had started, and its worker may have been killed. */
export class TaskTimeoutError extends Error {
  /** Always the class's own name. */
  override name = "TaskTimeoutError";
  /** The limit that was passed, in milliseconds. */
  readonly timeoutMs: number;

  /** Builds the error for a limit in milliseconds. */
  constructor(message: string, timeoutMs: number) {
    super(message);
    this.timeoutMs = timeoutMs;
  }
}

/** A wait with `timeoutMs` ended before what it waited for happened. Nothing else changed. */
export class TimeoutError extends Error {
  /** Always the class's own name. */
  override name = "TimeoutError";
}

/** A value cannot travel to another process. The caller is at fault; nothing was sent. */
export class EncodingError extends Error {
  /** Always the class's own name. */
  override name = "EncodingError";
  /** Where the value stands, for example `"$.rows[3].when"`. */
  readonly path: string;

  /** Builds the error for the value at `path`. */
  constructor(message: string, path: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/** A message is larger than the limit. Nothing was sent, and the worker is unharmed. */
export class PayloadTooLargeError extends Error {
  /** Always the class's own name. */
  override name = "PayloadTooLargeError";
  /** The size that was refused, in bytes, as far as it is known. */
  readonly byteLength: number;
  /** The limit, in bytes. */
  readonly limitBytes: number;

  /** Builds the error for a size and a limit in bytes. */
  constructor(message: string, byteLength: number, limitBytes: number) {
    super(message);
    this.byteLength = byteLength;
    this.limitBytes = limitBytes;
  }
}

/** The function to run is not there, or cannot be sent. The caller is at fault; nothing ran. */
export class FunctionNotFoundError extends Error {
  /** Always the class's own name. */
  override name = "FunctionNotFoundError";
}

/** A worker was to get more than its parent holds, or the parent may not start workers. Nothing was started. */
export class PermissionError extends Error {
  /** Always the class's own name. */
  override name = "PermissionError";
}

/** The pool was closed before the call. Nothing was submitted. */
export class PoolClosedError extends Error {
  /** Always the class's own name. */
  override name = "PoolClosedError";
}

/** The pool cannot run tasks any more, because workers died or could not start; `cause` says how. */
export class BrokenPoolError extends Error {
  /** Always the class's own name. */
  override name = "BrokenPoolError";
}

/** The task was cancelled by `terminate()` or `cancel()`. */
export class CancelledError extends Error {
  /** Always the class's own name. */
  override name = "CancelledError";
}

/** The queue is full, and the call does not wait (or waited long enough). Nothing was put. */
export class QueueFullError extends Error {
  /** Always the class's own name. */
  override name = "QueueFullError";
}

/** The queue is empty, and the call does not wait (or waited long enough). Nothing was taken. */
export class QueueEmptyError extends Error {
  /** Always the class's own name. */
  override name = "QueueEmptyError";
}

/** You closed this object before the call. */
export class ClosedError extends Error {
  /** Always the class's own name. */
  override name = "ClosedError";
}

/** The other side ended: nothing more can arrive. */
export class EndOfStreamError extends Error {
  /** Always the class's own name. */
  override name = "EndOfStreamError";
}

/** The barrier was broken by a timeout, an abort, a reset or a failing action. */
export class BrokenBarrierError extends Error {
  /** Always the class's own name. */
  override name = "BrokenBarrierError";
}
