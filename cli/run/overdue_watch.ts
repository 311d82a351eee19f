import { GRACE_MS } from "./runner_function.ts";

const SMALLEST_STEP_MS = 10;
const LARGEST_STEP_MS = 250;

/** A block as it is watched. */
export interface WatchedBlock {
  readonly hasBegun: boolean;
  readonly timeoutMs: number | null;
  readonly isOutOfTime: boolean;
  /** How long nothing was heard of it. */
  silentMs: number;
}

/**
 * Finds workers whose record has run out of time, and who cannot tell: a loop that never ends lets nothing else run there.
 *
 * Counts its own steps, not the clock: when this program itself was held up, what workers said meanwhile lies unread.
 */
export class OverdueWatch<B extends WatchedBlock> {
  readonly #blocks: ReadonlySet<B>;
  readonly #onOverdue: (block: B) => void;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(blocks: ReadonlySet<B>, onOverdue: (block: B) => void) {
    this.#blocks = blocks;
    this.#onOverdue = onOverdue;
  }

  /** Watches; steps are made for limits of about `timeoutMs`. */
  start(timeoutMs: number): void {
    if (this.#timer !== undefined) return;
    const stepMs = Math.min(LARGEST_STEP_MS, Math.max(SMALLEST_STEP_MS, timeoutMs / 10));
    this.#timer = setInterval(() => this.#step(stepMs), stepMs);
  }

  /** Watches no more. */
  stop(): void {
    // Deno loads Node's timers as soon as code looks at the function.
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #step(stepMs: number): void {
    for (const block of this.#blocks) {
      if (!block.hasBegun || block.timeoutMs === null || block.isOutOfTime) continue;
      block.silentMs += stepMs;
      if (block.silentMs > block.timeoutMs + GRACE_MS + stepMs) this.#onOverdue(block);
    }
  }
}
