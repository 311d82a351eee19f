import { ClosedError, EndOfStreamError, QueueFullError } from "../errors.ts";
import { EncodedValue } from "../hub/encoded_value.ts";
import type { Delivery } from "../hub/delivery.ts";
import type { Holder, Operation, SharedObject } from "../hub/shared_object.ts";
import { type Caller, type WaitOptions, WaitQueue } from "../hub/wait_queue.ts";
import { ItemQueue } from "./item_queue.ts";
import { noRoom } from "./queue_object.ts";

/** A pipe of the system holds 64 KiB; with that little, two ends that send before they receive would wait for each other often. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** Who waits to send, and what. */
interface Sender extends Caller {
  readonly message: unknown;
}

/** The owner's side of one end of a pipe: what has arrived at it, and who has it. */
export class PipeEnd implements SharedObject {
  readonly operations: Readonly<Record<string, Operation>> = {
    send: (caller, wait, message: unknown) => this.#send(caller, wait, message),
    recv: (caller, wait) => this.#receive(caller, wait),
    recvBytes: (caller, wait, maxLength: unknown) => this.#receiveBytes(caller, wait, maxLength as number | undefined),
    poll: (caller, wait) => this.#isReady || (wait.timeoutMs! <= 0 ? false : this.#poll(caller, wait)),
  };
  readonly #inbox = new ItemQueue("Cannot receive: no message has come", () => this.#inboxMoved());
  /** Those in other processes who wait until there is room in the inbox. */
  readonly #senders = new WaitQueue<void, Sender>();
  readonly #maxBytes: number;
  readonly #pollers = new WaitQueue<boolean>();
  #peer: PipeEnd | undefined;
  #here = 0;
  #elsewhere = 0;
  /** The last of those elsewhere has closed it, or died. */
  #ended = false;

  private constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The two ends of a pipe. While more bytes than that wait in one direction, other processes wait to send. */
  static pair(maxBytes: number = MAX_WAITING_BYTES): [PipeEnd, PipeEnd] {
    const [a, b] = [new PipeEnd(maxBytes), new PipeEnd(maxBytes)];
    a.#peer = b;
    b.#peer = a;
    return [a, b];
  }

  /**
   * Whether somebody has it. An end that was sent away belongs to those who got it: when they are gone, it has ended, even if
   * its maker has not closed its own handle.
   */
  get #isOpen(): boolean {
    return this.#elsewhere > 0 || (this.#here > 0 && !this.#ended);
  }

  get #isReady(): boolean {
    return this.#inbox.size > 0 || !this.#peer!.#isOpen;
  }

  held(holder: Holder): void {
    if (holder === "here") this.#here++;
    else {
      this.#elsewhere++;
      this.#ended = false;
    }
  }

  dropped(holder: Holder, ended: boolean): void {
    if (holder === "here") {
      this.#here--;
      if (this.#here === 0) this.#rejectOwn();
    } else {
      this.#elsewhere--;
      if (this.#elsewhere === 0 && ended) this.#ended = true;
    }
    if (this.#isOpen) return;
    // Nobody will ever take what is left.
    if (this.#here === 0) this.#inbox.clear();
    this.#senders.rejectAll(peerClosed);
    this.#peer!.#peerEnded();
  }

  processEnded(isEnded: (process: string) => boolean): void {
    this.#inbox.dropProcess(isEnded);
    this.#pollers.dropProcess(isEnded);
    this.#peer!.#senders.dropProcess(isEnded);
  }

  #send({ process, task }: Caller, wait: WaitOptions, message: unknown): Promise<void> | undefined {
    const peer = this.#peer!;
    if (!peer.#isOpen) throw peerClosed();
    const captured = EncodedValue.capture(message, process === "");
    // What the owner of the pipe fills its own memory with is its own affair.
    if (process !== "" && (peer.#senders.size > 0 || !peer.#hasRoom)) {
      return EncodedValue.offer(captured, peer.#senders.wait({ process, task, message: captured }, wait));
    }
    if (!peer.#inbox.hasRoomFor(process)) {
      EncodedValue.abandon(captured);
      throw new QueueFullError(noRoom("send", "messages"));
    }
    peer.#deliver(captured, process);
    return undefined;
  }

  get #hasRoom(): boolean {
    return this.#inbox.bytes < this.#maxBytes;
  }

  #letSend(): void {
    for (let next; this.#hasRoom && (next = this.#senders.peek()) !== undefined;) {
      this.#deliver(next.message, next.process);
      this.#senders.serve();
    }
  }

  #deliver(message: unknown, process: string): void {
    this.#inbox.push(message, process);
    this.#wakePollers();
  }

  #wakePollers(): void {
    if (this.#inbox.size > 0) this.#pollers.serveAll(true);
  }

  /** A message may have come back that its receiver did not get, or did not want. */
  #inboxMoved(): void {
    this.#letSend();
    this.#wakePollers();
  }

  #receive(caller: Caller, wait: WaitOptions): Delivery | Promise<Delivery> {
    const message = this.#inbox.tryTake(caller);
    if (message !== undefined) {
      this.#letSend();
      return message;
    }
    if (!this.#peer!.#isOpen) throw endOfStream();
    return this.#inbox.wait(caller, wait);
  }

  async #receiveBytes(caller: Caller, wait: WaitOptions, maxLength: number | undefined): Promise<Delivery> {
    const message = await this.#receive(caller, wait);
    const bytes = message.value instanceof EncodedValue ? message.value.bytes : undefined;
    if (bytes !== undefined && !(bytes.byteLength > maxLength!)) return message;
    message.requeue();
    if (bytes === undefined) throw new TypeError("Cannot receive bytes: the next message is a value, recv() takes it");
    throw new RangeError(
      `Cannot receive bytes: the next message has ${bytes.byteLength}, at most ${maxLength} are wanted`,
    );
  }

  #poll(caller: Caller, wait: WaitOptions): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#pollers.enter(caller, wait, {
        resolve,
        reject: (error, end) => end === "timeout" ? resolve(false) : reject(error),
      });
    });
  }

  #peerEnded(): void {
    if (this.#inbox.size > 0) return;
    this.#inbox.rejectReaders(endOfStream);
    this.#pollers.serveAll(true);
  }

  /** The waits of the process that owns the pipe, and has closed its handle. */
  #rejectOwn(): void {
    const makeError = (): Error => new ClosedError("The connection was closed while waiting");
    const isOwn = ({ process }: Caller): boolean => process === "";
    this.#inbox.rejectReaders(makeError, isOwn);
    this.#pollers.rejectWhere(isOwn, makeError);
  }
}

function peerClosed(): EndOfStreamError {
  return new EndOfStreamError("Cannot send: the other end of the pipe is closed");
}

function endOfStream(): EndOfStreamError {
  return new EndOfStreamError("Cannot receive: the other end of the pipe is closed, and all messages are taken");
}
