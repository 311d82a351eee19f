import { brand } from "../copies.ts";

/**
 * One or several things on their way to another process. Each is the receiver's when the receiver has acknowledged it, in their
 * order; if that process ends before, or does not want them, the rest is requeued.
 */
export class Delivery {
  /** The thing; or if there are several, as the receiver has asked, an array of them. */
  readonly value: unknown;
  /** How many things these are. */
  readonly size: number;
  readonly #onRequeue: (left: number) => void;
  readonly #onAck: () => void;
  #left: number;

  /** @param onRequeue Is told how many things at the end were not acknowledged. */
  constructor(value: unknown, onRequeue: (left: number) => void, onAck: () => void = () => {}, size = 1) {
    this.value = value;
    this.size = size;
    this.#onRequeue = onRequeue;
    this.#onAck = onAck;
    this.#left = size;
  }

  /** Whether nothing is left to be acknowledged. */
  get isSettled(): boolean {
    return this.#left === 0;
  }

  /** The receiver has the next thing. Does nothing when there is none left. */
  ack(): void {
    if (this.#left === 0) return;
    this.#left--;
    this.#onAck();
  }

  /** The receiver is gone, or wants no more: what it has not acknowledged goes back. */
  requeue(): void {
    const left = this.#left;
    this.#left = 0;
    if (left > 0) this.#onRequeue(left);
  }
}

brand({ Delivery });
