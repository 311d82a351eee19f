import { ClosedError, EndOfStreamError, ProtocolError } from "../errors.ts";
import { decode, type HandleCodec } from "../wire/codec.ts";
import { type HubMessage, isHubMessage } from "../wire/protocol.ts";
import { GrantLedger } from "./grant_ledger.ts";
import { describeHandle, type Handle, type ObjectRef, REF } from "./handle.ts";
import type { Hub } from "./hub.ts";
import type { Neighbour } from "./neighbour.ts";
import { PendingCount } from "./pending_count.ts";
import { Parcel } from "./parcel.ts";
import { type AppendMessage, Outbox } from "./outbox.ts";
import type { ReturnedTurns } from "./returned_turns.ts";
import { Handover, type SharedObject } from "./shared_object.ts";
import { describeOpenHandle } from "./ticket.ts";
import { TouchedObjects } from "./touched_objects.ts";
import { type Caller, RemoteWait, type WaitOptions } from "./wait_queue.ts";

/** A request that this process made. */
interface PendingRequest {
  /** Who asked, if it was code of this process: the reference must live as long as the wait. */
  readonly ref: ObjectRef | undefined;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** What to reject with, if it fails after this process gave it up. */
  givenUp: { readonly reason: unknown } | undefined;
  clear: (() => void) | undefined;
}

type RequestMessage = Extract<HubMessage, ["request", ...unknown[]]>;
type ResponseMessage = Extract<HubMessage, ["response", ...unknown[]]>;

/** This process's end of what it shares with one neighbour: what was granted, what was asked for in each direction. */
export class Link implements Neighbour {
  readonly key: string;
  /** Encodes and decodes the handles in values that code of this process sends over this link, or gets. */
  readonly handles: HandleCodec;
  readonly passedOnTo = new Set<Neighbour>();
  /** Calls of this process's own code that the neighbour, or one behind it, has to answer. */
  readonly waits: PendingCount = new PendingCount();
  readonly #hub: Hub;
  readonly #outbox: Outbox;
  readonly #ledger = new GrantLedger();
  readonly #touched = new TouchedObjects();
  readonly #pending = new Map<number, PendingRequest>();
  readonly #served = new Map<number, RemoteWait>();
  readonly #handedOver = new Map<number, Handover>();
  #lastRequest = 0;

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
    if (count > 0) this.#outbox.tell(["release", id, count, closed ? 1 : 0]);
  }

  touch(id: string, object: SharedObject): void {
    this.#touched.add(id, object);
  }

  tellObjects(isEnded: (process: string) => boolean): void {
    this.#touched.tell(isEnded);
  }

  tellEnded(path: string): void {
    this.#outbox.tell(["ended", path]);
  }

  request(ref: ObjectRef, operation: string, args: unknown[], task: number, wait: WaitOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      // Confirmed before the code that asked goes on.
      const settle = (value: unknown): void => resolve(value instanceof Handover ? accepted(value) : value);
      const request = this.#ownRequest(ref, settle, reject);
      const requestId = this.#ask(request, ref.id, operation, args, { process: "", task }, wait, describeOpenHandle);
      const { signal } = wait;
      if (requestId === undefined || signal === undefined) return;
      const onAbort = (): void => this.#giveUp(requestId, request, signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      request.clear = () => signal.removeEventListener("abort", onAbort);
    });
  }

  take(
    ref: ObjectRef,
    operation: string,
    args: unknown[],
    task: number,
    receive: (item: Handover | undefined) => void,
  ): void {
    const settle = (value: unknown): void => receive(value instanceof Handover ? value : undefined);
    const request = this.#ownRequest(ref, settle, () => receive(undefined));
    this.#ask(request, ref.id, operation, args, { process: "", task }, {}, describeOpenHandle);
  }

  passOn(id: string, operation: string, args: unknown[], caller: Caller, wait: WaitOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request: PendingRequest = { ref: undefined, resolve, reject, givenUp: undefined, clear: undefined };
      const requestId = this.#ask(request, id, operation, args, caller, wait, describeHandle);
      if (requestId === undefined || !(wait instanceof RemoteWait)) return;
      wait.onCancel = () => this.#giveUp(requestId, request, new ClosedError("The wait was cancelled"));
    });
  }

  cancelRequests(ref: ObjectRef): void {
    for (const [requestId, request] of this.#pending) {
      if (request.ref !== ref) continue;
      this.#giveUp(requestId, request, new ClosedError(`The ${ref.type} was closed here while waiting`));
    }
  }

  /** Takes in a message of the neighbour, if it is the hub's. Throws ProtocolError for a hostile one. */
  receive(message: readonly unknown[], parts: Uint8Array[]): boolean {
    if (!isHubMessage(message)) return false;
    // Somebody may still write to the pipe of a process that has ended.
    if (this.#outbox.isClosed) return true;
    switch (message[0]) {
      case "request":
        this.#serve(message, parts);
        break;
      case "response":
        this.#settle(message, parts);
        break;
      case "done":
        for (let n = 1; n < message.length; n++) this.#settleDone(message[n] as number);
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
        this.#hub.processEnded(this, String(message[1]));
        break;
    }
    return true;
  }

  /** The neighbour is gone: whatever was asked for ends, whatever was not confirmed goes back. */
  close(): void {
    if (this.#outbox.isClosed) return;
    this.#outbox.close();
    for (const request of this.#pending.values()) {
      request.clear?.();
      this.#fail(request, ownerEnded());
    }
    this.#pending.clear();
    // Before the aborts: to an object, a wait that the end of the process ends is no wait that was given up.
    this.#hub.linkClosed(this);
    for (const wait of this.#served.values()) wait.cancel();
    this.#served.clear();
    for (const handover of this.#handedOver.values()) handover.putBack();
    this.#handedOver.clear();
    // Last: what went back into a queue may hold what is given up here.
    for (const handle of this.#ledger.forgetSent()) this.#hub.released(handle, true);
  }

  /** A request of code of this process. The neighbour must be heard until it is settled. */
  #ownRequest(ref: ObjectRef, resolve: (value: unknown) => void, reject: (error: unknown) => void): PendingRequest {
    this.#hub.waits.begin();
    this.waits.begin();
    const settled = <A>(settle: (argument: A) => void) => (argument: A): void => {
      this.#hub.waits.end();
      this.waits.end();
      settle(argument);
    };
    return { ref, resolve: settled(resolve), reject: settled(reject), givenUp: undefined, clear: undefined };
  }

  /** Sends a request. Returns its id, or `undefined` when it could not be sent and was rejected. */
  #ask(
    request: PendingRequest,
    id: string,
    operation: string,
    args: unknown[],
    caller: Caller,
    { timeoutMs }: WaitOptions,
    describe: HandleCodec["encode"],
  ): number | undefined {
    if (this.#outbox.isClosed) return void request.reject(ownerEnded());
    const requestId = ++this.#lastRequest;
    const limit = timeoutMs === undefined || !(timeoutMs < Infinity) ? null : Math.max(timeoutMs, 0);
    const [object, name, process] = [quoted(id), quoted(operation), quoted(caller.process)];
    const head = `["request",${requestId},${object},${name},${process},${caller.task},${limit}`;
    try {
      this.#outbox.postValue(head, args, describe);
    } catch (error) {
      return void request.reject(error);
    }
    this.#pending.set(requestId, request);
    return requestId;
  }

  /** The owner decides how a wait ends: what it has granted by then arrives nevertheless. */
  #giveUp(requestId: number, request: PendingRequest, reason: unknown): void {
    if (request.givenUp !== undefined) return;
    request.givenUp = { reason };
    this.#outbox.tell(["cancel", requestId]);
  }

  #fail(request: PendingRequest, error: unknown): void {
    request.reject(request.givenUp === undefined ? error : request.givenUp.reason);
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
  #checkRequest([, requestId, id, operation, process, task, timeoutMs]: RequestMessage): Handle {
    const sound = Number.isSafeInteger(requestId) && typeof id === "string" && typeof operation === "string" &&
      typeof process === "string" && Number.isSafeInteger(task) &&
      (timeoutMs === null || typeof timeoutMs === "number") &&
      !this.#served.has(requestId) && !this.#handedOver.has(requestId);
    if (!sound) throw new ProtocolError("a request is malformed");
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
      const head = `["response",${requestId},1,${handover?.size ?? 0}`;
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
    const head = `["response",${requestId},0,0`;
    try {
      this.#outbox.postValue(head, error, describeHandle);
    } catch (encodingError) {
      this.#outbox.postValue(head, encodingError, describeHandle);
    }
  }

  #settle([, requestId, ok, handover, tagged, body]: ResponseMessage, parts: Uint8Array[]): void {
    const request = this.#requestOf(requestId);
    if (!Number.isSafeInteger(handover) || handover < 0) throw new ProtocolError("a response is malformed");
    const codec = request.ref === undefined ? this.#transit : this.handles;
    const value = decode(body, tagged === 1, parts, codec);
    this.#pending.delete(requestId);
    request.clear?.();
    if (ok !== 1) return this.#fail(request, value);
    if (handover === 0) return request.resolve(value);
    const putBack = (): void => this.#outbox.tell(["return", requestId]);
    request.resolve(new Handover(value, putBack, () => this.#outbox.tellText(`["accept",${requestId}]`), handover));
  }

  #settleDone(requestId: number): void {
    const request = this.#requestOf(requestId);
    this.#pending.delete(requestId);
    request.clear?.();
    request.resolve(undefined);
  }

  #requestOf(requestId: number): PendingRequest {
    const request = this.#pending.get(requestId);
    if (request === undefined) throw new ProtocolError(`it answered request ${requestId}, which was not made`);
    return request;
  }

  #receiveAccept(requestId: number): void {
    const handover = this.#handedOver.get(requestId);
    handover?.accept();
    if (handover?.isSettled) this.#handedOver.delete(requestId);
  }

  #receiveRelease([, id, count, closed]: Extract<HubMessage, ["release", ...unknown[]]>): void {
    if (!Number.isSafeInteger(count) || count < 1) throw new ProtocolError("a release is malformed");
    this.#uncountSent(id, count, closed === 1);
  }

  #uncountSent(id: string, count: number, ended: boolean): void {
    const handle = this.#ledger.uncountSent(id, count);
    if (handle !== undefined) this.#hub.released(handle, ended);
  }

  /** For values that only pass through, or are kept: their handles stay as they came. */
  readonly #transit: HandleCodec = {
    encode: describeHandle,
    decode: (data) => this.#hub.decodeHandle(data, this),
  };
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function accepted(handover: Handover): unknown {
  handover.accept();
  return handover.value;
}

function ownerEnded(): EndOfStreamError {
  return new EndOfStreamError("Cannot use the object: the process that owns it has ended");
}
