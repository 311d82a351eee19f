import { every, type Timer } from "../timer.ts";

const SILENCE_MS = 1;

/** Wakes a process on standby when nothing was sent to it for a millisecond or two: it needs its event loop, whatever it does. */
export class StandbyWatch {
  readonly #wake: () => void;
  readonly #every: typeof every;
  #timer: Timer | undefined;
  #wasSent = false;

  /** @param start What starts its clock. */
  constructor(wake: () => void, start: typeof every = every) {
    this.#wake = wake;
    this.#every = start;
  }

  /** The process went on standby. */
  begin(): void {
    this.#wasSent = true;
    if (this.#timer !== undefined) return;
    this.#timer = this.#every(SILENCE_MS, () => this.#check());
    this.#timer.setReferenced(false);
  }

  /** Something will be sent in this turn, which ends the blocking read. */
  sent(): void {
    this.#wasSent = true;
  }

  /** The process has ended, or is awake. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #check(): void {
    if (this.#wasSent) return void (this.#wasSent = false);
    this.end();
    this.#wake();
  }
}
