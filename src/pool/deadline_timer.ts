/** Calls back when a deadline is due that may move at any time. */
export class DeadlineTimer {
  readonly #onDue: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #at = Infinity;
  #referenced = false;
  #ended = false;

  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** Sees to a call at `deadline` or before; an earlier one that was asked for stays. `referenced`: it keeps the program alive. */
  arm(deadline: number, referenced: boolean): void {
    if (this.#ended) return;
    if (deadline < this.#at) {
      clearTimeout(this.#timer);
      this.#at = deadline;
      this.#timer = setTimeout(() => this.#fire(), Math.max(0, deadline - performance.now()));
      this.#referenced = true;
    }
    this.#setReferenced(referenced);
  }

  /** No more calls. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #fire(): void {
    this.#timer = undefined;
    this.#at = Infinity;
    this.#onDue();
  }

  #setReferenced(referenced: boolean): void {
    if (this.#timer === undefined || referenced === this.#referenced) return;
    this.#referenced = referenced;
    if (referenced) this.#timer.ref();
    else this.#timer.unref();
  }
}
