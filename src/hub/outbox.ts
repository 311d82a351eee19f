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
  #done: number[] = [];
  #isFlushing = false;

  /** @param flush Lets leave what was appended. */
  constructor(append: AppendMessage, flush: () => void) {
    this.#append = append;
    this.#flush = flush;
  }

  /** Adds a message. Throws what appending it throws. */
  post(text: string, parts?: readonly Uint8Array[]): void {
    this.turns.send();
    this.#appendDone();
    this.#append(text, parts);
    this.#flushLater();
  }

  /** Answers a request that has no other answer. */
  postDone(requestId: number): void {
    this.#done.push(requestId);
    this.#flushLater();
  }

  #appendDone(): void {
    if (this.#done.length === 0) return;
    const done = this.#done;
    this.#done = [];
    this.#append(`["done",${done.join(",")}]`);
  }

  #flushLater(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#appendDone();
      this.#flush();
    });
  }
}
