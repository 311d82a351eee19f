/** What the scheduler says of tasks that it rejects, and of workers that break the protocol. */
import { BrokenPoolError, CancelledError, ProtocolError, TaskTimeoutError } from "../../errors.ts";

/** The error for a task whose time is over. */
export function timeoutError(timeoutMs: number): TaskTimeoutError {
  return new TaskTimeoutError(
    `The task ran longer than its ${timeoutMs} ms and was stopped; what it did may be half done, and a retry needs a longer "timeoutMs"`,
    timeoutMs,
  );
}

/** The error for a task of a pool that is broken. */
export function brokenError(cause: Error): BrokenPoolError {
  return new BrokenPoolError(`Cannot run the task: the pool is broken, ${cause.message}`, { cause });
}

/** The error for a task that comes when the pool has been terminated. */
export function terminatedError(): CancelledError {
  return new CancelledError("The task was cancelled: the pool was terminated");
}

/** The violation of a worker that answers, or returns, a task of which it knows nothing. */
export function notHeldError(did: "answered" | "returned", taskId: number): ProtocolError {
  return new ProtocolError(`it ${did} task ${taskId}, which it does not hold`);
}

/** The violation of a worker that returns a task which it has to do. */
export function notPrefetchedError(taskId: number): ProtocolError {
  return new ProtocolError(`it returned task ${taskId}, which it was to start`);
}
