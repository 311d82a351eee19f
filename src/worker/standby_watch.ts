import { every, type Timer } from "../timer.ts";

const SILENCE_MS = 1;

/**
 * Wakes a process on standby when nothing was sent to it for a millisecond or two: it needs its event loop, whatever it does.
 *
 * Not while its loop turns anyway: a program that waits for its answer is silent, and on a busy machine for longer than that. What it
 * answers is followed by the next call, mostly, and after each waking four calls take twice as long.
 */
export class StandbyWatch {
  readonly #wake: () => void;
  readonly #turns: () => boolean;
  readonly #every: typeof every;
  #timer: Timer | undefined;
  #wasSent = false;

  /**
   * @param turns Whether the loop of the process turns now, or will when it has read what is on its way.
   * @param start What starts its clock.
   */
  constructor(wake: () => void, turns: () => boolean, start: typeof every = every) {
    this.#wake = wake;
    this.#turns = turns;
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
    if (this.#turns()) return;
    if (this.#wasSent) return void (this.#wasSent = false);
    this.end();
    this.#wake();
  }
}
