import { monotonicMs } from "../timer.ts";

/** When what was sent to a worker has left for it: before that, nothing of it can run there. */
export class LeavingWatch {
  readonly #now: () => number;
  #end = Infinity;
  #leftAt = -Infinity;

  /** @param now A clock, in milliseconds. */
  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /** When it was found that what was watched last had left. */
  get leftAt(): number {
    return this.#leftAt;
  }

  /** Watches all that was appended until now: so many bytes. */
  watch(appendedBytes: number): void {
    this.#end = appendedBytes;
  }

  /** So many bytes have left. */
  written(writtenBytes: number): void {
    if (writtenBytes < this.#end) return;
    this.#end = Infinity;
    this.#leftAt = this.#now();
  }
}
