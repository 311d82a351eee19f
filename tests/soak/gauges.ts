/** What a soak measures of the program: how late its timers are, its memory, its open files. */

import { descriptorsOf } from "../helpers/programs/processes.ts";

const TICK_MS = 50;

/** A reading, at one time. */
export interface Reading {
  /** Resident memory. */
  readonly rssMiB: number;
  /** Open file descriptors; 0 where that cannot be seen. */
  readonly descriptors: number;
}

/** Measures until it is stopped. */
export class Gauges {
  #worstDelayMs = 0;
  #last = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** How much later than it should a timer of 50 ms fired, at the most. */
  get worstDelayMs(): number {
    return this.#worstDelayMs;
  }

  /** The next tick does not count: the program itself is about to block. */
  forgive(): void {
    this.#last = Infinity;
  }

  /** Stops the timer. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    this.#worstDelayMs = Math.max(this.#worstDelayMs, now - this.#last - TICK_MS);
    this.#last = now;
  }
}

/** Reads memory and descriptors now. */
export async function reading(): Promise<Reading> {
  const rssMiB = Math.round(Deno.memoryUsage().rss / 2 ** 20);
  return { rssMiB, descriptors: Deno.build.os === "linux" ? await descriptorsOf(Deno.pid) : 0 };
}
