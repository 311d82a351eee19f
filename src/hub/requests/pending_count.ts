/** Counts what is under way, and tells when the first begins and when the last has ended. */
export class PendingCount {
  readonly #listeners = new Set<() => void>();
  #count = 0;

  /** Whether anything is under way. */
  get any(): boolean {
    return this.#count > 0;
  }

  /** Counts a promise until it is settled. Anything else has ended already. */
  track<T>(value: T): T {
    if (!(value instanceof Promise)) return value;
    return this.#trackPromise(value) as T;
  }

  /** Something has begun. */
  begin(): void {
    this.#add(1);
  }

  /** Something that had begun has ended. */
  end(): void {
    this.#add(-1);
  }

  /** Calls `listener` when `any` has changed, until the function that it returns is called. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #trackPromise<T>(promise: Promise<T>): Promise<T> {
    this.#add(1);
    try {
      return await promise;
    } finally {
      this.#add(-1);
    }
  }

  #add(step: 1 | -1): void {
    const before = this.any;
    this.#count += step;
    if (this.any === before) return;
    for (const listener of this.#listeners) listener();
  }
}
