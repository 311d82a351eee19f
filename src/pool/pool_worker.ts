import { CancelledError, PoisonTaskError, ProtocolError } from "../errors.ts";
import { decode, encode } from "../wire/codec/codec.ts";
import type { Tagged } from "../wire/messages/text.ts";
import { writeAbort, writeCall, writeChunk, writeFunction, writeRun } from "../wire/messages/to_child.ts";
import type { ChildMessage } from "../wire/messages/to_parent.ts";
import type { ConnectedWorker, ConnectedWorkerEvents } from "../worker/connected_worker.ts";
import { type WorkerExit, workerExitError } from "../worker/exit_error.ts";
import type { WorkerProcess } from "../worker/worker_process.ts";
import { inMicrotask, monotonicMs } from "../timer.ts";
import { checkedOutcomes, type ChunkResult } from "./chunk_result.ts";
import type { Scheduler } from "./scheduler.ts";
import { endHandles, SentHandles } from "./sent_handles.ts";
import type { SchedulerWorker, Slot } from "./slot.ts";
import type { Task } from "./task.ts";
import type { PoolEvent } from "./types.ts";

/** What a pool's worker needs of its pool. */
export interface PoolWorkerContext {
  readonly scheduler: Scheduler<Task>;
  readonly slot: Slot<Task>;
  /** Starts the process, for one who is told of it. */
  readonly start: (events: ConnectedWorkerEvents) => ConnectedWorker;
  /** Largest message to the worker, in bytes. */
  readonly maxFrameBytes: number;
  /** Present when somebody listens. */
  readonly emit: ((event: PoolEvent) => void) | undefined;
  /** A task's own error has arrived. */
  readonly onTaskError: (error: unknown) => void;
  /** The worker has ended. */
  readonly onExit: () => void;
  /** The scheduler's deadlines may have changed. */
  readonly onTurn: () => void;
}

/** Joins one worker process to the scheduler: tasks become messages, messages become the scheduler's events. */
export class PoolWorker implements SchedulerWorker<Task> {
  readonly process: WorkerProcess;
  readonly #context: PoolWorkerContext;
  readonly #knownFunctions = new Set<number>();
  readonly #worker: ConnectedWorker;
  readonly #sentHandles: SentHandles;
  readonly #batchBytes: number;
  /** Whether the pool has use for it. */
  #wanted = true;
  /** What it held when it ended. */
  #unanswered: readonly Task[] = [];

  /** Starts the process. Throws what starting it throws. */
  constructor(context: PoolWorkerContext) {
    this.#context = context;
    this.#batchBytes = context.maxFrameBytes;
    this.#worker = context.start({
      message: (message, parts) => this.#receive(message, parts),
      standby: (on) => context.scheduler.standby(context.slot, on),
      readEnd: () => this.#endRead(),
      output: (stream, bytes, taskId) => this.#emitOutput(stream, bytes, taskId),
      disconnecting: () => this.#unanswered = this.#sentHandles.renewUnanswered(),
      exited: (exit) => this.#exited(exit),
    });
    this.process = this.#worker.process;
    const { link } = this.#worker;
    link.questions.waits.watch(() => this.#updateReference());
    this.#sentHandles = new SentHandles(link, context.slot);
    this.#worker.greet();
    context.emit?.({ type: "spawn", ...this.#place });
  }

  run(tasks: readonly Task[], repliesRead: number): void {
    let calls = "";
    for (const task of tasks) {
      this.#define(task);
      if (task.handles.length > 0) this.#sentHandles.send(task);
      if (task.chunk === undefined && task.payload.parts.length === 0) {
        const { payload } = task;
        // Each fits a frame, all together may not.
        if ((calls.length + payload.text.length) * 3 > this.#batchBytes) {
          this.#sendCalls(calls, repliesRead);
          calls = "";
        }
        const call = writeCall(task.id, task.functionRef.id, task.attempt, payload, undefined);
        calls = calls === "" ? call : `${calls},${call}`;
      } else {
        this.#sendCalls(calls, repliesRead);
        calls = "";
        this.#sendAlone(task, repliesRead);
      }
      this.#context.emit?.({ type: "taskStart", ...this.#place, taskId: task.id, attempt: task.attempt });
    }
    this.#sendCalls(calls, repliesRead);
    this.process.flush();
  }

  abort(task: Task, reason: unknown): void {
    try {
      this.#appendAbort(task, reason);
    } catch {
      // It cannot travel, or is too large to.
      this.#appendAbort(task, new CancelledError("The task was cancelled"));
    }
    this.process.flush();
  }

  stop(): void {
    this.process.stop();
  }

  terminate(): void {
    this.process.terminate();
  }

  setReferenced(referenced: boolean): void {
    this.#wanted = referenced;
    this.#updateReference();
  }

  get #place(): { workerId: number; pid: number } {
    return { workerId: this.#context.slot.index, pid: this.process.pid };
  }

  /** An idle worker may own an object that the program waits for. */
  #updateReference(): void {
    this.process.setReferenced(this.#wanted || this.#worker.link.questions.waits.any);
  }

  #appendAbort(task: Task, reason: unknown): void {
    const encoded = encode(reason);
    this.process.append(writeAbort(task.id, encoded), encoded.parts);
  }

  #define({ functionRef }: Task): void {
    if (this.#knownFunctions.has(functionRef.id)) return;
    this.#knownFunctions.add(functionRef.id);
    this.process.append(writeFunction(functionRef.id, functionRef.spec));
  }

  #sendCalls(calls: string, repliesRead: number): void {
    if (calls !== "") this.process.append(writeRun(repliesRead, calls));
  }

  #sendAlone({ id, functionRef, attempt, chunk, payload }: Task, repliesRead: number): void {
    const text = chunk === undefined
      ? writeRun(repliesRead, writeCall(id, functionRef.id, attempt, payload, undefined))
      : writeChunk(repliesRead, id, functionRef.id, attempt, chunk, payload, undefined);
    this.process.append(text, payload.parts);
  }

  #receive(message: ChildMessage, parts: Uint8Array[]): void {
    const { scheduler, slot } = this.#context;
    switch (message[0]) {
      case "result":
        // Before the task is taken off the books: nothing could settle it afterwards.
        if (slot.held.get(message[1])?.chunk !== undefined) {
          throw new ProtocolError(`it answered chunk ${message[1]} with a single result`);
        }
        if (message.length === 2) return this.#settle(message[1], true, undefined);
        return this.#settle(message[1], true, this.#decode(message[3], message[2], parts));
      case "error":
        return this.#settle(message[1], false, this.#decodeError(message[3], message[2], parts));
      case "chunk":
        return this.#settleChunk(message[1], message[2], {
          values: this.#decode(message[4], message[3], parts),
          errors: [],
        });
      case "chunkErrors":
        return this.#settleChunk(message[1], message[2], this.#decode(message[4], message[3], parts));
      case "started":
        return scheduler.started(slot);
      case "returned":
        this.#sentHandles.takeBack(message[1]);
        return scheduler.returned(slot, message[1]);
      case "progress":
        return this.#progress(message[1], this.#decode(message[3], message[2], parts));
      case "ready":
        this.#context.emit?.({ type: "ready", ...this.#place });
        return scheduler.ready(slot, monotonicMs());
      case "failed":
        return scheduler.startFailed(slot, toError(this.#decodeError(message[2], message[1], parts)), monotonicMs());
      default:
        throw new ProtocolError(`it sent ${JSON.stringify(message[0])}, which is no message of a worker`);
    }
  }

  #decode<T>(body: unknown, tagged: Tagged, parts: Uint8Array[]): T {
    return decode(body, tagged === 1, parts, this.#worker.link.handles) as T;
  }

  #decodeError(body: unknown, tagged: Tagged, parts: Uint8Array[]): unknown {
    const error = this.#decode(body, tagged, parts);
    this.#worker.explain(error);
    return error;
  }

  #settle(taskId: number, ok: boolean, value: unknown): void {
    const { scheduler, slot, emit } = this.#context;
    this.#sentHandles.arrived(taskId);
    const task = scheduler.answered(slot, taskId, ok);
    this.process.flushOutput();
    emit?.({ type: "taskEnd", ...this.#place, taskId, ok });
    if (task === undefined) return;
    if (ok) return task.sink.resolve(value);
    this.#context.onTaskError(value);
    task.sink.reject(value, true);
  }

  #settleChunk(taskId: number, durationMs: number, value: unknown): void {
    const outcomes = checkedOutcomes(value, durationMs, this.#context.slot.held.get(taskId));
    for (const [, error] of outcomes.errors) {
      this.#worker.explain(error);
      this.#context.onTaskError(error);
    }
    this.#settle(taskId, true, { ...outcomes, durationMs } satisfies ChunkResult);
  }

  #progress(taskId: number, value: unknown): void {
    const task = this.#context.slot.held.get(taskId);
    if (task === undefined) throw new ProtocolError(`it reported progress of task ${taskId}, which it does not hold`);
    if (task.settled) return;
    try {
      task.onProgress?.(value);
    } catch (error) {
      // The listener's fault must not become the worker's.
      inMicrotask(() => reportError(error));
    }
  }

  #endRead(): void {
    this.#context.scheduler.readEnd(this.#context.slot, monotonicMs());
    this.#context.onTurn();
  }

  #emitOutput(stream: 1 | 2, bytes: Uint8Array, taskId: number): void {
    this.#context.emit?.({ type: "output", ...this.#place, taskId, stream: stream === 1 ? "stdout" : "stderr", bytes });
  }

  #exited(exit: WorkerExit): void {
    const { scheduler, slot, emit, onExit, onTurn } = this.#context;
    const { exitCode, signal } = exit;
    onExit();
    if (exit.violation !== undefined) {
      emit?.({ type: "violation", ...this.#place, error: workerExitError(exit, false) });
    }
    emit?.({ type: "exit", ...this.#place, exitCode, signal });
    scheduler.exited(slot, (taskStarted, attempt) => taskError(exit, taskStarted, attempt), monotonicMs());
    for (const task of this.#unanswered) if (task.settled) endHandles(task);
    onTurn();
  }
}

function taskError(exit: WorkerExit, taskStarted: boolean, attempt: number): Error {
  const error = workerExitError(exit, taskStarted);
  if (attempt === 1) return error;
  const { pid, exitCode, signal, stderrTail } = exit;
  const details = { pid, exitCode, signal, stderrTail, taskStarted, cause: error };
  return new PoisonTaskError(
    `The task ended ${attempt} workers, its retries are used up: ${error.message}`,
    attempt,
    details,
  );
}

function toError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value), { cause: value });
}
