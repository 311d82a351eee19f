/** So much of what a worker printed may wait for those who take it: many times what a pipe holds, so that one that takes it quickly holds up nobody. */
const MOST_BYTES = 1024 * 1024;
/** What a print costs beside its bytes: a worker may print byte by byte. */
const PRINT_BYTES = 256;

/**
 * What a worker printed and those who asked for it have not taken yet. Where that is too much, the worker is read no further: its pipe fills, and
 * its next print waits, as that of any command before a reader that is slow. See `docs/decisions/standard_streams.md`.
 */
export class PrintBacklog {
  #bytes = 0;
  #room: PromiseWithResolvers<void> | undefined;
  #isOver = false;

  /** Resolves when it is time to look again whether the worker may be read; it may when it is `undefined`. */
  get room(): Promise<void> | undefined {
    return this.#room?.promise;
  }

  /** So many bytes were handed to somebody who says when he has taken them. */
  add(bytes: number, taken: PromiseLike<unknown>): void {
    if (this.#isOver) return;
    const size = bytes + PRINT_BYTES;
    this.#bytes += size;
    if (this.#bytes >= MOST_BYTES) this.#room ??= Promise.withResolvers();
    const free = (): void => this.#free(size);
    // What is wrong with it is told by who called the listener.
    taken.then(free, free);
  }

  /** Has those who wait for room look again: what lies in the pipe is wanted all the same. */
  wake(): void {
    if (this.#room === undefined) return;
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  /** The worker has ended: what is left in its pipes is little, and is read at once. */
  end(): void {
    this.#isOver = true;
    this.#resume();
  }

  #free(size: number): void {
    this.#bytes -= size;
    if (this.#bytes < MOST_BYTES / 2) this.#resume();
  }

  #resume(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
