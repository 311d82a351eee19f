import type { Clock } from "../clock.ts";

/**
 * Looks after something again and again, each time a while after the last look has ended.
 *
 * By an interval, looks would gather while the server is away, since each waits for it; when it is back, all of them would do what one is to do.
 */
export class Rounds {
  readonly #clock: Clock;
  readonly #pauseMs: number;
  readonly #look: () => Promise<void>;
  #timer: { cancel(): void } | undefined;
  #stopped = false;

  /** @param look What fails is tried again in the next round. */
  constructor(clock: Clock, pauseMs: number, look: () => Promise<void>) {
    this.#clock = clock;
    this.#pauseMs = pauseMs;
    this.#look = look;
    this.#later();
  }

  /** Begins no more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #later(): void {
    if (!this.#stopped) this.#timer = this.#clock.after(this.#pauseMs, () => void this.#round());
  }

  async #round(): Promise<void> {
    await this.#look().catch(() => {});
    this.#later();
  }
}
