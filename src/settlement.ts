/** Whether a promise is settled, for all who wait for that. */

// One promise is subscribed to once, however many waits it takes part in: subscriptions cannot be taken back.
const settlements = new WeakMap<PromiseLike<unknown>, Settlement>();

/** Knows whether a promise is settled, and tells those who wait for it. */
export class Settlement {
  #isReached = false;
  readonly #listeners = new Set<() => void>();

  private constructor(promise: PromiseLike<unknown>) {
    const settle = (): void => {
      this.#isReached = true;
      for (const listener of this.#listeners) listener();
      this.#listeners.clear();
    };
    promise.then(settle, settle);
  }

  /** That of a promise: the same one whenever it is asked for. */
  static of(promise: PromiseLike<unknown>): Settlement {
    let settlement = settlements.get(promise);
    if (settlement === undefined) settlements.set(promise, settlement = new Settlement(promise));
    return settlement;
  }

  /** Whether the promise is settled. One that is tells so only after a turn. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** Calls `listener` when it is settled, unless the returned function was called before. */
  whenReached(listener: () => void): () => void {
    if (this.#isReached) listener();
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
