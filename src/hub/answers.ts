import { ProtocolError } from "../errors.ts";
import { decode, type HandleCodec } from "../wire/codec/codec.ts";
import { errorResponseHead, type HubMessage, responseHead } from "../wire/messages/hub_messages.ts";
import { Delivery } from "./delivery.ts";
import { EncodedValue } from "./encoded_value.ts";
import { describeHandle, type Handle } from "./handle.ts";
import type { Outbox } from "./outbox.ts";
import { type Caller, RemoteWait, type WaitOptions } from "./wait_queue.ts";

type RequestMessage = Extract<HubMessage, ["request", ...unknown[]]>;

/** Where a peer's requests are served. */
export interface AnswersHost {
  /** Names the peer among those of this process. */
  readonly key: string;
  /** The handle that the peer was sent, if it was. */
  exported(id: string): Handle | undefined;
  /** Runs an operation, here or where the object lives. */
  serve(handle: Handle, operation: string, args: unknown[], caller: Caller, wait: WaitOptions): unknown;
}

/** What a peer has asked of this process, or of those behind it, until it has been answered, and has what it was answered. */
export class Answers {
  readonly #host: AnswersHost;
  readonly #outbox: Outbox;
  readonly #transit: HandleCodec;
  /** What waits to be answered. */
  readonly #waits = new Map<number, RemoteWait>();
  /** What was answered, and not acknowledged. */
  readonly #deliveries = new Map<number, Delivery>();

  /** @param transit Decodes the handles in arguments, which stay as they came. */
  constructor(host: AnswersHost, outbox: Outbox, transit: HandleCodec) {
    this.#host = host;
    this.#outbox = outbox;
    this.#transit = transit;
  }

  /** The peer asks. Throws ProtocolError for a hostile request. */
  serve(message: RequestMessage, parts: Uint8Array[]): void {
    const [, id, objectId, operation, process, task, timeoutMs, tagged, body] = message;
    if (this.#waits.has(id) || this.#deliveries.has(id)) throw new ProtocolError(`it made request ${id} twice`);
    const handle = this.#host.exported(objectId);
    if (handle === undefined) throw new ProtocolError("it asked for an object that was never sent to it");
    const args = decode(body, tagged === 1, parts, this.#transit);
    if (!Array.isArray(args)) throw new ProtocolError("the arguments of a request are malformed");
    const caller = { process: process === "" ? this.#host.key : `${this.#host.key}/${process}`, task };
    const wait = new RemoteWait(timeoutMs);
    let value: unknown;
    try {
      value = this.#host.serve(handle, operation, args, caller, wait);
    } catch (error) {
      return this.#fail(id, error);
    }
    if (!(value instanceof Promise)) return this.#answer(id, value);
    this.#waits.set(id, wait);
    value.then((result) => this.#answer(id, result), (error) => this.#fail(id, error));
  }

  /** The peer has given a request up. It may have been answered by now. */
  cancel(id: number): void {
    this.#waits.get(id)?.cancel();
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

  /** The peer is gone, and the outbox closed: its waits end, and what it has not acknowledged goes back. */
  close(): void {
    for (const wait of this.#waits.values()) wait.cancel();
    this.#waits.clear();
    for (const delivery of this.#deliveries.values()) delivery.requeue();
    this.#deliveries.clear();
  }

  #answer(id: number, result: unknown): void {
    this.#waits.delete(id);
    const delivery = result instanceof Delivery ? result : undefined;
    if (this.#outbox.isClosed) return delivery?.requeue();
    if (result === undefined) return this.#outbox.postDone(id);
    const value = delivery === undefined ? result : delivery.value;
    try {
      const head = responseHead(id, delivery?.size ?? 0);
      if (value instanceof EncodedValue) this.#outbox.postEncoded(head, value, value.handles);
      else this.#outbox.postValue(head, value, describeHandle);
    } catch (error) {
      delivery?.requeue();
      return this.#fail(id, error);
    }
    if (delivery !== undefined) this.#deliveries.set(id, delivery);
  }

  #fail(id: number, error: unknown): void {
    this.#waits.delete(id);
    if (this.#outbox.isClosed) return;
    const head = errorResponseHead(id);
    try {
      this.#outbox.postValue(head, error, describeHandle);
    } catch (encodingError) {
      this.#outbox.postValue(head, encodingError, describeHandle);
    }
  }
}
