import { ProtocolError } from "../../errors.ts";
import type { Delivery } from "../delivery.ts";
import type { PeerLimits } from "../limits.ts";
import type { Caller, RemoteWait } from "../wait_queue.ts";

/** A request that was not answered yet. */
export interface OpenRequest {
  readonly id: number;
  readonly bytes: number;
  readonly caller: Caller;
  readonly wait: RemoteWait;
}

/** The requests of a peer that were not answered, the deliveries that it has not acknowledged, and how many of both there may be. */
export class OpenRequests {
  readonly #limits: PeerLimits;
  readonly #requests = new Map<number, OpenRequest>();
  #bytes = 0;
  /** What was answered, and not acknowledged. */
  readonly #deliveries = new Map<number, Delivery>();

  constructor(limits: PeerLimits) {
    this.#limits = limits;
  }

  /** Whether something was asked and not answered. */
  get any(): boolean {
    return this.#requests.size > 0;
  }

  get(id: number): OpenRequest | undefined {
    return this.#requests.get(id);
  }

  /** Throws ProtocolError when there may be no further request, or none of this id. */
  checkRoom(id: number): void {
    if (this.#requests.has(id) || this.#deliveries.has(id)) throw new ProtocolError(`it made request ${id} twice`);
    const { requests, requestBytes, isParent } = this.#limits;
    if (isParent === true) return;
    if (this.#requests.size >= requests) throw new ProtocolError(`it made more than ${requests} requests at once`);
    if (this.#bytes >= requestBytes) {
      throw new ProtocolError(`it made requests of more than ${requestBytes} bytes at once`);
    }
    // A process may have prefetched something besides.
    if (this.#deliveries.size >= 2 * requests) {
      throw new ProtocolError(`it acknowledged none of ${this.#deliveries.size} deliveries`);
    }
  }

  /** The request is not answered at once. It may have been added before. */
  add({ id, bytes, wait, caller }: OpenRequest): void {
    if (!this.#requests.has(id)) this.#bytes += bytes;
    this.#requests.set(id, { id, bytes, wait, caller });
  }

  answered(id: number): void {
    if (this.#requests.size === 0) return;
    this.#bytes -= this.#requests.get(id)?.bytes ?? 0;
    this.#requests.delete(id);
  }

  /** The answer to a request is a delivery. */
  deliver(id: number, delivery: Delivery): void {
    this.#deliveries.set(id, delivery);
  }

  /** The peer has the next thing that it was delivered. */
  ack(id: number): void {
    const delivery = this.#deliveries.get(id);
    delivery?.ack();
    if (delivery?.isSettled) this.#deliveries.delete(id);
  }

  /** The peer does not want the rest of what it was delivered. */
  requeue(id: number): void {
    this.#deliveries.get(id)?.requeue();
    this.#deliveries.delete(id);
  }

  /** The peer is gone: its waits end, and what it has not acknowledged goes back. */
  end(): void {
    for (const { wait } of this.#requests.values()) wait.cancel();
    this.#requests.clear();
    for (const delivery of this.#deliveries.values()) delivery.requeue();
    this.#deliveries.clear();
  }
}
