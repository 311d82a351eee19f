import { ClosedError, EndOfStreamError, ProtocolError } from "../errors.ts";
import { decode, type HandleCodec } from "../wire/codec/codec.ts";
import { type HubMessage, requestHead, writeAccept, writeCancel, writeReturn } from "../wire/messages/hub_messages.ts";
import { checkTimeout } from "../timer.ts";
import { describeHandle, type ObjectRef } from "./handle.ts";
import type { Outbox } from "./outbox.ts";
import { PendingCount } from "./pending_count.ts";
import { Handover } from "./shared_object.ts";
import { describeOpenHandle } from "./ticket.ts";
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

type ResponseMessage = Extract<HubMessage, ["response", ...unknown[]]>;

/** What this process has asked of a neighbour, or of those behind it, and what was not answered yet. */
export class PendingRequests {
  /** Calls of this process's own code that the neighbour, or one behind it, has to answer. */
  readonly waits: PendingCount = new PendingCount();
  readonly #hubWaits: PendingCount;
  readonly #outbox: Outbox;
  readonly #handles: HandleCodec;
  readonly #transit: HandleCodec;
  readonly #pending = new Map<number, PendingRequest>();
  #lastRequest = 0;

  /**
   * @param hubWaits Counts the same calls, among all that code of this process waits for.
   * @param handles Decodes the handles in answers to code of this process.
   * @param transit Decodes those in answers that only pass through.
   */
  constructor(outbox: Outbox, hubWaits: PendingCount, handles: HandleCodec, transit: HandleCodec) {
    this.#outbox = outbox;
    this.#hubWaits = hubWaits;
    this.#handles = handles;
    this.#transit = transit;
  }

  /** Asks for an operation, for code of this process. What is handed over is accepted at once. */
  ask(ref: ObjectRef, operation: string, args: unknown[], task: number, wait: WaitOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      checkTimeout(wait.timeoutMs);
      // Confirmed before the code that asked goes on.
      const settle = (value: unknown): void => resolve(value instanceof Handover ? accepted(value) : value);
      const request = this.#own(ref, settle, reject);
      const requestId = this.#send(request, ref.id, operation, args, { process: "", task }, wait, describeOpenHandle);
      const { signal } = wait;
      if (requestId === undefined || signal === undefined) return;
      const onAbort = (): void => this.#giveUp(requestId, request, signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      request.clear = () => signal.removeEventListener("abort", onAbort);
    });
  }

  /** See `ObjectRef.take()`. */
  take(
    ref: ObjectRef,
    operation: string,
    args: unknown[],
    task: number,
    receive: (item: Handover | undefined) => void,
  ): void {
    const settle = (value: unknown): void => receive(value instanceof Handover ? value : undefined);
    const request = this.#own(ref, settle, () => receive(undefined));
    this.#send(request, ref.id, operation, args, { process: "", task }, {}, describeOpenHandle);
  }

  /** Asks for an operation, for a process behind another neighbour. */
  passOn(id: string, operation: string, args: unknown[], caller: Caller, wait: WaitOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request: PendingRequest = { ref: undefined, resolve, reject, givenUp: undefined, clear: undefined };
      const requestId = this.#send(request, id, operation, args, caller, wait, describeHandle);
      if (requestId === undefined || !(wait instanceof RemoteWait)) return;
      wait.onCancel = () => this.#giveUp(requestId, request, new ClosedError("The wait was cancelled"));
    });
  }

  /** Ends the waits of a reference that was closed. */
  cancel(ref: ObjectRef): void {
    for (const [requestId, request] of this.#pending) {
      if (request.ref !== ref) continue;
      this.#giveUp(requestId, request, new ClosedError(`The ${ref.type} was closed here while waiting`));
    }
  }

  /** The neighbour has answered. Throws ProtocolError for a hostile answer. */
  settle([, requestId, ok, handover, tagged, body]: ResponseMessage, parts: Uint8Array[]): void {
    const request = this.#requestOf(requestId);
    const codec = request.ref === undefined ? this.#transit : this.#handles;
    const value = decode(body, tagged === 1, parts, codec);
    this.#pending.delete(requestId);
    request.clear?.();
    if (ok !== 1) return this.#fail(request, value);
    if (handover === 0) return request.resolve(value);
    const putBack = (): void => this.#outbox.tell(writeReturn(requestId));
    request.resolve(new Handover(value, putBack, () => this.#outbox.tell(writeAccept(requestId)), handover));
  }

  /** The same for an answer that says no more than "done". */
  settleDone(requestId: number): void {
    const request = this.#requestOf(requestId);
    this.#pending.delete(requestId);
    request.clear?.();
    request.resolve(undefined);
  }

  /** The neighbour is gone, and the outbox closed: nothing will be answered. */
  close(): void {
    for (const request of this.#pending.values()) {
      request.clear?.();
      this.#fail(request, ownerEnded());
    }
    this.#pending.clear();
  }

  /** A request of code of this process. The neighbour must be heard until it is settled. */
  #own(ref: ObjectRef, resolve: (value: unknown) => void, reject: (error: unknown) => void): PendingRequest {
    this.#hubWaits.begin();
    this.waits.begin();
    const settled = <A>(settle: (argument: A) => void) => (argument: A): void => {
      this.#hubWaits.end();
      this.waits.end();
      settle(argument);
    };
    return { ref, resolve: settled(resolve), reject: settled(reject), givenUp: undefined, clear: undefined };
  }

  /** Sends a request. Returns its id, or `undefined` when it could not be sent and was rejected. */
  #send(
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
    const head = requestHead(requestId, id, operation, caller.process, caller.task, limit);
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
    this.#outbox.tell(writeCancel(requestId));
  }

  #fail(request: PendingRequest, error: unknown): void {
    request.reject(request.givenUp === undefined ? error : request.givenUp.reason);
  }

  #requestOf(requestId: number): PendingRequest {
    const request = this.#pending.get(requestId);
    if (request === undefined) throw new ProtocolError(`it answered request ${requestId}, which was not made`);
    return request;
  }
}

function accepted(handover: Handover): unknown {
  handover.accept();
  return handover.value;
}

function ownerEnded(): EndOfStreamError {
  return new EndOfStreamError("Cannot use the object: the process that owns it has ended");
}
