import { ProtocolError } from "../errors.ts";
import { decode, type HandleCodec } from "../wire/codec/codec.ts";
import {
  errorResponseHead,
  type HubMessage,
  readHubMessage,
  responseHead,
  writeEnded,
  writeRelease,
} from "../wire/messages/hub_messages.ts";
import { GrantLedger } from "./grant_ledger.ts";
import { describeHandle, type Handle, REF } from "./handle.ts";
import type { Hub } from "./hub.ts";
import type { Neighbour } from "./neighbour.ts";
import { type AppendMessage, Outbox } from "./outbox.ts";
import { Parcel } from "./parcel.ts";
import { PendingRequests } from "./pending_requests.ts";
import type { ReturnedTurns } from "./returned_turns.ts";
import { Handover, type SharedObject } from "./shared_object.ts";
import { describeOpenHandle } from "./ticket.ts";
import { TouchedObjects } from "./touched_objects.ts";
import { RemoteWait } from "./wait_queue.ts";

type RequestMessage = Extract<HubMessage, ["request", ...unknown[]]>;

/** This process's end of what it shares with one neighbour: what was granted, what was asked for in each direction. */
export class Link implements Neighbour {
  readonly key: string;
  /** Encodes and decodes the handles in values that code of this process sends over this link, or gets. */
  readonly handles: HandleCodec;
  readonly requests: PendingRequests;
  readonly passedOnTo = new Set<Neighbour>();
  readonly #hub: Hub;
  readonly #outbox: Outbox;
  readonly #ledger = new GrantLedger();
  readonly #touched = new TouchedObjects();
  readonly #served = new Map<number, RemoteWait>();
  readonly #handedOver = new Map<number, Handover>();
  /** For values that only pass through, or are kept: their handles stay as they came. */
  readonly #transit: HandleCodec = {
    encode: describeHandle,
    decode: (data) => this.#hub.decodeHandle(data, this),
  };

  /**
   * Joins a neighbour to the hub.
   *
   * @param flush Lets leave what was appended. Called once for all that one turn appended, before any code that waited goes on.
   */
  constructor(hub: Hub, key: string, append: AppendMessage, flush: () => void = () => {}) {
    this.#hub = hub;
    this.key = key;
    this.#outbox = new Outbox(append, flush, (handle) => hub.grant(handle, this));
    this.handles = {
      encode: (value) => {
        const data = describeOpenHandle(value);
        if (data !== undefined) hub.grant(value as Handle, this);
        return data;
      },
      decode: (data) => {
        const handle = hub.decodeHandle(data, this);
        return handle[REF].open(handle);
      },
    };
    this.requests = new PendingRequests(this.#outbox, hub.waits, this.handles, this.#transit);
    hub.join(this);
  }

  get turns(): ReturnedTurns {
    return this.#outbox.turns;
  }

  grant(id: string, handle: Handle): boolean {
    return this.#ledger.countSent(id, handle);
  }

  granted(id: string): Handle | undefined {
    return this.#ledger.granted(id);
  }

  /** What was sent last did not arrive: the neighbour has not counted these handles. */
  takeBack(handles: readonly Handle[]): void {
    for (const handle of handles) {
      const { id } = handle[REF];
      // A neighbour that has ended has none left.
      if (this.granted(id) !== undefined) this.#uncountSent(id, 1, false);
    }
  }

  countReceived(id: string): void {
    this.#ledger.countReceived(id);
  }

  release(id: string, closed: boolean): void {
    const count = this.#ledger.forgetReceived(id);
    if (count > 0) this.#outbox.tell(writeRelease(id, count, closed));
  }

  touch(id: string, object: SharedObject): void {
    this.#touched.add(id, object);
  }

  tellObjects(isEnded: (process: string) => boolean): void {
    this.#touched.tell(isEnded);
  }

  tellEnded(path: string): void {
    this.#outbox.tell(writeEnded(path));
  }

  /** Takes in a message of the neighbour, if it is the hub's. Throws ProtocolError for a hostile one. */
  receive(received: readonly unknown[], parts: Uint8Array[]): boolean {
    const message = readHubMessage(received);
    if (message === undefined) return false;
    // Somebody may still write to the pipe of a process that has ended.
    if (this.#outbox.isClosed) return true;
    switch (message[0]) {
      case "request":
        this.#serve(message, parts);
        break;
      case "response":
        this.requests.settle(message, parts);
        break;
      case "done":
        for (let n = 1; n < message.length; n++) this.requests.settleDone(message[n] as number);
        break;
      case "cancel":
        this.#served.get(message[1])?.cancel();
        break;
      case "accept":
        this.#receiveAccept(message[1]);
        break;
      case "return":
        this.#handedOver.get(message[1])?.putBack();
        this.#handedOver.delete(message[1]);
        break;
      case "release":
        this.#receiveRelease(message);
        break;
      case "ended":
        this.#hub.processEnded(this, message[1]);
        break;
    }
    return true;
  }

  /** The neighbour is gone: whatever was asked for ends, whatever was not confirmed goes back. */
  close(): void {
    if (this.#outbox.isClosed) return;
    this.#outbox.close();
    this.requests.close();
    // Before the aborts: to an object, a wait that the end of the process ends is no wait that was given up.
    this.#hub.linkClosed(this);
    for (const wait of this.#served.values()) wait.cancel();
    this.#served.clear();
    for (const handover of this.#handedOver.values()) handover.putBack();
    this.#handedOver.clear();
    // Last: what went back into a queue may hold what is given up here.
    for (const handle of this.#ledger.forgetSent()) this.#hub.released(handle, true);
  }

  #serve(message: RequestMessage, parts: Uint8Array[]): void {
    const [, requestId, , operation, process, task, timeoutMs, tagged, body] = message;
    const handle = this.#checkRequest(message);
    const args = decode(body, tagged === 1, parts, this.#transit);
    if (!Array.isArray(args)) throw new ProtocolError("the arguments of a request are malformed");
    const caller = { process: process === "" ? this.key : `${this.key}/${process}`, task };
    const wait = new RemoteWait(timeoutMs);
    let value: unknown;
    try {
      value = this.#hub.serve(this, handle, operation, args, caller, wait);
    } catch (error) {
      return this.#respondError(requestId, error);
    }
    if (!(value instanceof Promise)) return this.#respond(requestId, value);
    this.#served.set(requestId, wait);
    value.then((result) => this.#respond(requestId, result), (error) => this.#respondError(requestId, error));
  }

  /** The handle that is asked. */
  #checkRequest([, requestId, id]: RequestMessage): Handle {
    if (this.#served.has(requestId) || this.#handedOver.has(requestId)) {
      throw new ProtocolError(`it made request ${requestId} twice`);
    }
    const handle = this.granted(id);
    if (handle === undefined) throw new ProtocolError("it asked for an object that was never sent to it");
    return handle;
  }

  #respond(requestId: number, result: unknown): void {
    this.#served.delete(requestId);
    const handover = result instanceof Handover ? result : undefined;
    if (this.#outbox.isClosed) return handover?.putBack();
    if (result === undefined) return this.#outbox.postDone(requestId);
    const value = handover === undefined ? result : handover.value;
    try {
      const head = responseHead(requestId, handover?.size ?? 0);
      if (value instanceof Parcel) this.#outbox.postEncoded(head, value, value.tickets);
      else this.#outbox.postValue(head, value, describeHandle);
    } catch (error) {
      handover?.putBack();
      return this.#respondError(requestId, error);
    }
    if (handover !== undefined) this.#handedOver.set(requestId, handover);
  }

  #respondError(requestId: number, error: unknown): void {
    this.#served.delete(requestId);
    if (this.#outbox.isClosed) return;
    const head = errorResponseHead(requestId);
    try {
      this.#outbox.postValue(head, error, describeHandle);
    } catch (encodingError) {
      this.#outbox.postValue(head, encodingError, describeHandle);
    }
  }

  #receiveAccept(requestId: number): void {
    const handover = this.#handedOver.get(requestId);
    handover?.accept();
    if (handover?.isSettled) this.#handedOver.delete(requestId);
  }

  #receiveRelease([, id, count, closed]: Extract<HubMessage, ["release", ...unknown[]]>): void {
    this.#uncountSent(id, count, closed === 1);
  }

  #uncountSent(id: string, count: number, ended: boolean): void {
    const handle = this.#ledger.uncountSent(id, count);
    if (handle !== undefined) this.#hub.released(handle, ended);
  }
}
