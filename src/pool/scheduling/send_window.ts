/** More in one worker's hands would gain nothing: 256 calls fill a write of some 10 KiB, which costs less than 1 µs per call. */
const MAX_TASKS = 256;

/** What lies in a pipe cannot go to another worker while it is being written: a pipe holds 64 KiB, and a few of them are on their way. */
const MAX_BYTES = 256 * 1024;

/**
 * How long the tasks in a worker's hands should take together. Longer comes too close to the lease of 3 ms, and they would be given back;
 * shorter makes more, smaller writes.
 */
const WORK_MS = 2;

/**
 * How many answers a worker must give, at most, before it is sent ahead again after it gave tasks back: each return doubles it. A worker
 * whose every other task is a long one would otherwise be sent tasks ahead for ever, only to return them.
 */
const MAX_PATIENCE = 128;

/** A worker that gave so many answers since its last return is a quick one that was held up once, as all are now and then on a busy machine. */
const RARE_RETURN_ANSWERS = 256;

/** Learns from a worker's answers how many tasks it may hold at once. Pure: it is told what happened. */
export class SendWindow {
  #tasks = 1;
  #costMs = 0;
  /** So many answers must come before it grows again. */
  #growAfter = 0;
  #patience = 1;
  #answersSinceReturn = Infinity;

  /** How many tasks the worker may hold. */
  get tasks(): number {
    return this.#tasks;
  }

  /** How many tasks more may be sent to a worker that holds so many, of so many bytes. */
  room(held: number, heldBytes: number): number {
    if (heldBytes > MAX_BYTES) return 0;
    // Topping up by halves keeps the number of writes small.
    return held > this.#tasks / 2 ? 0 : this.#tasks - held;
  }

  /** Whether a worker may hold so many bytes. */
  fits(bytes: number): boolean {
    return bytes <= MAX_BYTES;
  }

  /** A worker gave answers that took so long each. One that ran dry could have had more; one that did not shows what a task costs. */
  answered(answers: number, costMs: number, ranDry: boolean): void {
    this.#growAfter -= answers;
    this.#answersSinceReturn += answers;
    if (this.#growAfter > 0) return;
    if (ranDry) {
      this.#tasks = Math.min(MAX_TASKS, this.#tasks * 2);
    } else {
      this.#costMs = this.#costMs === 0 ? costMs : (this.#costMs + costMs) / 2;
      this.#tasks = Math.max(1, Math.min(MAX_TASKS, Math.floor(WORK_MS / this.#costMs)));
    }
  }

  /** The worker was too slow for what it held: it is sent less for a while, longer each time. */
  shrink(): void {
    this.#tasks = 1;
    this.#costMs = 0;
    const isRare = this.#answersSinceReturn > RARE_RETURN_ANSWERS;
    this.#patience = isRare ? 2 : Math.min(MAX_PATIENCE, this.#patience * 2);
    this.#growAfter = this.#patience;
    this.#answersSinceReturn = 0;
  }
}
