import type { EndReason } from "../records/run_events.ts";

const STEP_MS = 250;
/** After so many steps in which an output took nothing it is left, when a run is to end at once. */
const MAX_IDLE_STEPS = 8;

/**
 * How long a run waits for its outputs. A reader may stand still while the run goes on, and is waited for; once the run is to end at once,
 * only as long as it takes something.
 */
export class Patience implements Disposable {
  readonly #taken: () => number;
  readonly #onOver: () => void;
  #over = Promise.withResolvers<void>();
  #isOver = false;
  #reason: EndReason | undefined;
  #endReason: EndReason | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `taken` grows with what the outputs take; `onOver` is called when they are waited for no longer. */
  constructor(taken: () => number, onOver: () => void) {
    this.#taken = taken;
    this.#onOver = onOver;
  }

  /** Why the run has ended, where an output was left that had not taken everything. */
  get endReason(): EndReason | undefined {
    return this.#endReason;
  }

  /** From now on, waits only while something is taken; told so again, not at all. */
  limit(reason: "interrupted" | "out of time"): void {
    if (this.#reason !== undefined) return this.#end();
    this.#reason = reason;
    this.#watch();
  }

  /** Waits for what is done to an output, as long as there is patience; does nothing where there is none left. */
  async waitFor(work: () => Promise<void>): Promise<void> {
    if (!this.#isOver) await Promise.race([work(), this.#over.promise]);
  }

  /** Begins to wait for other outputs: that the one of the results was left says nothing about them. */
  renew(): void {
    if (!this.#isOver) return;
    this.#isOver = false;
    this.#over = Promise.withResolvers();
    this.#watch();
  }

  /** Watches no more. */
  [Symbol.dispose](): void {
    // Deno loads Node's timers as soon as code looks at the function.
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Counts its own steps, not the clock: while this program computes, nothing can be taken. */
  #watch(): void {
    let taken = this.#taken();
    let idleSteps = 0;
    this.#timer = setInterval(() => {
      const now = this.#taken();
      idleSteps = now === taken ? idleSteps + 1 : 0;
      taken = now;
      if (idleSteps === MAX_IDLE_STEPS) this.#end();
    }, STEP_MS);
  }

  #end(): void {
    if (this.#isOver) return;
    this[Symbol.dispose]();
    this.#isOver = true;
    this.#endReason = this.#reason;
    this.#over.resolve();
    this.#onOver();
  }
}
