import { delay, monotonicMs } from "../../timer.ts";
import type { Turns } from "../../wire/channel.ts";

/** How long a chunk is worked on before others have their turn. */
const SLICE_MS = 8;
const [LEAST_BYTES, CAUTIOUS_BYTES, MOST_BYTES] = [256, 512, 8192] as const;
/** A piece that takes longer is out of the ordinary, even on a busy machine. */
const SLOW_MS = 20;
/** A worker that has sent one slow piece may send another, with quick ones between. */
const CAUTION_MS = 10_000;

/**
 * Works on the bytes of a sender that is not trusted in pieces, and lets the event loop turn between two of them when they take long: what
 * 64 KiB cost their receiver can be a second, and need not be a violation. See `docs/decisions/lines.md`.
 */
export class TurnTaking implements Turns {
  #pieceBytes: number = MOST_BYTES;
  #cautiousUntil = 0;
  #hurried = false;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = monotonicMs) {
    this.#nowMs = nowMs;
  }

  take(chunk: Uint8Array, work: (piece: Uint8Array) => void): Promise<void> | undefined {
    // No piece is smaller, whatever it took: the clock is read for what can be divided. Most chunks that come alone are one answer.
    if (chunk.length <= LEAST_BYTES) return void work(chunk);
    const end = this.#workUntil(chunk, 0, work);
    return end < chunk.length ? this.#takeRest(chunk, end, work) : undefined;
  }

  /** No more turns are given: the sender is gone, and what it sent is awaited. */
  hurry(): void {
    this.#hurried = true;
  }

  async #takeRest(chunk: Uint8Array, start: number, work: (piece: Uint8Array) => void): Promise<void> {
    for (let at = start; at < chunk.length; at = this.#workUntil(chunk, at, work)) await delay();
  }

  /** Works from `at` on for as long as one turn may take; returns how far it came. */
  #workUntil(chunk: Uint8Array, at: number, work: (piece: Uint8Array) => void): number {
    const beganAt = this.#nowMs();
    let [now, next] = [beganAt, at];
    do {
      const end = Math.min(chunk.length, next + this.#pieceBytes);
      work(chunk.subarray(next, end));
      next = end;
      const before = now;
      now = this.#nowMs();
      this.#adapt(now - before, now);
    } while (next < chunk.length && (this.#hurried || now - beganAt < SLICE_MS));
    return next;
  }

  #adapt(tookMs: number, now: number): void {
    if (tookMs > SLOW_MS) this.#cautiousUntil = now + CAUTION_MS;
    if (tookMs > SLICE_MS) this.#pieceBytes = Math.max(LEAST_BYTES, Math.floor(this.#pieceBytes * SLICE_MS / tookMs));
    else if (now < this.#cautiousUntil) this.#pieceBytes = Math.min(this.#pieceBytes * 2, CAUTIOUS_BYTES);
    else this.#pieceBytes = Math.min(this.#pieceBytes * 2, MOST_BYTES);
  }
}
