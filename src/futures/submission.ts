import { CancelledError } from "../errors.ts";
import type { PoolEngine } from "../pool/engine.ts";
import type { Task } from "../pool/task.ts";
import type { TaskOptions } from "../pool/types.ts";
import type { FunctionRef } from "../worker/function_table.ts";
import { type Future, type FutureOwner, type FutureSink, makeFuture } from "./future.ts";

/** One call for an executor's engine. */
export interface Call {
  readonly engine: PoolEngine;
  /** The executor's futures that are not done; the call's is added. */
  readonly pending: Set<Future<unknown>>;
  readonly functionRef: FunctionRef;
  readonly args: readonly unknown[];
  readonly options: TaskOptions;
}

/** Submits a call. Its future rejects when its arguments cannot travel. */
export function submitCall(call: Call): Future<unknown> {
  const submission = new Submission(call);
  const { future, sink } = makeFuture<unknown>(submission);
  call.pending.add(future);
  submission.start(future, sink);
  return future;
}

/** The error of a task that was cancelled. */
export function cancelledError(how: string): CancelledError {
  return new CancelledError(`The task was cancelled ${how}`);
}

/** What stands between a future and its task. */
class Submission implements FutureOwner {
  readonly #call: Call;
  #future!: Future<unknown>;
  #task: Task | undefined;

  constructor(call: Call) {
    this.#call = call;
  }

  start(future: Future<unknown>, sink: FutureSink): void {
    this.#future = future;
    const { engine, functionRef, args, options } = this.#call;
    const { signal } = options;
    const reject = (error: unknown, remote: boolean): void => {
      const isOurs = error instanceof CancelledError || (signal?.aborted === true && error === signal.reason);
      sink.reject(error, !remote && isOurs);
    };
    try {
      this.#task = engine.taskFactory.call(functionRef, args, { resolve: sink.resolve, reject }, options);
    } catch (error) {
      return reject(error, false);
    }
    engine.submit(this.#task, signal);
  }

  cancel(): void {
    if (this.#task === undefined || this.isRunning()) return;
    this.#call.engine.cancel(this.#task, cancelledError("before it started"));
  }

  isRunning(): boolean {
    return this.#task !== undefined && this.#call.engine.isRunning(this.#task);
  }

  settled(failure: { readonly error: unknown } | undefined): void {
    this.#task = undefined;
    this.#call.pending.delete(this.#future);
    if (failure !== undefined) this.#call.engine.unobserved.add(this.#future, failure.error);
  }

  observed(): void {
    this.#call.engine.unobserved.delete(this.#future);
  }

  traced(error: unknown): unknown {
    return this.#call.engine.callerStacks.traced(error);
  }
}
