import { every, type Timer } from "../../timer.ts";

/** A program that is held up feeds no worker, and hears none: its start has so many steps, of which that takes one. */
const STEPS = 10;

/** How long a worker may take until it is ready, or says what failed. */
export class StartLimit {
  readonly #timer: Timer;
  #steps = 0;

  /**
   * Starts the clock, which does not keep the program alive.
   *
   * @param limitMs `Infinity` for any time.
   * @param onOver Called at the last step, once.
   * @param start What starts the clock.
   */
  constructor(limitMs: number, onOver: () => void, start: typeof every = every) {
    this.#timer = start(limitMs / STEPS, () => {
      if (++this.#steps < STEPS) return;
      this.end();
      onOver();
    });
    this.#timer.setReferenced(false);
  }

  /** The worker is ready, has failed, or has ended. */
  end(): void {
    this.#timer.cancel();
  }
}
