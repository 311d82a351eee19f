/** A parent that lets more time pass may wake this process before it sends anything: see `StandbyWatch`. */
const QUICK_MS = 1;
/** With more, a program on a busy machine, where now and then an answer comes late, seldom gets there. */
const QUICK_ANSWERS = 4;

/**
 * Whether this process, when all it waits for is its parent, waits in a blocking read.
 *
 * A read that leaves the event loop running is done by another thread, and handing over costs more than a short call. So where
 * the parent answers at once, again and again, the process stops its loop until the next message. It tells the parent
 * before, which wakes it as soon as nothing comes any more; and between such reads the loop turns once a millisecond, so that
 * timers and sockets wait no longer than that and for one message. On standby a worker does not say that it started a task: whatever
 * comes is started. See `docs/decisions/handing_out.md`.
 */
export class Standby {
  #quickAnswers = 0;
  #on = false;

  /** Whether it does so now. */
  get on(): boolean {
    return this.#on;
  }

  /** The parent was all that the process waited for, and sent something so long after it last heard from here. */
  heard(afterMs: number): void {
    if (afterMs < QUICK_MS) this.#quickAnswers++;
    else this.leave();
  }

  /** A message is about to leave. Returns whether the parent must be told first. */
  enter(): boolean {
    if (this.#on || this.#quickAnswers < QUICK_ANSWERS) return false;
    this.#on = true;
    return true;
  }

  /** The event loop is needed. */
  leave(): void {
    this.#on = false;
    this.#quickAnswers = 0;
  }
}
