import { after, monotonicMs, type Timer } from "../../timer.ts";

/** With a pause of this length, others had their turn. */
const PAUSE_MS = 1;

/**
 * How long a peer, or all together, has been served without a pause. A request costs its sender little, and its owner may search a list of a
 * million: eight thousand of them in one read would hold up all else that the program does.
 */
export class ServingTime {
  readonly #limitMs: number;
  readonly #onTurn: () => void;
  #beganAt = 0;
  #endedAt = -Infinity;
  #spentMs = 0;
  #totalMs = 0;
  #timer: Timer | undefined;

  /**
   * @param limitMs How long a peer is served in one turn of the event loop.
   * @param onTurn Is called in the next one, when that was asked for.
   */
  constructor(limitMs: number, onTurn: () => void) {
    this.#limitMs = limitMs;
    this.#onTurn = onTurn;
  }

  /** How long the peer was served, in all. */
  get totalMs(): number {
    return this.#totalMs;
  }

  /** Begins to serve. Returns whether there is time left in this turn. */
  begin(): boolean {
    this.#beganAt = monotonicMs();
    if (this.#beganAt - this.#endedAt > PAUSE_MS) this.#spentMs = 0;
    return this.#spentMs < this.#limitMs;
  }

  /** Something has been served. */
  end(): void {
    this.#endedAt = monotonicMs();
    const took = this.#endedAt - this.#beganAt;
    this.#spentMs += took;
    this.#totalMs += took;
  }

  /** The event loop turns now. */
  turned(): void {
    this.#spentMs = 0;
  }

  /** Has the rest served in the next turn. A program that waits for nothing else does not live on to serve others. */
  goOnLater(isAwaitedHere = false): void {
    this.#timer ??= after(0, () => {
      this.#timer = undefined;
      this.turned();
      this.#onTurn();
    });
    this.#timer.setReferenced(isAwaitedHere);
  }

  /** The peer is gone. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
