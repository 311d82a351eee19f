// Workers may answer with a handle of any kind, whatever the program itself imports.
import "../handles.ts";
import type { Hello } from "../worker/hello.ts";
import type { WorkerLauncher } from "../worker/launch.ts";
import { poolHellos } from "./hellos.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import { PoolWorker, type PoolWorkerContext } from "./pool_worker.ts";
import type { Slot } from "./slot.ts";
import type { Task } from "./task.ts";
import type { TaskFactory } from "./task_factory.ts";
import type { WorkerInfo } from "./types.ts";

/** Whom a worker serves and tells. */
export type WorkerOwner = Pick<PoolWorkerContext, "scheduler" | "emit" | "onTaskError" | "onTurn">;

/** The worker processes of one pool. */
export class PoolWorkers {
  readonly #launcher: WorkerLauncher;
  readonly #hellos: readonly Hello[];
  readonly #passOutput: boolean;
  readonly #maxFrameBytes: number;
  readonly #living = new Map<number, PoolWorker>();
  #started = 0;
  #lost = 0;

  /** Starts no process yet. Throws what is wrong with `initializer` and `initArgs`. */
  constructor(options: ResolvedPoolOptions, taskFactory: TaskFactory, launcher: WorkerLauncher) {
    this.#launcher = launcher;
    this.#hellos = poolHellos(options, taskFactory, launcher);
    this.#passOutput = options.passOutput;
    this.#maxFrameBytes = options.maxFrameBytes;
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
    const worker = new PoolWorker({
      ...owner,
      slot,
      maxFrameBytes: this.#maxFrameBytes,
      start: (events) =>
        this.#launcher.start({
          name: "a worker",
          hello: this.#hellos[slot.index]!,
          events,
          passOutput: this.#passOutput,
        }),
      onExit: () => {
        if (slot.phase === "ready") this.#lost++;
        if (this.#living.get(slot.index) === worker) this.#living.delete(slot.index);
      },
    });
    this.#started++;
    this.#living.set(slot.index, worker);
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
}
