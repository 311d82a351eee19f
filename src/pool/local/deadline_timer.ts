import { after, monotonicMs, type Timer } from "../../timer.ts";

/** A timer that fires so late does so in a program that was held up. */
const HELD_UP_MS = 2;

/** Calls back when a deadline is due that may move at any time. */
export class DeadlineTimer {
  readonly #onDue: () => void;
  readonly #catchUp: (from: number) => Promise<void>;
  #timer: Timer | undefined;
  #at = Infinity;
  #ended = false;
  /** Settles when nothing is caught up with any more. */
  #firing: Promise<void> | undefined;

  /** @param catchUp Reads what has come while the program was held up, since that deadline at least: what is due by the clock may have been in time. */
  constructor(onDue: () => void, catchUp: (from: number) => Promise<void>) {
    this.#onDue = onDue;
    this.#catchUp = catchUp;
  }

  /** Sees to a call at `deadline` or before; an earlier one that was asked for stays. `referenced`: it keeps the program alive. */
  arm(deadline: number, referenced: boolean): void {
    if (this.#ended) return;
    if (deadline < this.#at) {
      this.#timer?.cancel();
      this.#at = deadline;
      this.#timer = after(deadline - monotonicMs(), () => void (this.#firing = this.#fire()));
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
    if (monotonicMs() - this.#at > HELD_UP_MS) await this.#catchUp(this.#at);
    this.#at = Infinity;
    if (!this.#ended) this.#onDue();
  }
}
