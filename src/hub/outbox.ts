import { encode, type Encoded, type HandleCodec } from "../wire/codec/codec.ts";
import { writeDone } from "../wire/messages/hub_messages.ts";
import { withValue } from "../wire/messages/text.ts";
import { inMicrotask } from "../timer.ts";
import { DeferredRelease } from "./deferred_release.ts";
import type { Handle } from "./handle.ts";

/** Adds a message to what leaves next. Throws PayloadTooLargeError, and then nothing was added. */
export type AppendMessage = (text: string, parts?: readonly Uint8Array[]) => void;

/**
 * What leaves for a peer: all that one turn adds leaves together, and ahead of all code that waits for a promise.
 *
 * Answers that say no more than "done" are one message as long as nothing else comes between.
 */
export class Outbox {
  /** What this process has released, and the peer, or one behind it, does not know yet. */
  readonly deferredRelease: DeferredRelease;
  readonly #append: AppendMessage;
  readonly #flush: () => void;
  readonly #export: (handle: Handle) => void;
  #done: number[] = [];
  #isFlushing = false;
  #closed = false;

  /**
   * @param flush Lets leave what was appended.
   * @param exportHandle Lets the peer use what a handle that was sent stands for.
   * @param clock See {@linkcode DeferredRelease}.
   */
  constructor(
    append: AppendMessage,
    flush: () => void,
    exportHandle: (handle: Handle) => void,
    clock?: () => number,
  ) {
    this.deferredRelease = new DeferredRelease(flush, clock);
    this.#append = append;
    this.#flush = flush;
    this.#export = exportHandle;
  }

  /** Whether the peer is gone. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** The peer is gone: what it would be told is dropped. Values may not be posted any more. */
  close(): void {
    this.#closed = true;
  }

  /** Adds a message, unless the peer is gone. */
  tell(text: string): void {
    if (!this.#closed) this.#post(text);
  }

  /** Adds a message that ends with a value, and exports its handles. Throws EncodingError, or what appending it throws. */
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

  /** The same for an encoded value. The exports come last: what cannot be sent exports nothing. */
  postEncoded(head: string, encoded: Encoded, handles: readonly Handle[]): void {
    this.#post(withValue(head, encoded), encoded.parts);
    for (const handle of handles) this.#export(handle);
  }

  /** Answers a question that has no other answer. */
  postDone(questionId: number): void {
    this.#done.push(questionId);
    this.#flushLater();
  }

  #post(text: string, parts?: readonly Uint8Array[]): void {
    this.deferredRelease.send();
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
