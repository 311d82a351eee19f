import { Deque } from "../deque.ts";
import { ClosedError, EndOfStreamError } from "../errors.ts";
import type { ObjectRef } from "../hub/handle.ts";
import type { Handover } from "../hub/shared_object.ts";
import { after, monotonicMs, type Timer } from "../timer.ts";

/** How many items may lie at the reader's door. */
const MAX_AHEAD = 64;
/** How long they may lie there: then they go back. */
const AHEAD_LIMIT_MS = 3;
/** A reader that needs longer for one item takes one at a time. */
const QUICK_MS = 0.25;

/** An item at the reader's door. */
interface ItemAhead<T> {
  readonly value: T;
  /** What it came with, and when. */
  readonly batch: Handover;
  readonly at: number;
}

/**
 * Takes the items of another process's queue for one loop, some ahead of time: a round trip for each would cost more than
 * the item.
 *
 * What is ahead is not the reader's yet. It becomes so item by item, when the loop asks; until then it is the
 * owner's, who gets it back when the loop ends, when this process dies, or when the loop is slow. The owner hands out nothing ahead unless
 * this process alone reads the queue: others must not overtake what lies ahead, so they wait for it.
 */
export class ReadAhead<T> implements AsyncIterableIterator<T, void, undefined> {
  readonly #ref: ObjectRef;
  readonly #now: () => number;
  readonly #ahead = new Deque<ItemAhead<T>>();
  /** What was asked for before items went back goes back too. */
  #round = 0;
  #isAsking = false;
  #answered: PromiseWithResolvers<void> | undefined;
  /** How many items may be ahead, and how many the owner had when it was asked last. */
  #wanted = 1;
  #lastSize = 0;
  /** When the loop got its last item, and how long it has had items since `#wanted` was adjusted, and how many. */
  #givenAt = 0;
  #busyMs = 0;
  #given = 0;
  #timer: Timer | undefined;
  #ended = false;

  /** Builds the loop's iterator; `now` is the clock that it is measured by, in milliseconds. */
  constructor(ref: ObjectRef, now: () => number = monotonicMs) {
    this.#ref = ref;
    this.#now = now;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next item. Ends when the queue has, or when it is closed here. */
  async next(): Promise<IteratorResult<T, void>> {
    if (this.#ended) return { done: true, value: undefined };
    const now = this.#now();
    if (this.#given > 0) this.#busyMs += now - this.#givenAt;
    if (this.#ref.isClosed || this.#isStale(now)) this.#giveBack();
    // What is still on its way comes before what would be asked for now.
    while (this.#ahead.size === 0 && this.#isAsking) await this.#answer();
    const item = this.#ahead.shift();
    if (item === undefined) return await this.#wait();
    item.batch.accept();
    this.#note(now);
    if (this.#ahead.size * 2 <= this.#lastSize && this.#lastSize > 0) this.#askAhead();
    return { done: false, value: item.value };
  }

  /** The loop was left. It goes on when all that was asked for ahead is on its way back. */
  async return(): Promise<IteratorResult<T, void>> {
    this.#ended = true;
    await this.recall();
    if (this.#ref.ahead === this) this.#ref.ahead = undefined;
    return { done: true, value: undefined };
  }

  /** Gives back what is ahead, for other code of this process that wants the next item. */
  async recall(): Promise<void> {
    this.#giveBack();
    if (this.#isAsking) await this.#answer();
  }

  async #wait(): Promise<IteratorResult<T, void>> {
    const first = this.#ref.call("get", []);
    this.#askAhead();
    try {
      const value = await first as T;
      this.#note(this.#now());
      return { done: false, value };
    } catch (error) {
      this.#ended = true;
      this.#giveBack();
      if (error instanceof EndOfStreamError || error instanceof ClosedError) return { done: true, value: undefined };
      throw error;
    }
  }

  #note(now: number): void {
    this.#givenAt = now;
    this.#given++;
  }

  #askAhead(): void {
    this.#adjust();
    const most = this.#wanted - 1 - this.#ahead.size;
    if (most < 1 || this.#isAsking) return;
    if (this.#ref.ahead !== this) this.#ref.ahead?.recall();
    this.#ref.ahead = this;
    const round = this.#round;
    this.#isAsking = true;
    this.#ref.take("getAhead", [most], (batch) => {
      this.#isAsking = false;
      this.#lastSize = batch?.size ?? 0;
      if (batch !== undefined && round !== this.#round) batch.putBack();
      else if (batch !== undefined) this.#add(batch);
      this.#answered?.resolve();
      this.#answered = undefined;
    });
  }

  /** More at once while the loop is quick. */
  #adjust(): void {
    if (this.#given === 0) return;
    this.#wanted = this.#busyMs < QUICK_MS * this.#given ? Math.min(this.#wanted * 2, MAX_AHEAD) : 1;
    this.#busyMs = this.#given = 0;
  }

  #add(batch: Handover): void {
    const at = this.#now();
    for (const value of batch.value as T[]) this.#ahead.push({ value, batch, at });
    this.#timer ??= this.#startTimer(AHEAD_LIMIT_MS);
  }

  /** Resolves when what was asked for has been answered. */
  #answer(): Promise<void> {
    this.#answered ??= Promise.withResolvers();
    return this.#answered.promise;
  }

  #isStale(now: number): boolean {
    const oldest = this.#ahead.peek();
    return oldest !== undefined && now - oldest.at > AHEAD_LIMIT_MS;
  }

  #startTimer(ms: number): Timer {
    const timer = after(ms, () => {
      this.#timer = undefined;
      const oldest = this.#ahead.peek();
      if (oldest === undefined) return;
      const leftMs = oldest.at + AHEAD_LIMIT_MS - this.#now();
      if (leftMs > 0) this.#timer = this.#startTimer(leftMs);
      else this.#giveBack();
    });
    timer.setReferenced(false);
    return timer;
  }

  /** Gives back what is here, and what is still on its way when it comes. */
  #giveBack(): void {
    this.#round++;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (let item; (item = this.#ahead.shift()) !== undefined;) item.batch.putBack();
  }
}
