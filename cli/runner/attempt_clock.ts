import type { Standstills } from "./protocol.ts";

/** The time that an attempt at a record takes. */
export class AttemptClock {
  readonly #standstills: Standstills | undefined;
  #startedAt = 0;
  /** Up to when `#stoodMs` is known. */
  #askedAt = 0;
  #stoodMs = 0;

  constructor(standstills: Standstills | undefined) {
    this.#standstills = standstills;
  }

  /** When it began. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** How long ago that was. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** For how long it has run, as far as is known: while all of this process stood still, it did not. */
  get ranMs(): number {
    return this.elapsedMs - this.#stoodMs;
  }

  /** Another attempt begins. */
  start(now: number): void {
    this.#startedAt = this.#askedAt = now;
    this.#stoodMs = 0;
  }

  /**
   * Whether it has run for so long. Nothing in a process that was stopped can tell that it was, so the program is asked: it was
   * stopped too, and looks at its clock all the time.
   */
  async hasRunFor(limitMs: number): Promise<boolean> {
    while (this.ranMs >= limitMs) {
      // While the answer is on its way, all may be stopped once more.
      if (!await this.#ask()) return true;
    }
    return false;
  }

  /** Returns whether anything was not known. */
  async #ask(): Promise<boolean> {
    const startedAt = this.#startedAt;
    const now = performance.now();
    const ms = now - this.#askedAt;
    this.#askedAt = now;
    let stoodMs = 0;
    try {
      stoodMs = await this.#standstills?.within(ms) ?? 0;
    } catch {
      // The program ends, or the function has broken what asks: this clock alone decides.
    }
    if (startedAt === this.#startedAt) this.#stoodMs += stoodMs;
    return stoodMs > 0;
  }
}
