import { ProtocolError } from "../../errors.ts";
import { decode, type HandleCodec } from "../../wire/codec/codec.ts";
import { errorResponseHead, type HubMessage, responseHead } from "../../wire/messages/hub_messages.ts";
import { Delivery } from "../delivery.ts";
import { EncodedValue } from "../encoded_value.ts";
import { describeHandle, type Handle } from "../handle.ts";
import type { PeerLimits } from "../limits.ts";
import { askerOf, FairQueue } from "./askers.ts";
import { type OpenRequest, OpenRequests } from "./open_requests.ts";
import type { Outbox } from "./outbox.ts";
import { ProcessesBehind } from "./processes_behind.ts";
import { cancelled, undelivered, unread } from "./refusals.ts";
import { ServingTime } from "./serving_time.ts";
import { type Caller, cancellation, RemoteWait, type WaitOptions } from "../wait_queue.ts";

type RequestMessage = Extract<HubMessage, ["request", ...unknown[]]>;

/** Where a peer's requests are served. */
export interface AnswersHost {
  /** Names the peer among those of this process. */
  readonly key: string;
  /** The handle that the peer was sent, if it was. */
  exported(id: string): Handle | undefined;
  /** Whether an operation can be called. */
  knows(handle: Handle, operation: string): boolean;
  /** Whether its result is a copy of much, which is made in steps. */
  isCopy(handle: Handle, operation: string): boolean;
  /** Runs an operation, here or where the object lives. */
  serve(handle: Handle, operation: string, args: unknown[], caller: Caller, wait: WaitOptions): unknown;
}

/** What is to be served. */
interface Request extends OpenRequest {
  readonly handle: Handle;
  readonly operation: string;
  readonly args: unknown[];
}

// For a process behind the peer: the peer forwards what that asks, and cannot know all operations.
const MAX_UNKNOWN_OPERATIONS = 100;

/** No function can be called with more. A few bytes could stand for millions that are not there, and to pass those takes seconds. */
const MAX_ARGUMENTS = 128 * 1024;

/** Answers to what was asked before the peer stopped reading are sent until so many times the bytes are unread that end its serving. */
const LATE_ANSWERS_FACTOR = 16;

/** No answer that must not be dropped is larger: that a lock is taken, for one. */
const SMALL_ANSWER_BYTES = 4096;

/** While a request waits, its arguments are kept if it has at most so many bytes. */
const SMALL_REQUEST_BYTES = 1024;

/**
 * What a peer has asked of this process, or of those behind it, until it has been answered, and has what it was answered.
 *
 * A peer that does not read its answers gets no more of them: what it asks then is held, so that what it costs
 * here is what it has sent, not what it asked for. And what takes long to serve is served over several turns of the event loop,
 * by turns for the processes that ask.
 */
export class Answers {
  readonly #host: AnswersHost;
  readonly #outbox: Outbox;
  readonly #transit: HandleCodec;
  readonly #limits: PeerLimits;
  readonly #open: OpenRequests;
  /** What serves those of the open ones that wait until the peer reads, or for the next turn. */
  readonly #held = new FairQueue<() => void>();
  readonly #time: ServingTime;
  readonly #behind: ProcessesBehind;
  #heldEnds = 0;
  /** Whether a copy is being made: what is asked meanwhile is held, or thousands would be made before the first is read. */
  #isCopying = false;
  #askedBytes = 0;
  #unknownOperations = 0;

  /** @param transit Decodes the handles in arguments, which stay as they came. */
  constructor(host: AnswersHost, outbox: Outbox, transit: HandleCodec, limits: PeerLimits) {
    this.#host = host;
    this.#outbox = outbox;
    this.#transit = transit;
    this.#limits = limits;
    this.#open = new OpenRequests(limits);
    this.#behind = new ProcessesBehind(limits.imports ?? Infinity);
    this.#time = new ServingTime(limits.sliceMs ?? Infinity, () => this.goOn());
  }

  /** Whether something was asked and not answered. */
  get any(): boolean {
    return this.#open.any;
  }

  /** The peer asks, in so many bytes. Throws ProtocolError for a hostile request, and for one too many. */
  receive(message: RequestMessage, parts: Uint8Array[], bytes: number): void {
    const [, id, objectId, operation, process, task, timeoutMs, tagged, body] = message;
    this.#open.checkRoom(id);
    this.#askedBytes += bytes;
    const handle = this.#host.exported(objectId);
    if (handle === undefined) throw new ProtocolError("it asked for an object that was never sent to it");
    if (!this.#host.knows(handle, operation)) this.#countUnknown(operation, process);
    const args = decode(body, tagged === 1, parts, this.#transit);
    if (!Array.isArray(args) || args.length > MAX_ARGUMENTS) {
      throw new ProtocolError("the arguments of a request are malformed");
    }
    this.#behind.add(process);
    const caller = { process: process === "" ? this.#host.key : `${this.#host.key}/${process}`, task };
    const request: Request = { id, bytes, handle, operation, args, caller, wait: new RemoteWait(timeoutMs) };
    if (this.#mayServe()) {
      this.#serve(request);
      return this.#time.end();
    }
    this.#serveLater(request);
  }

  /** How much was served so far: for how long, and what that was asked in. */
  get served(): { ms: number; bytes: number } {
    return { ms: this.#time.totalMs, bytes: this.#askedBytes };
  }

  /** Whether something waits for its turn of the event loop. */
  get servesLater(): boolean {
    return this.#held.size > 0;
  }

  /** The peer has given a request up. It may have been answered by now. */
  cancel(id: number): void {
    this.#open.get(id)?.wait.cancel();
  }

  /**
   * A process behind the peer has ended. `tell` is called after what that has asked before was served: else it would get a lock that
   * nobody takes from it any more. Throws ProtocolError when too many have ended at once.
   */
  ended(path: string, tell: () => void): void {
    if (!this.#behind.remove(path)) return;
    if (this.#mayServe()) {
      tell();
      return this.#time.end();
    }
    if (++this.#heldEnds > this.#limits.requests) throw new ProtocolError("too many processes ended at once");
    this.#hold(path, () => {
      this.#heldEnds--;
      tell();
    });
  }

  /** The peer has read some of what waited for it, or the next turn has come. */
  goOn(): void {
    while (this.#held.size > 0 && !this.#mustHold) {
      if (!this.#time.begin()) return this.#time.goOnLater();
      this.#held.shift()!();
      this.#time.end();
    }
  }

  /** All that was read at once has been received. */
  readEnd(): void {
    this.#time.turned();
  }

  /** The peer has the next thing that it was delivered. */
  ack(id: number): void {
    this.#open.ack(id);
  }

  /** The peer does not want the rest of what it was delivered. */
  requeue(id: number): void {
    this.#open.requeue(id);
  }

  /** The peer is gone, and the outbox closed: its waits end, and what it has not acknowledged goes back. */
  close(): void {
    this.#time.close();
    while (this.#held.shift() !== undefined);
    this.#open.end();
  }

  /** Whether a request can be served at once. */
  #mayServe(): boolean {
    return this.#held.size === 0 && !this.#mustHold && this.#time.begin();
  }

  #hold(process: string, serve: () => void): void {
    this.#held.push(askerOf(process), serve);
    if (!this.#mustHold) this.#time.goOnLater();
  }

  #serveLater(request: Request): void {
    this.#open.add(request);
    const { id, wait, caller } = request;
    this.#hold(this.#behindPeer(caller), () => {
      if (wait.isCancelled) this.#fail(id, cancellation());
      else this.#serve(request);
    });
  }

  /** The way from the peer to the process that asks. */
  #behindPeer({ process }: Caller): string {
    return process.slice(this.#host.key.length + 1);
  }

  get #mustHold(): boolean {
    return this.#isCopying || this.#isUnread;
  }

  get #isUnread(): boolean {
    return this.#outbox.hasUnread(this.#limits.unreadBytes);
  }

  /** No code of this library calls what does not exist, and the error would cost more than the request. */
  #countUnknown(operation: string, process: string): void {
    if (process !== "" && ++this.#unknownOperations <= MAX_UNKNOWN_OPERATIONS) return;
    throw new ProtocolError(`it called ${JSON.stringify(operation.slice(0, 40))}, which the object cannot do`);
  }

  #serve(request: Request): void {
    const { id, handle, operation, args, caller, wait } = request;
    let value: unknown;
    try {
      value = this.#host.serve(handle, operation, args, caller, wait);
    } catch (error) {
      return this.#fail(id, error);
    }
    if (!(value instanceof Promise)) return this.#answer(id, value);
    this.#open.add(request);
    const kept = request.bytes > SMALL_REQUEST_BYTES ? undefined : request;
    if (this.#host.isCopy(handle, operation)) return void this.#answerCopy(id, value);
    value.then((result) => this.#answerLate(id, result, kept), (error) => this.#failInTime(id, error));
  }

  async #answerCopy(id: number, copy: Promise<unknown>): Promise<void> {
    this.#isCopying = true;
    try {
      const result = await copy;
      // It was asked for when the peer had read all but a little.
      this.#answer(id, result);
    } catch (error) {
      this.#fail(id, error);
    }
    this.#isCopying = false;
    if (!this.#outbox.isClosed) this.goOn();
  }

  /** The peer may have stopped reading since it asked, and thousands of its waits may be served then. */
  #answerLate(id: number, result: unknown, request: Request | undefined): void {
    if (!this.#isUnread || this.#outbox.isClosed) return this.#answer(id, result);
    if (!(result instanceof Delivery)) return this.#answerUnread(id, result);
    if (request === undefined) return this.#answer(id, result);
    // It is not lost where it came from: the peer gets it when it reads, or another does before.
    result.requeue();
    const { wait } = this.#open.get(id)!;
    if (wait.isCancelled) return this.#fail(id, cancellation());
    this.#serveLater({ ...request, wait: wait.again() });
  }

  #answerUnread(id: number, result: unknown): void {
    const most = LATE_ANSWERS_FACTOR * this.#limits.unreadBytes;
    if (!this.#outbox.hasUnread(most)) return this.#answer(id, result);
    let captured: unknown;
    try {
      captured = result instanceof EncodedValue ? result : EncodedValue.capture(result, false);
    } catch (error) {
      return this.#fail(id, error);
    }
    if (EncodedValue.size(captured) <= SMALL_ANSWER_BYTES) return this.#answer(id, captured);
    EncodedValue.abandon(captured);
    this.#fail(id, unread(most));
  }

  #answer(id: number, result: unknown): void {
    this.#open.answered(id);
    const delivery = result instanceof Delivery ? result : undefined;
    if (this.#outbox.isClosed) {
      EncodedValue.abandon(result);
      return delivery?.requeue();
    }
    if (result === undefined) return this.#outbox.postDone(id);
    const value = delivery === undefined ? result : delivery.value;
    try {
      const head = responseHead(id, delivery?.size ?? 0);
      if (value instanceof EncodedValue) this.#outbox.postEncoded(head, value, value.handles);
      else this.#outbox.postValue(head, value, describeHandle);
    } catch (error) {
      delivery?.requeue();
      return this.#fail(id, delivery === undefined ? error : undelivered(error));
    }
    if (delivery !== undefined) this.#open.deliver(id, delivery);
  }

  /** Thousands of waits may end in one turn, and an error takes long to describe. */
  #failInTime(id: number, error: unknown): void {
    if (this.#outbox.isClosed) return;
    const request = this.#open.get(id);
    if (!this.#mayServe() && request !== undefined) {
      return this.#hold(this.#behindPeer(request.caller), () => this.#fail(id, error));
    }
    this.#fail(id, error);
    this.#time.end();
  }

  #fail(id: number, error: unknown): void {
    const isCancelled = this.#open.get(id)?.wait.isCancelled;
    this.#open.answered(id);
    if (this.#outbox.isClosed) return;
    const head = errorResponseHead(id);
    if (isCancelled) return void this.#outbox.postEncoded(head, cancelled(), []);
    try {
      this.#outbox.postValue(head, error, describeHandle);
    } catch (encodingError) {
      this.#outbox.postValue(head, encodingError, describeHandle);
    }
  }
}
