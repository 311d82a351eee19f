import { type AbortTarget, unwatchAbort, watchAbort } from "../../abort.ts";
import { ClosedError, EndOfStreamError, ProtocolError } from "../../errors.ts";
import { after, checkWait, type Timer } from "../../timer.ts";
import { decode, type HandleCodec } from "../../wire/codec/codec.ts";
import { type HubMessage, requestHead, writeAck, writeCancel, writeRequeue } from "../../wire/messages/hub_messages.ts";
import { Delivery } from "../delivery.ts";
import { EncodedValue } from "../encoded_value.ts";
import { describeHandle, type ObjectRef } from "../handle.ts";
import { describeOpenHandle } from "../handle_collector.ts";
import { type Asker, Askers } from "./askers.ts";
import type { PeerLimits } from "../limits.ts";
import type { Outbox } from "./outbox.ts";
import { PendingCount } from "./pending_count.ts";
import { type Caller, RemoteWait, timeoutError, type WaitOptions } from "../wait_queue.ts";

/** A request that this process made, and that was not answered yet. */
interface Question {
  /** Who asked, if it was code of this process: the reference must live as long as the wait. */
  readonly ref: ObjectRef | undefined;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  /** What to reject with, if it fails after this process gave it up. */
  givenUp: { readonly reason: unknown } | undefined;
  clear: (() => void) | undefined;
  readonly asker: Asker;
  /** How many bytes it has, if it has left. */
  bytes: number | undefined;
}

/** How handles are decoded in answers to code of this process, and in those that only pass through. */
export interface AnswerCodecs {
  readonly own: HandleCodec;
  readonly transit: HandleCodec;
}

/** These take nothing for good before their answer has arrived: what comes too late goes back. */
const GIVING_BACK: ReadonlySet<string> = new Set(["get", "recv", "recvBytes"]);

/** For so long an owner may be busy, or what it has sent may be on its way, when the time of a wait is over. */
export const GRACE_MS = 100;
/** What a wait says that ends without an answer. */
export const SILENT = {
  state: "Cannot receive: the process that owns the queue or pipe has not answered",
  remedy: "nothing was taken, wait again",
};

/** What a question is made of. */
interface Request {
  readonly id: string;
  readonly operation: string;
  readonly args: unknown[];
  readonly caller: Caller;
  readonly wait: WaitOptions;
  readonly describe: HandleCodec["encode"];
}

type ResponseMessage = Extract<HubMessage, ["response", ...unknown[]]>;

/**
 * What this process has asked of a peer, or of those behind it, and what was not answered yet.
 *
 * No more leaves than the peer allows at once; the rest is held, in the order of each that asks, until answers come.
 */
export class Questions {
  /** Calls of this process's own code that the peer, or one behind it, has to answer. */
  readonly waits: PendingCount = new PendingCount();
  readonly #hubWaits: PendingCount;
  readonly #outbox: Outbox;
  readonly #codecs: AnswerCodecs;
  readonly #open = new Map<number, Question>();
  readonly #askers: Askers;
  #lastId = 0;

  /**
   * @param hubWaits Counts the same calls, among all that code of this process waits for.
   * @param stallMs How long no answer may come while requests are held.
   */
  constructor(outbox: Outbox, hubWaits: PendingCount, codecs: AnswerCodecs, limits: PeerLimits, stallMs?: number) {
    this.#outbox = outbox;
    this.#hubWaits = hubWaits;
    this.#codecs = codecs;
    this.#askers = new Askers(limits, (asker, ids) => this.#stalled(asker, ids), stallMs);
  }

  /** Asks for an operation, for code of this process. What is delivered is acknowledged at once. */
  ask(ref: ObjectRef, operation: string, args: unknown[], task: number, wait: WaitOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      checkWait(wait);
      // Acknowledged before the code that asked goes on.
      const settle = (value: unknown): void => resolve(value instanceof Delivery ? acknowledged(value) : value);
      const question = this.#own(ref, settle, reject);
      const caller = { process: "", task };
      const id = this.#send(question, { id: ref.id, operation, args, caller, wait, describe: describeOpenHandle });
      if (id !== undefined) this.#limit(id, question, GIVING_BACK.has(operation), wait);
    });
  }

  /** See `ObjectRef.take()`. */
  take(
    ref: ObjectRef,
    operation: string,
    args: unknown[],
    task: number,
    receive: (delivery: Delivery | undefined) => void,
  ): void {
    const settle = (value: unknown): void => receive(value instanceof Delivery ? value : undefined);
    const question = this.#own(ref, settle, () => receive(undefined));
    const caller = { process: "", task };
    this.#send(question, { id: ref.id, operation, args, caller, wait: {}, describe: describeOpenHandle });
  }

  /** Asks for an operation, for a process behind another peer. */
  forward(id: string, operation: string, args: unknown[], caller: Caller, wait: WaitOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const question = makeQuestion(undefined, resolve, reject, this.#askers.of(caller.process));
      const questionId = this.#send(question, { id, operation, args, caller, wait, describe: describeHandle });
      if (questionId === undefined || !(wait instanceof RemoteWait)) return;
      wait.onCancel = () => this.#giveUp(questionId, question, new ClosedError("The wait was cancelled"));
    });
  }

  /** Ends the waits of a reference that was closed. */
  cancel(ref: ObjectRef): void {
    for (const [id, question] of this.#open) {
      if (question.ref !== ref) continue;
      this.#giveUp(id, question, new ClosedError(`The ${ref.type} was closed here while waiting`));
    }
  }

  /** The peer has answered. Throws ProtocolError for a hostile answer. */
  settle([, id, ok, deliverySize, tagged, body]: ResponseMessage, parts: Uint8Array[]): void {
    const question = this.#questionOf(id);
    const codec = question.ref === undefined ? this.#codecs.transit : this.#codecs.own;
    const value = decode(body, tagged === 1, parts, codec);
    this.#close(id, question);
    if (ok !== 1) this.#fail(question, value);
    else if (deliverySize === 0) question.resolve(value);
    else question.resolve(this.#delivery(id, value, deliverySize));
    this.#sendHeld(question.asker);
  }

  /** The same for an answer that says no more than "done". */
  settleDone(id: number): void {
    const question = this.#questionOf(id);
    this.#close(id, question);
    question.resolve(undefined);
    this.#sendHeld(question.asker);
  }

  /** The peer is gone, and the outbox closed: nothing will be answered. */
  close(): void {
    this.#askers.clear();
    for (const [id, question] of this.#open) {
      this.#close(id, question);
      this.#fail(question, ownerEnded());
    }
  }

  /** A question of code of this process. The peer must be heard until it is settled. */
  #own(ref: ObjectRef, resolve: (value: unknown) => void, reject: (error: unknown) => void): Question {
    this.#hubWaits.begin();
    this.waits.begin();
    const settled = <A>(settle: (argument: A) => void) => (argument: A): void => {
      this.#hubWaits.end();
      this.waits.end();
      settle(argument);
    };
    return makeQuestion(ref, settled(resolve), settled(reject), this.#askers.own);
  }

  #delivery(id: number, value: unknown, size: number): Delivery {
    const requeue = (): void => this.#outbox.tell(writeRequeue(id));
    return new Delivery(value, requeue, () => this.#outbox.tell(writeAck(id)), size);
  }

  /** Sends a request, or holds it. Returns its id, or `undefined` when it could not be sent and was rejected. */
  #send(question: Question, { id, operation, args, caller, wait, describe }: Request): number | undefined {
    const { asker } = question;
    if (this.#outbox.isClosed) return void question.reject(ownerEnded());
    const { timeoutMs = Infinity } = wait;
    const questionId = ++this.#lastId;
    const limit = timeoutMs < Infinity ? Math.max(timeoutMs, 0) : null;
    try {
      const head = requestHead(questionId, id, operation, caller.process, caller.task, limit);
      if (this.#askers.mustHold(asker)) {
        asker.held.push({ id: questionId, head, args: EncodedValue.encode(args, describe) });
        this.#askers.holds(asker);
      } else {
        question.bytes = this.#outbox.postValue(head, args, describe);
        this.#askers.opened(asker, question.bytes);
      }
    } catch (error) {
      this.#askers.leave(asker);
      return void question.reject(error);
    }
    this.#open.set(questionId, question);
    return questionId;
  }

  /** An asker has got an answer: there is room. */
  #sendHeld(answered: Asker): void {
    answered.held.answered();
    for (let asker; (asker = this.#askers.next()) !== undefined;) {
      const { id, head, args } = asker.held.shift()!;
      const question = this.#open.get(id)!;
      try {
        question.bytes = this.#outbox.postEncoded(head, args, args.handles);
        this.#askers.opened(asker, question.bytes);
      } catch (error) {
        EncodedValue.abandon(args);
        this.#close(id, question);
        question.reject(error);
      }
    }
  }

  #stalled(asker: Asker, ids: readonly number[]): void {
    const calls = `${asker.requests} calls of this process wait for an answer, and none came for a minute`;
    for (const id of ids) {
      const question = this.#open.get(id)!;
      this.#close(id, question);
      this.#fail(question, new RangeError(`Cannot call: ${calls}; await some of them first`));
    }
    this.#askers.leave(asker);
  }

  #close(id: number, question: Question): void {
    this.#open.delete(id);
    if (question.bytes !== undefined) this.#askers.closed(question.asker, question.bytes);
    question.clear?.();
  }

  /**
   * Ends a wait by its signal. What can give back does not rely on its owner for that, nor for the end of its time: an owner may
   * compute for an hour.
   */
  #limit(id: number, question: Question, givesBack: boolean, { signal, timeoutMs = Infinity }: WaitOptions): void {
    let timer: Timer | undefined;
    const leaveLater = (ms: number, reason: () => unknown): void => {
      timer?.cancel();
      timer = after(ms + GRACE_MS, () => this.#leave(id, question, reason()));
    };
    if (givesBack && timeoutMs < Infinity) leaveLater(Math.max(0, timeoutMs), () => timeoutError(SILENT, timeoutMs));
    if (signal === undefined) {
      if (timer !== undefined) question.clear = () => timer!.cancel();
      return;
    }
    const target: AbortTarget = {
      aborted: (reason) => {
        this.#giveUp(id, question, reason);
        if (givesBack && this.#open.has(id)) leaveLater(0, () => reason);
      },
    };
    watchAbort(signal, target);
    question.clear = () => {
      timer?.cancel();
      unwatchAbort(signal, target);
    };
  }

  /** Nobody waits for the answer any more. */
  #leave(id: number, question: Question, reason: unknown): void {
    const { reject } = question;
    question.resolve = (value) => value instanceof Delivery && value.requeue();
    question.reject = () => {};
    this.#giveUp(id, question, reason);
    reject(reason);
  }

  /** The owner decides how a wait ends: what it has served by then arrives nevertheless. */
  #giveUp(id: number, question: Question, reason: unknown): void {
    if (question.givenUp !== undefined) return;
    question.givenUp = { reason };
    if (!question.asker.held.delete(id)) return this.#outbox.tell(writeCancel(id));
    this.#close(id, question);
    question.reject(reason);
  }

  #fail(question: Question, error: unknown): void {
    question.reject(question.givenUp === undefined ? error : question.givenUp.reason);
  }

  #questionOf(id: number): Question {
    const question = this.#open.get(id);
    if (question === undefined) throw new ProtocolError(`it answered request ${id}, which was not made`);
    return question;
  }
}

function makeQuestion(
  ref: ObjectRef | undefined,
  resolve: Question["resolve"],
  reject: Question["reject"],
  asker: Asker,
): Question {
  return { ref, resolve, reject, givenUp: undefined, clear: undefined, asker, bytes: undefined };
}

function acknowledged(delivery: Delivery): unknown {
  delivery.ack();
  return delivery.value;
}

function ownerEnded(): EndOfStreamError {
  return new EndOfStreamError("Cannot use the object: the process that owns it has ended");
}
