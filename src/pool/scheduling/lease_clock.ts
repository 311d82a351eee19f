/**
 * The parent's clock of one worker's lease on tasks that were sent ahead: how long the worker has been silent, and whether that can still be
 * a message that nobody has read yet. Why no task starts twice is told where both sides' limits stand, in `wire/messages/lease.ts`.
 *
 * Pure: it is told what happened, and when.
 */

/** The limits of a lease, in milliseconds; in a program those of `wire/messages/lease.ts`. */
export interface LeaseTimes {
  /** How old the last message may be for more to be sent ahead. */
  readonly freshMs: number;
  /** How long the worker may be silent while it holds tasks ahead. */
  readonly silenceMs: number;
}

const NO_FENCE = -1;

/** Counts what is read from one worker, and the silence since. */
export class LeaseClock {
  readonly #times: LeaseTimes;
  /** When a message was last read. */
  #lastReadAt = -Infinity;
  #reads = 0;
  /** How many reads there had been when the fence was raised that is up now. */
  #readsAtFence = NO_FENCE;
  #fenceNotBefore = 0;

  constructor(times: LeaseTimes) {
    this.#times = times;
  }

  /** Something was read. */
  read(now: number): void {
    this.#lastReadAt = now;
    this.#reads++;
  }

  /** Whether what is sent ahead now arrives while the lease still runs. */
  isFresh(now: number): boolean {
    return now - this.#lastReadAt <= this.#times.freshMs;
  }

  /** When the silence must be looked at of a worker whose first task is the first since then, and holds more behind it. */
  deadline(headSince: number): number {
    if (this.#readsAtFence === this.#reads) return Infinity;
    return Math.max(this.#lastReadAt, headSince, this.#fenceNotBefore) + this.#times.silenceMs;
  }

  /**
   * The worker has been silent for so long that only an unread answer can say that it goes on: the pipes must be read now.
   * Returns the mark of this silence.
   */
  raiseFence(): number {
    this.#readsAtFence = this.#reads;
    return this.#reads;
  }

  /** Whether nothing came since the fence with this mark was raised, and the fence is still the one that counts. */
  isSilentSince(mark: number): boolean {
    return this.#readsAtFence === mark && this.#reads === mark;
  }

  /** The pipes could not be read: the fence with this mark is to be raised again later. */
  lowerFence(mark: number, now: number): void {
    if (this.#readsAtFence !== mark) return;
    this.#readsAtFence = NO_FENCE;
    this.#fenceNotBefore = now;
  }
}
