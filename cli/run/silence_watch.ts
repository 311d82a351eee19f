import type { RunningBlock } from "./running_block.ts";
import { GRACE_MS } from "./runner_function.ts";

const SMALLEST_STEP_MS = 10;
const LARGEST_STEP_MS = 250;

/**
 * Finds workers whose record has run out of time, and who cannot tell: a loop that never ends lets nothing else run there.
 *
 * Counts its own steps, not the clock: when this program itself was held up, what workers said meanwhile lies unread.
 */
export class SilenceWatch {
  readonly #blocks: ReadonlySet<RunningBlock>;
  readonly #onSilent: (block: RunningBlock) => void;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(blocks: ReadonlySet<RunningBlock>, onSilent: (block: RunningBlock) => void) {
    this.#blocks = blocks;
    this.#onSilent = onSilent;
  }

  /** Watches; steps are made for limits of about `timeoutMs`. */
  start(timeoutMs: number): void {
    if (this.#timer !== undefined) return;
    const stepMs = Math.min(LARGEST_STEP_MS, Math.max(SMALLEST_STEP_MS, timeoutMs / 10));
    this.#timer = setInterval(() => this.#step(stepMs), stepMs);
  }

  /** Watches no more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #step(stepMs: number): void {
    for (const block of this.#blocks) {
      if (!block.hasBegun || block.timeoutMs === null || block.isOutOfTime) continue;
      block.silentMs += stepMs;
      if (block.silentMs > block.timeoutMs + GRACE_MS + stepMs) this.#onSilent(block);
    }
  }
}
