import { encode, type Encoded, type HandleCodec } from "../wire/codec/codec.ts";
import { writeDone } from "../wire/messages/hub_messages.ts";
import { withValue } from "../wire/messages/text.ts";
import { inMicrotask } from "../timer.ts";
import type { Handle } from "./handle.ts";
import { ReturnedTurns } from "./returned_turns.ts";

/** Adds a message to what leaves next. Throws PayloadTooLargeError, and then nothing was added. */
export type AppendMessage = (text: string, parts?: readonly Uint8Array[]) => void;

/**
 * What leaves for a neighbour: all that one turn adds leaves together, and ahead of all code that waits for a promise.
 *
 * Answers that say no more than "done" are one message as long as nothing else comes between.
 */
export class Outbox {
  /** What this process has given back to the neighbour, or to one behind it. */
  readonly turns: ReturnedTurns = new ReturnedTurns(() => this.#flush());
  readonly #append: AppendMessage;
  readonly #flush: () => void;
  readonly #grant: (handle: Handle) => void;
  #done: number[] = [];
  #isFlushing = false;
  #closed = false;

  /**
   * @param flush Lets leave what was appended.
   * @param grant Lets the neighbour use what a handle that was sent stands for.
   */
  constructor(append: AppendMessage, flush: () => void, grant: (handle: Handle) => void) {
    this.#append = append;
    this.#flush = flush;
    this.#grant = grant;
  }

  /** Whether the neighbour is gone. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** The neighbour is gone: what it would be told is dropped. Whoever posts asks first. */
  close(): void {
    this.#closed = true;
  }

  /** Adds a message, unless the neighbour is gone. */
  tell(text: string): void {
    if (!this.#closed) this.#post(text);
  }

  /** Adds a message that ends with a value, and grants its handles. Throws EncodingError, or what appending it throws. */
  postValue(head: string, value: unknown, describe: HandleCodec["encode"]): void {
    const handles: Handle[] = [];
    const encoded = encode(value, {
      encode(object) {
        const data = describe(object);
        if (data !== undefined) handles.push(object as Handle);
        return data;
      },
      decode: unexpected,
    });
    this.postEncoded(head, encoded, handles);
  }

  /** The same for an encoded value. The grants come last: what cannot be sent grants nothing. */
  postEncoded(head: string, encoded: Encoded, handles: readonly Handle[]): void {
    this.#post(withValue(head, encoded), encoded.parts);
    for (const handle of handles) this.#grant(handle);
  }

  /** Answers a request that has no other answer. */
  postDone(requestId: number): void {
    this.#done.push(requestId);
    this.#flushLater();
  }

  #post(text: string, parts?: readonly Uint8Array[]): void {
    this.turns.send();
    this.#appendDone();
    this.#append(text, parts);
    this.#flushLater();
  }

  #appendDone(): void {
    if (this.#done.length === 0) return;
    const done = this.#done;
    this.#done = [];
    this.#append(writeDone(done));
  }

  #flushLater(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    inMicrotask(() => {
      this.#isFlushing = false;
      this.#appendDone();
      this.#flush();
    });
  }
}

function unexpected(): never {
  throw new TypeError("Nothing is decoded here");
}
