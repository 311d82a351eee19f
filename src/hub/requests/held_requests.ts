import { Deque } from "../../collections/deque.ts";
import { after, monotonicMs, type Timer } from "../../timer.ts";
import { EncodedValue } from "../encoded_value.ts";

/** A request that has not left, because too many others were not answered. */
export interface HeldRequest {
  readonly id: number;
  readonly head: string;
  readonly args: EncodedValue;
}

/**
 * Nothing is answered for so long: what is open may wait for what is held. The owner's event loop may be busy for seconds, so
 * less would say nothing.
 */
const STALL_LIMIT_MS = 60_000;

/**
 * Requests in the order in which they will leave.
 *
 * To hold them back for ever could be a deadlock: a process may have as many readers of a queue as it may have requests, and the
 * item for them may be in a request that is held. So when no answer comes for a minute, they are given up.
 */
export class HeldRequests {
  readonly #order = new Deque<HeldRequest>();
  /** Those that were not given up. To iterate over them for each first one would be quadratic. */
  readonly #requests = new Map<number, HeldRequest>();
  readonly #onStalled: (ids: number[]) => void;
  readonly #stallMs: number;
  #timer: Timer | undefined;
  #answeredAt = 0;

  /** @param onStalled Is told which requests are given up. */
  constructor(onStalled: (ids: number[]) => void, stallMs: number = STALL_LIMIT_MS) {
    this.#onStalled = onStalled;
    this.#stallMs = stallMs;
  }

  /** How many are held. */
  get size(): number {
    return this.#requests.size;
  }

  /** Holds one back. */
  push(request: HeldRequest): void {
    this.#order.push(request);
    this.#requests.set(request.id, request);
    if (this.#requests.size === 1) this.answered();
    this.#timer ??= this.#startTimer(this.#stallMs);
  }

  /** Takes the first. */
  shift(): HeldRequest | undefined {
    for (let request; (request = this.#order.shift()) !== undefined;) if (this.#take(request.id)) return request;
    return undefined;
  }

  /** Takes out one that was given up: what is in it does not leave. Returns whether it was held. */
  delete(id: number): boolean {
    EncodedValue.abandon(this.#requests.get(id)?.args);
    return this.#take(id);
  }

  /** An answer has come: there is hope. */
  answered(): void {
    if (this.#requests.size > 0) this.#answeredAt = monotonicMs();
  }

  /** Forgets all: none will leave. */
  clear(): void {
    for (let request; (request = this.shift()) !== undefined;) EncodedValue.abandon(request.args);
  }

  #take(id: number): boolean {
    const wasHeld = this.#requests.delete(id);
    if (this.#requests.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
    return wasHeld;
  }

  #startTimer(ms: number): Timer {
    const timer = after(ms, () => {
      this.#timer = undefined;
      const leftMs = this.#answeredAt + this.#stallMs - monotonicMs();
      if (leftMs > 0) {
        this.#timer = this.#startTimer(leftMs);
        return;
      }
      const ids = [...this.#requests.keys()];
      this.clear();
      this.#onStalled(ids);
    });
    timer.setReferenced(false);
    return timer;
  }
}
