const QUICK_MS = 0.5;
const QUICK_CALLS = 16;
const LOOP_STOPPED_MS = 2;

/**
 * Whether the worker waits for its next task in a blocking read.
 *
 * A read that leaves the event loop running is done by another thread, and handing over costs a third of a short call. So
 * where one awaited call follows the other at once, the worker stops its loop while it has no task. It tells the parent
 * before, which wakes it as soon as no call follows, and lets its loop turn every two milliseconds while they do: what
 * tasks left running, such as timers, waits no longer. On standby a worker does not say that it started a task: whatever comes is started.
 */
export class Standby {
  #quickCalls = 0;
  #on = false;
  #turnedAt = -Infinity;

  /** Whether the worker does so now. */
  get on(): boolean {
    return this.#on;
  }

  /** Whether the next read may block. */
  mayBlock(now: number): boolean {
    return this.#on && now - this.#turnedAt < LOOP_STOPPED_MS;
  }

  /** The event loop has run. */
  turned(now: number): void {
    this.#turnedAt = now;
  }

  /** A task came to the idle worker, so long after its last answer. */
  called(idleMs: number): void {
    this.#quickCalls = idleMs < QUICK_MS ? this.#quickCalls + 1 : 0;
  }

  /** The worker is about to answer its only task. Returns whether the parent must be told first. */
  enter(): boolean {
    if (this.#on || this.#quickCalls < QUICK_CALLS) return false;
    this.#on = true;
    return true;
  }

  /** The event loop is needed. */
  leave(): void {
    this.#on = false;
    this.#quickCalls = 0;
  }
}
