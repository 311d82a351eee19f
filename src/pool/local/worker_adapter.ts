import { CancelledError, OutOfMemoryError, PoisonTaskError, ProtocolError } from "../../errors.ts";
import { monotonicMs } from "../../timer.ts";
import { decode, encode } from "../../wire/codec/codec.ts";
import { HEAD, type RepliesRead } from "../../wire/messages/lease.ts";
import type { Tagged } from "../../wire/messages/text.ts";
import { writeAbort, writeCall, writeChunk, writeFunction, writeRun } from "../../wire/messages/to_child.ts";
import type { ChildMessage } from "../../wire/messages/to_parent.ts";
import type { ConnectedWorker, ConnectedWorkerEvents } from "../../worker/connected_worker.ts";
import { messageOf, startTimeoutError, type WorkerExit, workerExitError } from "../../worker/exit_error.ts";
import type { WorkerProcess } from "../../worker/worker_process.ts";
import type { ChunkResult, WorkerIdentity, WorkerListener } from "../backend.ts";
import { isThenable } from "../callback_errors.ts";
import type { SchedulerWorker } from "../scheduling/effects.ts";
import type { Scheduler } from "../scheduling/scheduler.ts";
import type { Slot } from "../scheduling/slot.ts";
import { AnswerParts, checkedOutcomes } from "./chunk_result.ts";
import type { FunctionNumbers } from "./function_numbers.ts";
import { endHandles, SentHandles } from "./sent_handles.ts";
import { StartLimit } from "./start_limit.ts";
import type { TaskRecord } from "./task_record.ts";

/** Smaller arguments fit beside what any worker holds. */
const LARGE_ARGUMENTS_BYTES = 1024 * 1024;

/** What a message adds to the calls in it, and more. */
const RUN_HEAD_UNITS = 32;

/** What a worker's adapter needs of its backend. */
export interface WorkerAdapterContext {
  readonly scheduler: Scheduler<TaskRecord>;
  readonly slot: Slot<TaskRecord>;
  /** Starts the process, for one who is told of it. */
  readonly start: (events: ConnectedWorkerEvents) => ConnectedWorker;
  /** How long it may take until it is ready; `Infinity` for any time. */
  readonly startTimeoutMs: number;
  /** Largest message to the worker, in bytes. */
  readonly maxFrameBytes: number;
  readonly functions: FunctionNumbers;
  readonly listener: WorkerListener;
  /** The worker was handed tasks. */
  readonly onRun: () => void;
  /** The worker has ended, and the scheduler is about to hear of it. */
  readonly onExit: (exit: WorkerExit) => void;
  /** The scheduler's deadlines may have changed. */
  readonly onTurn: () => void;
}

/** Joins one worker process to the scheduler: tasks become messages, messages become the scheduler's events. */
export class WorkerAdapter implements SchedulerWorker<TaskRecord> {
  readonly process: WorkerProcess;
  readonly identity: WorkerIdentity;
  readonly #context: WorkerAdapterContext;
  readonly #knownFunctions = new Set<number>();
  readonly #worker: ConnectedWorker;
  readonly #sentHandles: SentHandles;
  readonly #parts = new AnswerParts();
  readonly #startLimit: StartLimit;
  /** Whether the pool has use for it. */
  #wanted = true;
  /** What it held when it ended. */
  #unanswered: readonly TaskRecord[] = [];

  /** Starts the process. Throws what starting it throws. */
  constructor(context: WorkerAdapterContext) {
    this.#context = context;
    this.#worker = context.start({
      message: (message, parts) => this.#receive(message, parts),
      standby: (on) => context.scheduler.standby(context.slot, on),
      readEnd: () => this.#endRead(),
      isAwaited: () => this.#isAwaited,
      turns: () => context.slot.held.size > 0,
      output: (stream, bytes, taskId) => this.#tellOutput(stream, bytes, taskId),
      disconnecting: () => this.#unanswered = this.#sentHandles.renewUnanswered(),
      exited: (exit) => this.#exited(exit),
    });
    this.process = this.#worker.process;
    this.identity = { workerId: context.slot.index, pid: this.process.pid };
    const { link } = this.#worker;
    link.questions.waits.watch(() => this.#updateReference());
    this.#sentHandles = new SentHandles(link, context.slot);
    this.#worker.sayHello();
    this.#startLimit = new StartLimit(context.startTimeoutMs, () => this.#giveUpStart());
    context.listener.spawned(this.identity, monotonicMs());
  }

  get #isAwaited(): boolean {
    const { phase, held } = this.#context.slot;
    return phase === "starting" || held.size > 0 || this.#worker.link.questions.waits.any;
  }

  /** What is being written, when the worker can do nothing before it has it. */
  get awaitedWrite(): Promise<void> | undefined {
    const head = this.#context.slot.present?.head;
    return head !== undefined && head.endsAt > this.process.writtenBytes ? this.process.writing : undefined;
  }

  run(tasks: readonly TaskRecord[], replies: number | undefined): void {
    const repliesRead = replies ?? HEAD;
    const { maxFrameBytes } = this.#context;
    let calls = "";
    for (let place = 0; place < tasks.length; place++) {
      const task = tasks[place]!;
      const functionId = this.#define(task);
      const { payload, handles, chunk, trace } = task.request;
      if (handles.length > 0) this.#sentHandles.send(task);
      if (chunk === undefined && payload.parts.length === 0) {
        const call = writeCall(task.id, functionId, task.attempt, payload, trace);
        // Each fits a frame, all together may not.
        if ((calls.length + call.length + RUN_HEAD_UNITS) * 3 > maxFrameBytes) {
          this.#sendCalls(calls, repliesRead);
          calls = "";
        }
        calls = calls === "" ? call : `${calls},${call}`;
      } else {
        this.#sendCalls(calls, repliesRead);
        calls = "";
        this.#sendAlone(task, functionId, repliesRead);
      }
    }
    this.#sendCalls(calls, repliesRead);
    if (replies === undefined) this.process.leaving.watch(this.process.appendedBytes);
  }

  flush(): void {
    this.process.flush();
    this.#context.onRun();
  }

  abort(task: TaskRecord, reason: unknown): void {
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

  /** An idle worker may own an object that the program waits for. */
  #updateReference(): void {
    this.process.setReferenced(this.#wanted || this.#worker.link.questions.waits.any);
  }

  #appendAbort(task: TaskRecord, reason: unknown): void {
    const encoded = encode(reason);
    this.process.append(writeAbort(task.id, encoded), encoded.parts);
  }

  /** The number of the task's function, which the worker knows. */
  #define({ request }: TaskRecord): number {
    const functionId = this.#context.functions.of(request.function);
    if (!this.#knownFunctions.has(functionId)) {
      this.#knownFunctions.add(functionId);
      this.process.append(writeFunction(functionId, request.function));
    }
    return functionId;
  }

  #sendCalls(calls: string, repliesRead: RepliesRead): void {
    if (calls !== "") this.process.append(writeRun(repliesRead, calls));
  }

  #sendAlone(task: TaskRecord, functionId: number, repliesRead: RepliesRead): void {
    const { id, attempt, request } = task;
    const { chunk, payload, trace } = request;
    const text = chunk === undefined
      ? writeRun(repliesRead, writeCall(id, functionId, attempt, payload, trace))
      : writeChunk(repliesRead, id, functionId, attempt, chunk, payload, trace);
    this.process.append(text, payload.parts);
    task.sendAlone(this.process.appendedBytes);
  }

  #receive(message: ChildMessage, parts: Uint8Array[]): void {
    const { scheduler, slot } = this.#context;
    switch (message[0]) {
      case "result":
        // Before the task is taken off the books: nothing could settle it afterwards.
        if (slot.held.byId(message[1])?.request.chunk !== undefined) {
          throw new ProtocolError(`it answered chunk ${message[1]} with a single result`);
        }
        if (message.length === 2) return this.#settle(message[1], true, undefined);
        return this.#settle(message[1], true, this.#decode(message[3], message[2], parts), message[4]);
      case "error":
        this.#parts.drop(message[1]);
        return this.#settle(message[1], false, this.#decodeError(message[3], message[2], parts), message[4]);
      case "part":
        return this.#parts.keep(
          message[1],
          this.#decode(message[3], message[2], parts),
          slot.held.byId(message[1])?.request.chunk,
        );
      case "chunk":
        return this.#settleChunk(message[1], message[2], {
          values: this.#decode(message[4], message[3], parts),
          errors: [],
        });
      case "chunkErrors":
        return this.#settleChunk(message[1], message[2], this.#decode(message[4], message[3], parts));
      case "started":
        return this.#began(message[1]);
      case "returned":
        this.#sentHandles.takeBack(message[1]);
        return scheduler.returned(slot, message[1], monotonicMs());
      case "progress":
        return this.#progress(message[1], this.#decode(message[3], message[2], parts));
      case "span":
        // What a task left behind may end a span when the task has long been answered.
        return slot.held.byId(message[1])?.completion.span?.(message[2]);
      case "ready":
        this.#startLimit.end();
        return scheduler.ready(slot, monotonicMs());
      case "failed":
        this.#startLimit.end();
        return scheduler.startFailed(slot, toError(this.#decodeError(message[2], message[1], parts)), monotonicMs());
      default:
        throw new ProtocolError(`it sent ${JSON.stringify(message[0])}, which is not a message of a worker`);
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

  #began(taskId: number): void {
    const { scheduler, slot } = this.#context;
    const task = slot.held.byId(taskId);
    if (task === undefined) throw new ProtocolError(`it began task ${taskId}, which it does not hold`);
    scheduler.started(slot);
    if (task.request.trace !== undefined && task.state === "sent") task.completion.begun(monotonicMs());
  }

  #settle(taskId: number, ok: boolean, value: unknown, durationMs?: number): void {
    const { scheduler, slot } = this.#context;
    this.#sentHandles.arrived(taskId);
    const task = scheduler.answered(slot, taskId);
    this.process.flushOutput();
    if (task === undefined) return;
    // A worker that lies may answer what it has not read; and what was given back may still leave for the one that had it before.
    if (task.hasLeft(this.process.writtenBytes)) task.completion.released?.();
    if (ok) task.completion.resolve(value, durationMs);
    else task.completion.reject(value, "task", durationMs);
  }

  #settleChunk(taskId: number, durationMs: number, value: unknown): void {
    const outcomes = checkedOutcomes(
      this.#parts.join(taskId, value),
      this.#context.slot.held.byId(taskId)?.request.chunk,
    );
    for (const [, error] of outcomes.errors) this.#worker.explain(error);
    this.#settle(taskId, true, { ...outcomes, durationMs } satisfies ChunkResult);
  }

  #progress(taskId: number, value: unknown): void {
    const task = this.#context.slot.held.byId(taskId);
    if (task === undefined) throw new ProtocolError(`it reported progress of task ${taskId}, which it does not hold`);
    if (task.state !== "settled") task.completion.progress(value);
  }

  #endRead(): void {
    this.#context.scheduler.readEnd(this.#context.slot, monotonicMs());
    this.#context.onTurn();
  }

  #tellOutput(stream: 1 | 2, bytes: Uint8Array, taskId: number): PromiseLike<unknown> | undefined {
    const taken = this.#context.listener.output(this.identity, taskId, stream === 1 ? "stdout" : "stderr", bytes);
    return isThenable(taken) ? taken : undefined;
  }

  /** Whether it may have run out of memory while it took in its first task: that would end one worker after the other, so the task is charged. */
  #diedOfArguments(exit: WorkerExit): boolean {
    const [head] = this.#context.slot.held.all();
    const isLarge = head !== undefined && head.byteLength >= LARGE_ARGUMENTS_BYTES;
    return isLarge && workerExitError(exit, false) instanceof OutOfMemoryError;
  }

  /** Its time is up, and it has said neither that it is ready nor what failed. */
  #giveUpStart(): void {
    const { scheduler, slot, startTimeoutMs, onTurn } = this.#context;
    if (slot.phase !== "starting") return;
    scheduler.startFailed(slot, startTimeoutError(this.process, startTimeoutMs), monotonicMs());
    onTurn();
  }

  #exited(exit: WorkerExit): void {
    this.#startLimit.end();
    const { scheduler, slot, listener, onExit, onTurn } = this.#context;
    if (exit.violation !== undefined) listener.violation(this.identity, workerExitError(exit, false));
    onExit(exit);
    if (this.#diedOfArguments(exit)) scheduler.started(slot);
    scheduler.exited(slot, (taskStarted, attempt) => taskError(exit, taskStarted, attempt), monotonicMs());
    for (const task of this.#unanswered) if (task.state === "settled") endHandles(task);
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
  return value instanceof Error ? value : new Error(messageOf(value), { cause: value });
}
