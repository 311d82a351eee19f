import { monotonicMs } from "../timer.ts";
import type { WorkerEnd, WorkerIdentity } from "./backend.ts";
import { DurationHistogram } from "../duration_histogram.ts";
import type { ObservedTask, PoolObserver, TaskPhase } from "./observer.ts";
import type { PoolStats } from "./types.ts";
import { WorkerUse } from "./worker_use.ts";

/** Counts what happens in a pool. */
export class StatsObserver implements PoolObserver {
  readonly #waitingTime = new DurationHistogram();
  readonly #runningTime = new DurationHistogram();
  readonly #counts = { submitted: 0, completed: 0, failed: 0, cancelled: 0, retried: 0 };
  #waiting = 0;
  #unsettled = 0;
  readonly #workers = { workersStarted: 0, workersLost: 0 };
  readonly #use = new WorkerUse();

  submitted(): void {
    this.#counts.submitted++;
    this.#unsettled++;
    this.#waiting++;
  }

  sent({ sentAt, waitingSince }: ObservedTask): void {
    this.#waiting--;
    this.#waitingTime.record(sentAt! - waitingSince);
  }

  returned(): void {
    this.#waiting++;
  }

  retried(): void {
    this.#waiting++;
    this.#counts.retried++;
  }

  settled({ outcome }: ObservedTask, before: TaskPhase): void {
    this.#unsettled--;
    if (before === "waiting") this.#waiting--;
    if (outcome === "completed") this.#counts.completed++;
    else if (outcome === "cancelled") this.#counts.cancelled++;
    else this.#counts.failed++;
  }

  workerSpawned(): void {
    this.#workers.workersStarted++;
  }

  workerRan(msPerTask: number, tasks: number): void {
    this.#runningTime.record(msPerTask, tasks);
  }

  workerReady(worker: WorkerIdentity, at: number): void {
    this.#use.ready(worker, at);
  }

  workerBusy(worker: WorkerIdentity, at: number): void {
    this.#use.setBusy(worker, true, at);
  }

  workerIdle(worker: WorkerIdentity, at: number): void {
    this.#use.setBusy(worker, false, at);
  }

  workerEnded(worker: WorkerIdentity, { expected, wasReady }: WorkerEnd, at: number): void {
    this.#use.ended(worker, at);
    if (!expected && wasReady) this.#workers.workersLost++;
  }

  /** Tasks that no worker has. */
  get waiting(): number {
    return this.#waiting;
  }

  /** All counts so far. */
  summary(): PoolStats {
    return {
      ...this.#counts,
      ...this.#workers,
      waiting: this.#waiting,
      queueSize: this.#waiting,
      running: Math.max(0, this.#unsettled - this.#waiting),
      utilisation: this.#use.shareUntil(monotonicMs()),
      waitingTime: this.#waitingTime.summary(),
      runningTime: this.#runningTime.summary(),
    };
  }
}
