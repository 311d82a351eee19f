import { monotonicMs } from "../../timer.ts";
import type { WorkerEnd, WorkerIdentity } from "../backend.ts";
import { DurationHistogram } from "../../duration_histogram.ts";
import type { TaskOutcome, TaskPhase } from "./observer.ts";
import type { PoolStats } from "../types.ts";

/** Measures how much of the workers' time is put to use. */
class WorkerUse {
  readonly #ready = new Set<WorkerIdentity>();
  /** Whether each has something to do. */
  readonly #busy = new Map<WorkerIdentity, boolean>();
  #busyCount = 0;
  #readyMs = 0;
  #busyMs = 0;
  #at = 0;

  /** A worker can take tasks. */
  ready(worker: WorkerIdentity, at: number): void {
    this.#advance(at);
    this.#ready.add(worker);
  }

  /** A worker has something to do, or not any more. */
  setBusy(worker: WorkerIdentity, busy: boolean, at: number): void {
    this.#advance(at);
    this.#note(worker, busy);
  }

  /** A worker has ended. */
  ended(worker: WorkerIdentity, at: number): void {
    this.#advance(at);
    this.#ready.delete(worker);
    this.#note(worker, false);
    this.#busy.delete(worker);
  }

  /** The share of the time in which workers were ready that they had something to do, from 0 to 1. */
  shareUntil(at: number): number {
    this.#advance(at);
    return this.#readyMs === 0 ? 0 : Math.min(1, this.#busyMs / this.#readyMs);
  }

  // A set of those that are busy would be made again each time that the last one leaves it: twice for an awaited call.
  #note(worker: WorkerIdentity, busy: boolean): void {
    if ((this.#busy.get(worker) ?? false) === busy) return;
    this.#busy.set(worker, busy);
    this.#busyCount += busy ? 1 : -1;
  }

  #advance(at: number): void {
    // Several sources of time meet here, which may be microseconds apart.
    const passedMs = Math.max(0, at - this.#at);
    this.#readyMs += passedMs * this.#ready.size;
    this.#busyMs += passedMs * this.#busyCount;
    this.#at = Math.max(this.#at, at);
  }
}

/** Counts what happens in a pool: what `stats()` tells. The first of its observers, called directly, since it is always there. */
export class PoolCounts {
  readonly #waitingTime = new DurationHistogram();
  readonly #runningTime = new DurationHistogram();
  readonly #use = new WorkerUse();
  readonly #workers = { workersStarted: 0, workersLost: 0 };
  #submitted = 0;
  #completed = 0;
  #failed = 0;
  #cancelled = 0;
  #retried = 0;
  #waiting = 0;
  /** Those of them that no worker has had yet. What was given back does not take the room that a caller was told of. */
  #queued = 0;
  /** Called when fewer tasks wait, as long as somebody wants to know. */
  onFewer: (() => void) | undefined;

  /** Tasks that no worker has had yet. */
  get queued(): number {
    return this.#queued;
  }

  submitted(): void {
    this.#submitted++;
    this.#waiting++;
    this.#queued++;
  }

  sent(waitedMs: number, isFirst: boolean): void {
    this.#waiting--;
    this.#waitingTime.record(waitedMs);
    if (isFirst) this.#leaveQueue();
  }

  returned(): void {
    this.#waiting++;
  }

  retried(): void {
    this.#waiting++;
    this.#retried++;
  }

  settled(outcome: TaskOutcome, before: TaskPhase, wasSent: boolean): void {
    if (before === "waiting") this.#waiting--;
    if (!wasSent) this.#leaveQueue();
    if (outcome === "completed") this.#completed++;
    else if (outcome === "cancelled") this.#cancelled++;
    else this.#failed++;
  }

  spawned(): void {
    this.#workers.workersStarted++;
  }

  ran(msPerTask: number, tasks: number): void {
    this.#runningTime.record(msPerTask, tasks);
  }

  ready(worker: WorkerIdentity, at: number): void {
    this.#use.ready(worker, at);
  }

  setBusy(worker: WorkerIdentity, busy: boolean, at: number): void {
    this.#use.setBusy(worker, busy, at);
  }

  ended(worker: WorkerIdentity, { expected, wasReady }: WorkerEnd, at: number): void {
    this.#use.ended(worker, at);
    if (!expected && wasReady) this.#workers.workersLost++;
  }

  #leaveQueue(): void {
    this.#queued--;
    this.onFewer?.();
  }

  /** All counts so far. */
  summary(): PoolStats {
    const settled = this.#completed + this.#failed + this.#cancelled;
    return {
      submitted: this.#submitted,
      completed: this.#completed,
      failed: this.#failed,
      cancelled: this.#cancelled,
      retried: this.#retried,
      ...this.#workers,
      waiting: this.#waiting,
      queueSize: this.#queued,
      running: Math.max(0, this.#submitted - settled - this.#waiting),
      utilisation: this.#use.shareUntil(monotonicMs()),
      waitingTime: this.#waitingTime.summary(),
      runningTime: this.#runningTime.summary(),
    };
  }
}
