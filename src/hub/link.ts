import { EndOfStreamError, ProtocolError } from "../errors.ts";
import { decode, encode, type Encoded, type HandleCodec } from "../wire/codec.ts";
import { type HubMessage, isHubMessage, messageText, type Tagged, valueMessageText } from "../wire/protocol.ts";
import { describeHandle, type Handle } from "./handle.ts";
import type { Hub, Neighbour } from "./hub.ts";
import { Handover, type SharedObject } from "./shared_object.ts";
import type { Caller, WaitOptions } from "./wait_queue.ts";

interface PendingRequest {
  readonly signal: AbortSignal | undefined;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A request of the neighbour's that is being served: its wait can be ended. */
class ServedRequest implements WaitOptions {
  readonly timeoutMs: number | undefined;
  #controller: AbortController | undefined;
  #cancelled = false;

  constructor(timeoutMs: number | null) {
    this.timeoutMs = timeoutMs ?? undefined;
  }

  /** Made only for operations that do wait: most do not. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled) this.#controller.abort();
    return this.#controller.signal;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#controller?.abort();
  }
}

/** This process's end of what it shares with one neighbour: what was granted, what was asked for in each direction. */
export class Link implements Neighbour {
  readonly key: string;
  /** Encodes and decodes the handles in values that travel over this link. */
  readonly handles: HandleCodec;
  readonly touched = new Set<SharedObject>();
  readonly passedOnTo = new Set<Neighbour>();
  readonly #hub: Hub;
  readonly #send: (text: string, parts?: readonly Uint8Array[]) => void;
  readonly #granted = new Map<string, { count: number; readonly handle: Handle }>();
  readonly #received = new Map<string, number>();
  readonly #pending = new Map<number, PendingRequest>();
  readonly #served = new Map<number, ServedRequest>();
  readonly #handedOver = new Map<number, Handover>();
  #lastRequest = 0;
  #closed = false;

  constructor(hub: Hub, key: string, send: (text: string, parts?: readonly Uint8Array[]) => void) {
    this.#hub = hub;
    this.key = key;
    this.#send = send;
    this.handles = {
      encode: (value) => {
        const data = describeHandle(value);
        if (data !== undefined) hub.grant(value as Handle, this);
        return data;
      },
      decode: (data) => hub.decodeHandle(data, this),
    };
  }

  grant(id: string, handle: Handle): void {
    const grant = this.#granted.get(id);
    if (grant === undefined) this.#granted.set(id, { count: 1, handle });
    else grant.count++;
  }

  isGranted(id: string): boolean {
    return this.#granted.has(id);
  }

  revoke(id: string, count: number): boolean {
    const grant = this.#granted.get(id);
    if (grant === undefined) return false;
    grant.count -= count;
    return grant.count <= 0 && this.#granted.delete(id);
  }

  grantedIds(): string[] {
    return [...this.#granted.keys()];
  }

  countReceived(id: string): void {
    this.#received.set(id, (this.#received.get(id) ?? 0) + 1);
  }

  release(id: string): void {
    const count = this.#received.get(id) ?? 0;
    this.#received.delete(id);
    if (count > 0) this.#tell(["release", id, count]);
  }

  tellEnded(path: string): void {
    this.#tell(["ended", path]);
  }

  request(id: string, operation: string, args: unknown[], caller: Caller, wait: WaitOptions): Promise<unknown> {
    if (this.#closed) return Promise.reject(ownerEnded());
    const requestId = ++this.#lastRequest;
    const encoded = encode(args, this.handles);
    const { timeoutMs, signal } = wait;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(requestId, { signal, resolve, reject });
    const head = JSON.stringify(["request", requestId, id, operation, caller.process, caller.task, finite(timeoutMs)]);
    this.#send(valueMessageText(head.slice(0, -1), encoded), encoded.parts);
    if (signal === undefined) return promise;
    const onAbort = (): void => this.#tell(["cancel", requestId]);
    signal.addEventListener("abort", onAbort, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", onAbort));
  }

  /** Takes in a message of the neighbour, if it is the hub's. Throws ProtocolError for a hostile one. */
  receive(message: readonly unknown[], parts: Uint8Array[]): boolean {
    if (!isHubMessage(message)) return false;
    switch (message[0]) {
      case "request":
        this.#serve(message, parts);
        break;
      case "response":
        this.#settle(message, parts);
        break;
      case "cancel":
        this.#served.get(message[1])?.cancel();
        break;
      case "accept":
        this.#handedOver.get(message[1])?.accept();
        this.#handedOver.delete(message[1]);
        break;
      case "release":
        if (!Number.isSafeInteger(message[2]) || message[2] < 1) throw new ProtocolError("a release is malformed");
        this.#hub.released(this, message[1], message[2]);
        break;
      case "ended":
        this.#hub.processEnded(this, String(message[1]));
        break;
    }
    return true;
  }

  /** The neighbour is gone: whatever was asked for ends, whatever was not confirmed goes back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const request of this.#pending.values()) request.reject(ownerEnded());
    this.#pending.clear();
    for (const request of this.#served.values()) request.cancel();
    this.#served.clear();
    // The latest was taken last: put back in reverse, everything is in its old order.
    for (const handover of [...this.#handedOver.values()].reverse()) handover.putBack();
    this.#handedOver.clear();
    this.#hub.linkClosed(this);
  }

  async #serve(message: Extract<HubMessage, ["request", ...unknown[]]>, parts: Uint8Array[]): Promise<void> {
    const [, requestId, id, operation, process, task, timeoutMs, tagged, body] = message;
    const args = this.#checkRequest(message, decode(body, tagged === 1, parts, this.handles));
    const caller = { process: process === "" ? this.key : `${this.key}/${process}`, task };
    const served = new ServedRequest(timeoutMs);
    this.#served.set(requestId, served);
    try {
      const value = await this.#hub.serve(this, id, operation, args, caller, served);
      this.#respond(requestId, value);
    } catch (error) {
      this.#respondError(requestId, error);
    } finally {
      this.#served.delete(requestId);
    }
  }

  #checkRequest(message: Extract<HubMessage, ["request", ...unknown[]]>, args: unknown): unknown[] {
    const [, requestId, id, operation, process, task, timeoutMs] = message;
    const sound = Number.isSafeInteger(requestId) && typeof id === "string" && typeof operation === "string" &&
      typeof process === "string" && Number.isSafeInteger(task) &&
      (timeoutMs === null || typeof timeoutMs === "number") &&
      Array.isArray(args) && !this.#served.has(requestId);
    if (!sound) throw new ProtocolError("a request is malformed");
    if (!this.isGranted(id)) throw new ProtocolError("it asked for an object that was never sent to it");
    return args as unknown[];
  }

  #respond(requestId: number, value: unknown): void {
    const handover = value instanceof Handover ? value : undefined;
    if (this.#closed) return handover?.putBack();
    let encoded: Encoded;
    try {
      encoded = encode(handover === undefined ? value : handover.value, this.handles);
    } catch (error) {
      handover?.putBack();
      return this.#respondError(requestId, error);
    }
    if (handover !== undefined) this.#handedOver.set(requestId, handover);
    this.#send(
      valueMessageText(`["response",${requestId},1,${handover === undefined ? 0 : 1}`, encoded),
      encoded.parts,
    );
  }

  #respondError(requestId: number, error: unknown): void {
    if (this.#closed) return;
    const encoded = encode(error, this.handles);
    this.#send(valueMessageText(`["response",${requestId},0,0`, encoded), encoded.parts);
  }

  #settle(
    [, requestId, ok, handover, tagged, body]: Extract<HubMessage, ["response", ...unknown[]]>,
    parts: Uint8Array[],
  ): void {
    const request = this.#pending.get(requestId);
    if (request === undefined) throw new ProtocolError(`it answered request ${requestId}, which was not made`);
    const value = decode(body, (tagged as Tagged) === 1, parts, this.handles);
    this.#pending.delete(requestId);
    if (ok !== 1) return request.reject(request.signal?.aborted ? request.signal.reason : value);
    if (handover !== 1) return request.resolve(value);
    request.resolve(new Handover(value, () => {}, () => this.#tell(["accept", requestId])));
  }

  #tell(message: HubMessage): void {
    if (!this.#closed) this.#send(messageText(message));
  }
}

function finite(timeoutMs: number | undefined): number | null {
  return timeoutMs === undefined || timeoutMs === Infinity ? null : timeoutMs;
}

function ownerEnded(): EndOfStreamError {
  return new EndOfStreamError("Cannot use the object: the process that owns it has ended");
}
