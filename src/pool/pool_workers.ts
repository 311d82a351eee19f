import { WorkerStartError } from "../errors.ts";
import type { WorkerCommand } from "../worker/command_line.ts";
import { type ReaperShare, shareReaper } from "../worker/reaper.ts";
import { type Greeting, greetings } from "./greeting.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import { PoolWorker, type PoolWorkerContext } from "./pool_worker.ts";
import type { Slot } from "./slot.ts";
import type { Task } from "./task.ts";
import type { TaskFactory } from "./task_factory.ts";
import type { WorkerInfo } from "./types.ts";
import { poolWorkerCommand } from "./worker_command.ts";

/** Whom a worker serves and tells. */
export type WorkerOwner = Pick<PoolWorkerContext, "scheduler" | "emit" | "onTaskError" | "onTurn">;

/** The worker processes of one pool, and its share of the reaper. */
export class PoolWorkers {
  readonly #options: ResolvedPoolOptions;
  readonly #command: WorkerCommand;
  readonly #hello: readonly Greeting[];
  readonly #memoryMarker = `corral-memory-${crypto.randomUUID()}`;
  readonly #living = new Map<number, PoolWorker>();
  #reaper: ReaperShare | undefined;
  #started = 0;
  #lost = 0;

  /** Starts no process yet. Throws when the workers may not be what the options say. */
  constructor(options: ResolvedPoolOptions, taskFactory: TaskFactory) {
    this.#options = options;
    this.#command = poolWorkerCommand(options);
    this.#hello = greetings(options, taskFactory, this.#memoryMarker);
  }

  /** How many were started. */
  get started(): number {
    return this.#started;
  }

  /** How many died unasked. */
  get lost(): number {
    return this.#lost;
  }

  /** Starts the worker of a slot. Throws WorkerStartError. */
  spawn(slot: Slot<Task>, owner: WorkerOwner): PoolWorker {
    const reaper = this.#reaper ??= shareReaper(this.#options.denoPath);
    const { maxFrameBytes, killGraceMs, passOutput } = this.#options;
    const worker = startWorker({
      ...owner,
      slot,
      process: { command: this.#command, maxFrameBytes, memoryMarker: this.#memoryMarker, killGraceMs, passOutput },
      hello: this.#hello[slot.index]!,
      onExit: (pid) => {
        reaper.unwatch(pid);
        if (slot.phase === "ready") this.#lost++;
        if (this.#living.get(slot.index) === worker) this.#living.delete(slot.index);
      },
    });
    this.#started++;
    this.#living.set(slot.index, worker);
    reaper.watch(worker.process.pid);
    return worker;
  }

  /** Ends all workers with SIGKILL. */
  kill(): void {
    for (const worker of this.#living.values()) worker.process.kill();
  }

  /** What is on its way into the workers' pipes. */
  writing(): Promise<void>[] {
    return [...this.#living.values()].flatMap(({ process }) => process.writing ?? []);
  }

  /** The workers that live now. */
  list(slots: readonly Slot<Task>[]): WorkerInfo[] {
    return slots.filter((slot) => this.#living.has(slot.index) && slot.phase !== "empty").map((slot) => ({
      workerId: slot.index,
      pid: this.#living.get(slot.index)!.process.pid,
      state: slot.phase === "ready" ? (slot.held.size > 0 ? "busy" : "idle") : slot.phase as "starting" | "stopping",
      tasksDone: slot.answered,
    }));
  }

  /** Starts the reaper. It would delay workers that still start. */
  startReaper(): void {
    this.#reaper?.start();
  }

  /** Waits until all that lay in the workers' pipes was read and reported. Resolves with `false` when that cannot be told. */
  fence(): Promise<boolean> {
    return this.#reaper?.fence() ?? Promise.resolve(false);
  }

  /** Gives the share of the reaper back. */
  release(): Promise<void> {
    return this.#reaper?.release() ?? Promise.resolve();
  }
}

function startWorker(context: PoolWorkerContext): PoolWorker {
  try {
    return new PoolWorker(context);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new WorkerStartError(`Cannot start a worker: ${message}`, { cause });
  }
}
