import { ClosedError, EndOfStreamError } from "../errors.ts";
import type { ObjectRef } from "../hub/handle.ts";
import type { Handover } from "../hub/shared_object.ts";

/** How many items may lie at the reader's door. */
const MAX_AHEAD = 64;
/** How long they may lie there: then they go back. */
const AHEAD_LIMIT_MS = 3;
/** A reader that needs longer for one item takes one at a time. */
const QUICK_MS = 0.25;

/**
 * Takes the items of another process's queue for one loop, some ahead of time: a round trip for each would cost more than
 * the item.
 *
 * What is ahead is not the reader's yet. It becomes so item by item, when the loop asks; until then it is the
 * owner's, who gets it back when the loop ends, when this process dies, or when the loop is slow. The owner hands out nothing ahead unless
 * this process alone reads the queue: an idle reader must not wait for what lies at a busy one's door.
 */
export class ReadAhead<T> implements AsyncIterableIterator<T, void, undefined> {
  readonly #ref: ObjectRef;
  readonly #now: () => number;
  #ahead: Handover[] = [];
  #asked = 0;
  /** What was asked for in an earlier round goes back. */
  #round = 0;
  #wanted = 1;
  #roundAt = 0;
  #taken = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #onQuiet: (() => void) | undefined;

  /** Builds the loop's iterator; `now` is the clock that it is measured by, in milliseconds. */
  constructor(ref: ObjectRef, now: () => number = () => performance.now()) {
    this.#ref = ref;
    this.#now = now;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next item. Ends when the queue has, or when it is closed here. */
  async next(): Promise<IteratorResult<T, void>> {
    if (this.#ended) return { done: true, value: undefined };
    const late = this.#now() - this.#roundAt > AHEAD_LIMIT_MS;
    if (late || this.#ref.isClosed) this.#giveBack();
    // What is still on its way comes before what a new round would bring.
    while (this.#ahead.length === 0 && this.#asked > 0) await this.#quiet();
    const item = this.#ahead.shift();
    if (item === undefined) return await this.#startRound();
    this.#taken++;
    item.accept();
    return { done: false, value: item.value as T };
  }

  /** The loop was left. It goes on when all that was asked for ahead is on its way back. */
  async return(): Promise<IteratorResult<T, void>> {
    this.#ended = true;
    this.#giveBack();
    if (this.#asked > 0) await this.#quiet();
    return { done: true, value: undefined };
  }

  async #startRound(): Promise<IteratorResult<T, void>> {
    this.#adjust();
    const first = this.#ref.call("get", []);
    for (let n = 1; n < this.#wanted; n++) this.#askAhead();
    try {
      const value = await first as T;
      this.#roundAt = this.#now();
      this.#taken = 1;
      return { done: false, value };
    } catch (error) {
      this.#ended = true;
      this.#giveBack();
      if (error instanceof EndOfStreamError || error instanceof ClosedError) return { done: true, value: undefined };
      throw error;
    }
  }

  /** More at once while the loop is quick. */
  #adjust(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const spentMs = this.#now() - this.#roundAt;
    this.#wanted = spentMs < QUICK_MS * this.#taken ? Math.min(this.#wanted * 2, MAX_AHEAD) : 1;
  }

  #askAhead(): void {
    this.#asked++;
    const round = this.#round;
    this.#ref.take("getAhead", [], (item) => {
      this.#asked--;
      if (item !== undefined && round !== this.#round) item.putBack();
      else if (item !== undefined) {
        this.#ahead.push(item);
        this.#timer ??= this.#startTimer();
      }
      if (this.#asked === 0) this.#onQuiet?.();
    });
  }

  /** Resolves when everything that was asked for has been answered. */
  #quiet(): Promise<void> {
    return new Promise((resolve) => this.#onQuiet = resolve);
  }

  #startTimer(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#giveBack(), AHEAD_LIMIT_MS);
    Deno.unrefTimer(timer);
    return timer;
  }

  /** Gives back what is here, and what is still on its way when it comes. */
  #giveBack(): void {
    this.#round++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const item of this.#ahead.splice(0)) item.putBack();
  }
}
