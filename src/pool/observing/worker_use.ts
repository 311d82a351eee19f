import type { WorkerIdentity } from "../backend.ts";

/** Measures how much of the workers' time is put to use. */
export class WorkerUse {
  readonly #ready = new Set<WorkerIdentity>();
  readonly #busy = new Set<WorkerIdentity>();
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
    if (busy) this.#busy.add(worker);
    else this.#busy.delete(worker);
  }

  /** A worker has ended. */
  ended(worker: WorkerIdentity, at: number): void {
    this.#advance(at);
    this.#ready.delete(worker);
    this.#busy.delete(worker);
  }

  /** The share of the time in which workers were ready that they had something to do, from 0 to 1. */
  shareUntil(at: number): number {
    this.#advance(at);
    return this.#readyMs === 0 ? 0 : Math.min(1, this.#busyMs / this.#readyMs);
  }

  #advance(at: number): void {
    // Several sources of time meet here, which may be microseconds apart.
    const passedMs = Math.max(0, at - this.#at);
    this.#readyMs += passedMs * this.#ready.size;
    this.#busyMs += passedMs * this.#busy.size;
    this.#at = Math.max(this.#at, at);
  }
}
