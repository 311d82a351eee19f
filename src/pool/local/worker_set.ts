// Workers may answer with a handle of any kind, whatever the program itself imports.
import "../../handles.ts";
import { monotonicMs } from "../../timer.ts";
import type { Hello } from "../../worker/hello.ts";
import type { WorkerLauncher } from "../../worker/launch.ts";
import type { WorkerIdentity, WorkerInfo, WorkerListener } from "../backend.ts";
import type { Scheduler } from "../scheduling/scheduler.ts";
import type { Slot } from "../scheduling/slot.ts";
import { FunctionNumbers } from "./function_numbers.ts";
import type { TaskRecord } from "./task_record.ts";
import { WorkerAdapter, type WorkerAdapterContext } from "./worker_adapter.ts";

/** How the workers of a set are started. */
export interface WorkerSetOptions {
  readonly launcher: WorkerLauncher;
  /** The first message to each, by its number. */
  readonly hellos: readonly Hello[];
  /** Whether this program prints what they print. */
  readonly passOutput: boolean;
  readonly maxFrameBytes: number;
  readonly maxTasksPerChild: number;
  readonly startTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly listener: WorkerListener;
}

/** The worker processes of one backend that live. */
export class WorkerSet {
  readonly #options: WorkerSetOptions;
  readonly #functions = new FunctionNumbers();
  readonly #living: (WorkerAdapter | undefined)[] = [];

  /** Starts no process yet. */
  constructor(options: WorkerSetOptions) {
    this.#options = options;
  }

  /** Starts the worker of a slot. Throws WorkerStartError. */
  spawn(slot: Slot<TaskRecord>, owner: Pick<WorkerAdapterContext, "scheduler" | "onTurn">): WorkerAdapter {
    const { launcher, hellos, passOutput, maxFrameBytes, startTimeoutMs, listener } = this.#options;
    const worker = new WorkerAdapter({
      ...owner,
      slot,
      maxFrameBytes,
      startTimeoutMs,
      functions: this.#functions,
      listener,
      start: (events) => launcher.start({ name: "a worker", hello: hellos[slot.index]!, events, passOutput }),
      onRun: () => this.#prepareSpare(slot, owner.scheduler),
      onExit: ({ exitCode, signal }) => {
        if (this.#living[slot.index] === worker) this.#living[slot.index] = undefined;
        const wasReady = slot.phase === "ready";
        const expected = !wasReady && slot.phase !== "starting";
        listener.ended(worker.identity, { exitCode, signal, expected, wasReady }, monotonicMs());
      },
    });
    this.#living[slot.index] = worker;
    this.#prepareSpare(slot, owner.scheduler);
    return worker;
  }

  /** Has the process of the next worker started while this one has its last task before it, or works on it. */
  #prepareSpare(slot: Slot<TaskRecord>, scheduler: Scheduler<TaskRecord>): void {
    const { launcher, maxTasksPerChild, idleTimeoutMs, passOutput } = this.#options;
    const left = maxTasksPerChild - (slot.present?.taken ?? 0);
    if (left <= 1 && scheduler.goesOn) launcher.prepare({ passOutput }, idleTimeoutMs);
  }

  /** Which worker is in a slot. */
  identityOf(slotIndex: number): WorkerIdentity | undefined {
    return this.#living[slotIndex]?.identity;
  }

  /** Ends all workers with SIGKILL. */
  kill(): void {
    for (const worker of this.#living) worker?.process.kill();
  }

  /** Ends one worker with SIGKILL. Tells whether there was one. */
  killOne(slotIndex: number): boolean {
    const worker = this.#living[slotIndex];
    worker?.process.kill();
    return worker !== undefined;
  }

  /** What is on its way into the pipes of workers that can do nothing else before they have it. */
  awaitedWrites(): Promise<void>[] {
    return this.#living.flatMap((worker) => worker?.awaitedWrite ?? []);
  }

  /** The slots whose workers got tasks to start since then. */
  fedSince(from: number): number[] {
    return this.#living.flatMap((worker) => {
      return worker !== undefined && worker.process.leaving.leftAt >= from ? [worker.identity.workerId] : [];
    });
  }

  /** Has what lies in the pipe of a slot's worker read, whatever it printed. */
  readOn(slotIndex: number): void {
    this.#living[slotIndex]?.process.readOn();
  }

  /** What was read of the workers' pipes, and is not handled yet. */
  reading(): Promise<void>[] {
    return this.#living.flatMap((worker) => worker?.process.reading ?? []);
  }

  /** The workers that live now. */
  list(slots: readonly Slot<TaskRecord>[]): WorkerInfo[] {
    return slots.flatMap((slot) => {
      const worker = this.#living[slot.index];
      if (worker === undefined || slot.phase === "empty") return [];
      const state = slot.phase === "ready" ? (slot.held.size > 0 ? "busy" : "idle") : slot.phase;
      return [{ ...worker.identity, state, tasksDone: slot.present!.answered }];
    });
  }
}
