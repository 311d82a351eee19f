import { after, monotonicMs, type Timer } from "../../timer.ts";

/** A timer that fires so late does so in a program that was held up. */
const HELD_UP_MS = 2;
/** One that fires so late does so in a program that was stopped, perhaps, and its workers with it: by Ctrl-Z, for example. */
const STOPPED_MS = 1000;
/** Longer than that is not slept for a deadline: a program that is stopped meanwhile would not be seen to have been. */
const STEP_MS = 1000;

/** Calls back when a deadline is due that may move at any time. */
export class DeadlineTimer {
  readonly #onDue: () => void;
  readonly #catchUp: (from: number, mayHaveStopped: boolean) => Promise<void>;
  #timer: Timer | undefined;
  /** When it is to fire. */
  #firesAt = 0;
  #at = Infinity;
  #ended = false;
  /** Settles when nothing is caught up with any more. */
  #firing: Promise<void> | undefined;

  /**
   * @param onDue Looks at deadlines, and arms the timer again. It may be called early.
   * @param catchUp Reads what has come while the program was held up, since that deadline at least: what is due by the clock may have been in time.
   */
  constructor(onDue: () => void, catchUp: (from: number, mayHaveStopped: boolean) => Promise<void>) {
    this.#onDue = onDue;
    this.#catchUp = catchUp;
  }

  /** Sees to a call at `deadline` or before; an earlier one that was asked for stays. `referenced`: it keeps the program alive. */
  arm(deadline: number, referenced: boolean): void {
    if (this.#ended) return;
    if (deadline < this.#at) {
      this.#timer?.cancel();
      this.#at = deadline;
      const now = monotonicMs();
      // An idle pool need not know.
      this.#firesAt = referenced ? Math.min(deadline, now + STEP_MS) : deadline;
      this.#timer = after(this.#firesAt - now, () => void (this.#firing = this.#fire()));
    }
    this.#timer?.setReferenced(referenced);
  }

  /** No more calls. Resolves when nothing goes on for one. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#firing;
  }

  async #fire(): Promise<void> {
    this.#timer = undefined;
    // The deadline stays until it was looked at, so that nobody asks for it once more.
    const now = monotonicMs();
    const mayHaveStopped = now - this.#firesAt >= STOPPED_MS;
    if (mayHaveStopped || now - this.#at > HELD_UP_MS) await this.#catchUp(this.#at, mayHaveStopped);
    this.#at = Infinity;
    if (!this.#ended) this.#onDue();
  }
}
