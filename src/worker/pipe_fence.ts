/**
 * Tells when everything that lay in a pipe to this program has been read, and handled by its reader.
 *
 * An event loop may run timers for long without looking at its pipes, so time alone says nothing. But the echo of
 * another process comes through the same poll as everything that was in a pipe before it. Twice, because
 * the first echo may be handled before the reads that became ready with it.
 *
 * The scheduler's promise that no task starts twice rests on this.
 */
export class PipeFence {
  readonly #ask: () => void;
  #isBroken = false;
  #waiting: ((heard: boolean) => void)[] = [];

  /** @param ask Asks another process to write one byte. */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /**
   * Resolves with `true` when what lay in a pipe at the time of the call has been handled, with `false` when that cannot be told, because
   * the other process is gone.
   */
  async passed(): Promise<boolean> {
    return await this.#echo() && await this.#echo();
  }

  /** That many bytes came back. */
  heard(count: number): void {
    for (const resolve of this.#waiting.splice(0, count)) resolve(true);
  }

  /** The other process is gone: no echo will come. A fence is for one process, since the next one answers other questions. */
  break(): void {
    this.#isBroken = true;
    for (const resolve of this.#waiting.splice(0)) resolve(false);
  }

  #echo(): Promise<boolean> {
    if (this.#isBroken) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.push(resolve);
    this.#ask();
    return promise;
  }
}
