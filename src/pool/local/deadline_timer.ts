import { after, monotonicMs, type Timer } from "../../timer.ts";

/** Calls back when a deadline is due that may move at any time. */
export class DeadlineTimer {
  readonly #onDue: () => void;
  #timer: Timer | undefined;
  #at = Infinity;
  #ended = false;

  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** Sees to a call at `deadline` or before; an earlier one that was asked for stays. `referenced`: it keeps the program alive. */
  arm(deadline: number, referenced: boolean): void {
    if (this.#ended) return;
    if (deadline < this.#at) {
      this.#timer?.cancel();
      this.#at = deadline;
      this.#timer = after(deadline - monotonicMs(), () => this.#fire());
    }
    this.#timer?.setReferenced(referenced);
  }

  /** No more calls. */
  end(): void {
    this.#ended = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #fire(): void {
    this.#timer = undefined;
    this.#at = Infinity;
    this.#onDue();
  }
}
