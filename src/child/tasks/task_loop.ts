import { decode, type HandleCodec } from "../../wire/codec/codec.ts";
import { CancelledError } from "../../errors.ts";
import { NumberedItems } from "../../collections/numbered_items.ts";
import type { RepliesRead } from "../../wire/messages/lease.ts";
import type { CallItem, ParentMessage, TraceContext } from "../../wire/messages/to_child.ts";
import { type ChunkOutcomes, writeReturned, writeStarted } from "../../wire/messages/to_parent.ts";
import type { FunctionSpec } from "../../wire/protocol.ts";
import { monotonicMs } from "../../timer.ts";
import { explainMissing, type LoadedModule, resolveFunction, type TaskFunction } from "./functions.ts";
import { Lease } from "./lease.ts";
import type { RunningTask } from "../runtime.ts";
import type { Standby } from "../standby.ts";
import { type AnsweredTask, type ParentHandles, type SendFrame, TaskAnswers } from "./task_answers.ts";

/** Runs `body` so that `current()` answers `task` in everything that it calls, awaits and schedules. */
export interface TaskScope {
  run<R>(task: RunningTask, body: () => R): R;
  /** The task whose code is running, as far as that can be told; for a worker of one task at a time, else the last that began. */
  current(): RunningTask | undefined;
  /** The task that the running code is known to belong to. It may have ended. */
  origin(): RunningTask | undefined;
}

interface HeldTask extends RunningTask, AnsweredTask {
  readonly functionId: number;
  /** Decoded when it starts: what is given back has brought no handle here. */
  arguments: unknown;
  /** The binary parts of arguments that are still encoded. */
  parts: Uint8Array[] | undefined;
  readonly chunk: { readonly spread: boolean; readonly stopOnError: boolean } | undefined;
  startedAt: number | undefined;
}

interface KnownFunction {
  readonly call: TaskFunction | undefined;
  readonly error: unknown;
  readonly spec: FunctionSpec;
}

/** Receives tasks, runs them in order, at most `concurrency` at once, and answers each. */
export class TaskLoop {
  readonly #functions = new Map<number, KnownFunction>();
  readonly #running: NumberedItems<HeldTask> = new NumberedItems();
  readonly #module: LoadedModule;
  readonly #concurrency: number;
  readonly #exportsOnly: boolean;
  readonly #send: SendFrame;
  readonly #scope: TaskScope;
  readonly #now: () => number;
  readonly #handles: HandleCodec | undefined;
  readonly #standby: Standby | undefined;
  readonly #lease: Lease;
  readonly #answers: TaskAnswers;
  #held: HeldTask[] = [];
  #next = 0;
  #begun = 0;

  constructor(
    options: {
      module: LoadedModule;
      concurrency: number;
      /** Whether no text is compiled. @default false */
      exportsOnly?: boolean;
      send: SendFrame;
      scope: TaskScope;
      shared?: ParentHandles;
      standby?: Standby;
      /** The clock that leases and durations are measured by, in milliseconds. */
      now?: () => number;
    },
  ) {
    this.#module = options.module;
    this.#concurrency = options.concurrency;
    this.#exportsOnly = options.exportsOnly ?? false;
    this.#send = options.send;
    this.#scope = options.scope;
    this.#handles = options.shared?.handles;
    this.#standby = options.standby;
    this.#now = options.now ?? monotonicMs;
    this.#lease = new Lease(this.#now);
    this.#answers = new TaskAnswers(this.#send, options.shared, this.#now);
  }

  /** Whether there is no task that runs, or waits here to be run. */
  get isIdle(): boolean {
    return this.#running.size === 0 && this.#next >= this.#held.length;
  }

  /** How many tasks have begun. */
  get begun(): number {
    return this.#begun;
  }

  /** Whether a task was answered. */
  hasEnded(task: RunningTask): boolean {
    return this.#running.byId(task.id) !== task;
  }

  /** Takes in one message. What it starts may go on after the call. */
  receive(message: ParentMessage, parts: Uint8Array[]): void {
    switch (message[0]) {
      case "run":
        return this.#receiveCalls(message[1], message[2], parts);
      case "chunk": {
        const [, repliesRead, id, functionId, attempt, spread, stopOnError, tagged, items, trace] = message;
        if (this.#lease.isTakenBack(repliesRead)) return this.#giveBack([id]);
        this.#acknowledgeStart(id, trace);
        const chunk = { spread: spread === 1, stopOnError: stopOnError === 1 };
        this.#hold([id, functionId, attempt, tagged, items, trace], parts, chunk);
        return this.#pump();
      }
      case "function":
        return this.#learnFunction(message[1], message[2]);
      case "abort":
        return this.#abort(message[1], decode(message[3], message[2] === 1, parts, this.#handles));
    }
  }

  /** Sends a progress value of a task that still runs. */
  progress(task: RunningTask, value: unknown): void {
    if (this.#running.byId(task.id) === task) this.#answers.progress(task as HeldTask, value);
  }

  #learnFunction(functionId: number, spec: FunctionSpec): void {
    try {
      this.#functions.set(functionId, {
        call: resolveFunction(spec, this.#module, this.#exportsOnly),
        error: undefined,
        spec,
      });
    } catch (error) {
      explainMissing(error, spec, this.#module);
      this.#functions.set(functionId, { call: undefined, error, spec });
    }
  }

  #receiveCalls(repliesRead: RepliesRead, calls: readonly CallItem[], parts: Uint8Array[]): void {
    if (this.#lease.isTakenBack(repliesRead)) return this.#giveBack(calls.map(([id]) => id));
    this.#acknowledgeStart(calls[0]![0], calls[0]![5]);
    for (let place = 0; place < calls.length; place++) this.#hold(calls[place]!, parts, undefined);
    this.#pump();
  }

  /** Tells the parent, before anything runs, that an idle worker took the task: without it, a retry is safe. With a trace, its start says so. */
  #acknowledgeStart(id: number, trace: TraceContext | undefined): void {
    if (!this.isIdle) return;
    if (!this.#standby?.on && trace === undefined) this.#send(writeStarted(id));
    this.#lease.begin();
  }

  #hold(call: CallItem, parts: Uint8Array[], chunk: HeldTask["chunk"]): void {
    const task: HeldTask = {
      id: call[0],
      functionId: call[1],
      attempt: call[2],
      trace: call[5],
      arguments: call[4],
      parts: call[3] === 1 ? parts : undefined,
      chunk,
      controller: undefined,
      startedAt: undefined,
    };
    // What is pushed into an empty list makes room for sixteen more: mostly there is one task, and no other behind it.
    if (this.#held.length === 0) this.#held = [task];
    else this.#held.push(task);
  }

  #pump(): void {
    while (this.#running.size < this.#concurrency && this.#next < this.#held.length) {
      const task = this.#held[this.#next]!;
      this.#next++;
      if (this.#next === this.#held.length) {
        this.#held = [];
        this.#next = 0;
      }
      this.#start(task);
    }
  }

  #start(task: HeldTask): void {
    if (task.trace !== undefined) {
      this.#send(writeStarted(task.id));
      task.startedAt = this.#now();
    }
    if (task.parts !== undefined) {
      task.arguments = decode(task.arguments, true, task.parts, this.#handles);
      task.parts = undefined;
    }
    const known = this.#functions.get(task.functionId);
    if (known?.call === undefined) {
      return this.#answerError(task, known?.error ?? new Error("the function was never sent"));
    }
    this.#running.append(task);
    this.#begun++;
    const call = known.call;
    if (task.chunk !== undefined) {
      this.#scope.run(task, () => this.#runChunk(task, call, known.spec)).then(() => this.#pump());
      return;
    }
    let value: unknown;
    let promise: Promise<unknown> | undefined;
    try {
      value = this.#scope.run(task, () => call(...task.arguments as unknown[]));
      // A getter of what was returned may throw.
      if (isThenable(value)) promise = Promise.resolve(value);
    } catch (error) {
      explainMissing(error, known.spec, this.#module);
      return this.#answerError(task, error);
    }
    if (promise === undefined) return this.#answerResult(task, value);
    promise.then(
      (result) => this.#answerResult(task, result),
      (error) => {
        explainMissing(error, known.spec, this.#module);
        this.#answerError(task, error);
      },
    ).then(() => this.#pump());
  }

  async #runChunk(task: HeldTask, call: TaskFunction, spec: FunctionSpec): Promise<void> {
    const startedAt = this.#now();
    const { spread, stopOnError } = task.chunk!;
    const outcomes: ChunkOutcomes = { values: [], errors: [] };
    const items = task.arguments as unknown[];
    while (outcomes.values.length < items.length) {
      try {
        const awaited = runItems(items, outcomes.values, call, spread);
        if (awaited !== undefined) outcomes.values.push(await awaited);
      } catch (error) {
        explainMissing(error, spec, this.#module);
        outcomes.errors.push([outcomes.values.length, error]);
        outcomes.values.push(undefined);
        if (stopOnError) break;
      }
    }
    this.#answers.chunk(task, outcomes, this.#now() - startedAt);
    this.#ended(task);
  }

  #answerResult(task: HeldTask, value: unknown): void {
    this.#answers.result(task, value);
    this.#ended(task);
  }

  #answerError(task: HeldTask, error: unknown): void {
    this.#answers.error(task, error);
    this.#ended(task);
  }

  #ended(task: HeldTask): void {
    this.#running.remove(task);
    // What the task left behind keeps the task, and should keep no more.
    task.arguments = undefined;
    if (this.#lease.answered()) return;
    if (this.#next < this.#held.length && this.#concurrency === 1) this.#returnHeld();
  }

  #returnHeld(): void {
    const ids = this.#held.slice(this.#next).map((task) => task.id);
    this.#held = [];
    this.#next = 0;
    this.#giveBack(ids);
  }

  #giveBack(ids: number[]): void {
    this.#lease.returned();
    this.#send(writeReturned(ids));
  }

  #abort(id: number, reason: unknown): void {
    const running = this.#running.byId(id);
    if (running !== undefined) {
      running.controller ??= new AbortController();
      running.controller.abort(reason ?? new CancelledError("The task was cancelled"));
      return;
    }
    const index = this.#held.findIndex((task) => task.id === id);
    if (index < this.#next) return;
    this.#held.splice(index, 1);
    this.#giveBack([id]);
  }
}

/**
 * Calls the function for the items that have no value yet, until one must be awaited, which is returned.
 *
 * A loop of its own: V8 compiles an async one late.
 */
function runItems(
  items: readonly unknown[],
  values: unknown[],
  call: TaskFunction,
  spread: boolean,
): PromiseLike<unknown> | undefined {
  for (let at = values.length; at < items.length; at++) {
    const item = items[at];
    const value = spread ? call(...item as unknown[]) : call(item);
    if (isThenable(value)) return value;
    values.push(value);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (typeof value === "object" ? value !== null : typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function";
}
