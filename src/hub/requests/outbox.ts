import { encode, type Encoded, type HandleCodec } from "../../wire/codec/codec.ts";
import { writeDone } from "../../wire/messages/hub_messages.ts";
import { withValue } from "../../wire/messages/text.ts";
import { inMicrotask } from "../../timer.ts";
import { DeferredRelease } from "../deferred_release.ts";
import type { Handle } from "../handle.ts";
import { UnreadBytes } from "./unread_bytes.ts";

/** So many answers that say no more than "done" are one message: its text must not be too long for the parent. */
const MOST_DONE = 4096;

/** The way to a peer. */
export interface Transport {
  /** Adds a message to what leaves next. Throws PayloadTooLargeError, and then nothing was added. */
  append(text: string, parts?: readonly Uint8Array[]): void;
  /** Lets leave what was appended. Called once for all that one turn appended, before any code that waited goes on. */
  flush(): void;
  /** How many bytes were appended so far. */
  readonly appendedBytes: number;
  /** How many of those have left: the rest waits until the peer reads. */
  readonly writtenBytes: number;
}

/**
 * What leaves for a peer: all that one turn adds leaves together, and ahead of all code that waits for a promise.
 *
 * Answers that say no more than "done" are one message as long as nothing else comes between.
 */
export class Outbox {
  /** What this process has released, and the peer, or one behind it, does not know yet. */
  readonly deferredRelease: DeferredRelease;
  readonly #transport: Transport;
  readonly #unread = new UnreadBytes();
  readonly #export: (handle: Handle) => void;
  #done: number[] = [];
  #isFlushing = false;
  #closed = false;

  /**
   * @param exportHandle Lets the peer use what a handle that was sent stands for.
   * @param clock See {@linkcode DeferredRelease}.
   */
  constructor(transport: Transport, exportHandle: (handle: Handle) => void, clock?: () => number) {
    this.deferredRelease = new DeferredRelease(() => transport.flush(), clock);
    this.#transport = transport;
    this.#export = exportHandle;
  }

  /** Whether the peer is gone. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** How many bytes were posted so far, in all. */
  get appendedBytes(): number {
    return this.#transport.appendedBytes;
  }

  /** Whether more bytes than that were posted and have not left, because the peer does not read. */
  hasUnread(bytes: number): boolean {
    return this.#unread.most > bytes && this.#unread.after(this.#transport.writtenBytes) > bytes;
  }

  /** The peer is gone: what it would be told is dropped. Values may not be posted any more. */
  close(): void {
    this.#closed = true;
  }

  /** Adds a message, unless the peer is gone. */
  tell(text: string): void {
    if (!this.#closed) this.#post(text);
  }

  /**
   * Adds a message that ends with a value, and exports its handles. Throws EncodingError, or what appending it throws.
   * Returns how many bytes it has.
   */
  postValue(head: string, value: unknown, describe: HandleCodec["encode"]): number {
    const handles: Handle[] = [];
    const encoded = encode(value, {
      encode(object) {
        const data = describe(object);
        if (data !== undefined) handles.push(object as Handle);
        return data;
      },
      undo(count) {
        handles.length -= count;
      },
      decode: unexpected,
    });
    return this.postEncoded(head, encoded, handles);
  }

  /** The same for an encoded value. The exports come last: what cannot be sent exports nothing. */
  postEncoded(head: string, encoded: Encoded, handles: readonly Handle[]): number {
    const bytes = this.#post(withValue(head, encoded), encoded.parts);
    for (const handle of handles) this.#export(handle);
    return bytes;
  }

  /** Answers a question that has no other answer. */
  postDone(questionId: number): void {
    this.#done.push(questionId);
    this.#flushLater();
  }

  #post(text: string, parts?: readonly Uint8Array[]): number {
    this.deferredRelease.send();
    this.#appendDone();
    const bytes = this.#append(text, parts);
    this.#flushLater();
    return bytes;
  }

  #append(text: string, parts?: readonly Uint8Array[]): number {
    const before = this.#transport.appendedBytes;
    this.#transport.append(text, parts);
    const end = this.#transport.appendedBytes;
    this.#unread.add(end, end - before);
    return end - before;
  }

  #appendDone(): void {
    if (this.#done.length === 0) return;
    const done = this.#done;
    this.#done = [];
    for (let at = 0; at < done.length; at += MOST_DONE) this.#append(writeDone(done.slice(at, at + MOST_DONE)));
  }

  #flushLater(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    inMicrotask(() => {
      this.#isFlushing = false;
      this.#appendDone();
      this.#transport.flush();
    });
  }
}

function unexpected(): never {
  throw new TypeError("Nothing is decoded here");
}
