import { CancelledError } from "../errors.ts";
import type { FailureKind } from "../pool/backend.ts";
import type { PoolEngine } from "../pool/engine.ts";
import type { SubmittedTask } from "../pool/submitted_task.ts";
import type { TaskOptions } from "../pool/types.ts";
import type { FunctionSpec } from "../wire/protocol.ts";
import { type Future, type FutureOwner, type FutureSink, makeFuture } from "./future.ts";

/** One call for an executor's engine. */
export interface Call {
  readonly engine: PoolEngine;
  /** The executor's futures that are not done; the call's is added. */
  readonly pending: Set<Future<unknown>>;
  readonly spec: FunctionSpec;
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
  #task: SubmittedTask | undefined;

  constructor(call: Call) {
    this.#call = call;
  }

  start(future: Future<unknown>, sink: FutureSink): void {
    this.#future = future;
    const { engine, spec, args, options } = this.#call;
    const reject = (error: unknown, kind: FailureKind): void => sink.reject(error, kind === "cancelled");
    try {
      const task = engine.submit(spec, args, undefined, { resolve: sink.resolve, reject }, options);
      if (task.phase !== "settled") this.#task = task;
    } catch (error) {
      sink.reject(error, false);
    }
  }

  cancel(): void {
    if (this.#task === undefined || this.isRunning()) return;
    this.#call.engine.cancel(this.#task, cancelledError("before it started"));
  }

  isRunning(): boolean {
    return this.#task !== undefined && this.#call.engine.hasBegun(this.#task);
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
