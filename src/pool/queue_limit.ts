import { QueueFullError, TimeoutError } from "../errors.ts";
import { checkWait, until, type WaitLimit } from "../timer.ts";
import type { PoolCounts } from "./observing/stats.ts";

/** How many tasks of a pool may wait for a worker. */
export class QueueLimit {
  readonly #counts: PoolCounts;
  readonly #max: number;
  readonly #waiters = new Set<() => void>();

  constructor(counts: PoolCounts, max: number) {
    this.#counts = counts;
    this.#max = max;
  }

  /** Whether one more may. */
  get hasRoom(): boolean {
    return this.#counts.queued < this.#max;
  }

  /** Throws QueueFullError when none may. */
  requireRoom(): void {
    if (this.hasRoom) return;
    throw new QueueFullError(
      `Cannot submit: ${this.#counts.queued} tasks wait for a worker, as many as "maxQueue" allows, await earlier results first, or the drain() of a pool`,
    );
  }

  /** Waits until one more may. */
  async drain(limit: WaitLimit): Promise<void> {
    checkWait(limit);
    if (this.hasRoom) return limit.signal?.throwIfAborted();
    const drained = await until((callback) => {
      this.#waiters.add(callback);
      this.#counts.onFewer = () => this.#tell();
      return () => this.#waiters.delete(callback);
    }, limit);
    if (!drained) {
      throw new TimeoutError(
        `Cannot submit: as many tasks as "maxQueue" allows wait for a worker after ${limit.timeoutMs} ms; nothing was submitted, await drain() again`,
      );
    }
  }

  #tell(): void {
    if (!this.hasRoom) return;
    this.#counts.onFewer = undefined;
    for (const waiter of [...this.#waiters]) waiter();
  }
}
