import { Deque } from "../collections/deque.ts";
import { ClosedError, EndOfStreamError, ProtocolError } from "../errors.ts";
import type { ObjectRef } from "../hub/handle.ts";
import type { Delivery } from "../hub/delivery.ts";
import { GRACE_MS } from "../hub/requests/questions.ts";
import { after, monotonicMs, type Timer, untilSettled } from "../timer.ts";

/** How many items may be prefetched. */
const MAX_PREFETCHED = 64;
/** How long they may lie here: then they go back, since others wait for them. */
const PREFETCH_LIMIT_MS = 3;
/** A reader that needs longer for one item takes one at a time. */
const QUICK_MS = 0.25;

/** Why a wait ends when its loop is left: the item that comes then is for others. */
export const LEFT: unique symbol = Symbol("left");

/** An item that was prefetched. */
interface PrefetchedItem<T> {
  readonly value: T;
  /** What it came with, and when. */
  readonly batch: Delivery;
  readonly at: number;
}

/**
 * Takes the items of another process's queue for one loop, and prefetches some: a round trip for each would cost more than
 * the item.
 *
 * What is prefetched is not the reader's yet. It becomes so item by item, when the loop asks; until then it is the
 * owner's, who gets it back when the loop ends, when this process dies, or when the loop is slow. The owner lets nothing be prefetched unless
 * this process alone reads the queue: others must not overtake what was prefetched, so they wait for it. See `docs/decisions/sharing.md`.
 */
export class Prefetch<T> implements AsyncIterableIterator<T, void, undefined> {
  readonly #ref: ObjectRef;
  readonly #now: () => number;
  readonly #items = new Deque<PrefetchedItem<T>>();
  /** What was asked for before items went back goes back too. */
  #round = 0;
  #isAsking = false;
  /** How often other code has recalled, and not let go on. */
  #recalls = 0;
  #answered: PromiseWithResolvers<void> | undefined;
  /** How many items may be prefetched, and how many the owner had when it was asked last. */
  #wanted = 1;
  #lastSize = 0;
  /** When the loop got its last item, and how long it has had items since `#wanted` was adjusted, and how many. */
  #givenAt = 0;
  #busyMs = 0;
  #given = 0;
  #timer: Timer | undefined;
  /** Gives up the wait for an item when the loop is left. */
  #leaving: AbortController | undefined;
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
    if (this.#ref.isClosed || this.#isStale(now)) this.#requeue();
    // What is here, or still on its way, comes before what would be asked for now.
    for (let holder; (holder = this.#holder()) !== undefined;) {
      const item = holder.#items.shift();
      if (item !== undefined) return this.#give(item, holder, now);
      await holder.#answer();
      if (this.#ended) return { done: true, value: undefined };
    }
    return await this.#wait();
  }

  /**
   * The loop was left. It goes on when all that was prefetched is on its way back, and while the owner is silent, which may compute for an
   * hour, for no longer than a moment: what it sends then goes back at once.
   */
  async return(): Promise<IteratorResult<T, void>> {
    this.#ended = true;
    this.#leaving?.abort(LEFT);
    const isBack = this.recall().then(() => {
      this.goOn();
      if (this.#ref.prefetch === this && !this.isRecalled) this.#ref.prefetch = undefined;
    });
    await untilSettled(isBack, { timeoutMs: this.#isAsking ? GRACE_MS : Infinity });
    return { done: true, value: undefined };
  }

  async recall(): Promise<void> {
    this.#recalls++;
    this.#requeue();
    if (this.#isAsking) await this.#answer();
  }

  goOn(): void {
    this.#recalls--;
  }

  get isRecalled(): boolean {
    return this.#recalls > 0;
  }

  /** The loop that the next item was prefetched for, if one was: this one, or another of this process. */
  #holder(): Prefetch<T> | undefined {
    if (this.#holds) return this;
    const { prefetch } = this.#ref;
    return prefetch instanceof Prefetch && prefetch.#holds && !this.#ref.isClosed ? prefetch : undefined;
  }

  get #holds(): boolean {
    return this.#items.size > 0 || this.#isAsking;
  }

  #give({ batch, value }: PrefetchedItem<T>, holder: Prefetch<T>, now: number): IteratorResult<T, void> {
    batch.ack();
    this.#note(now);
    if (holder === this && this.#items.size * 2 <= this.#lastSize && this.#lastSize > 0) this.#prefetch();
    return { done: false, value };
  }

  async #wait(): Promise<IteratorResult<T, void>> {
    const { signal } = this.#leaving ??= new AbortController();
    const first = this.#ref.call("get", [], { signal });
    this.#prefetch();
    try {
      const value = await first as T;
      this.#note(this.#now());
      return { done: false, value };
    } catch (error) {
      this.#ended = true;
      this.#requeue();
      if (error === LEFT || error instanceof EndOfStreamError || error instanceof ClosedError) {
        return { done: true, value: undefined };
      }
      throw error;
    }
  }

  #note(now: number): void {
    this.#givenAt = now;
    this.#given++;
  }

  #prefetch(): void {
    this.#adjust();
    const most = this.#wanted - 1 - this.#items.size;
    if (most < 1 || this.#isAsking || this.#ref.prefetch?.isRecalled) return;
    // No other loop of this process holds anything now.
    this.#ref.prefetch = this;
    const round = this.#round;
    this.#isAsking = true;
    this.#ref.take("prefetch", [most], (batch) => {
      this.#isAsking = false;
      this.#lastSize = batch?.size ?? 0;
      // First: what is wrong with the batch ends its sender, and not the loop that waits.
      this.#answered?.resolve();
      this.#answered = undefined;
      if (batch !== undefined && round !== this.#round) batch.requeue();
      else if (batch !== undefined) this.#add(batch);
    });
  }

  /** More at once while the loop is quick. */
  #adjust(): void {
    if (this.#given === 0) return;
    this.#wanted = this.#busyMs < QUICK_MS * this.#given ? Math.min(this.#wanted * 2, MAX_PREFETCHED) : 1;
    this.#busyMs = this.#given = 0;
  }

  #add(batch: Delivery): void {
    const at = this.#now();
    if (!Array.isArray(batch.value) || batch.value.length !== batch.size) {
      throw new ProtocolError("items that were prefetched are malformed");
    }
    for (const value of batch.value as T[]) this.#items.push({ value, batch, at });
    this.#timer ??= this.#startTimer(PREFETCH_LIMIT_MS);
  }

  /** Resolves when what was asked for has been answered. */
  #answer(): Promise<void> {
    this.#answered ??= Promise.withResolvers();
    return this.#answered.promise;
  }

  #isStale(now: number): boolean {
    const oldest = this.#items.peek();
    return oldest !== undefined && now - oldest.at > PREFETCH_LIMIT_MS;
  }

  #startTimer(ms: number): Timer {
    const timer = after(ms, () => {
      this.#timer = undefined;
      const oldest = this.#items.peek();
      if (oldest === undefined) return;
      const leftMs = oldest.at + PREFETCH_LIMIT_MS - this.#now();
      if (leftMs > 0) this.#timer = this.#startTimer(leftMs);
      else this.#requeue();
    });
    timer.setReferenced(false);
    return timer;
  }

  /** Gives back what is here, and what is still on its way when it comes. */
  #requeue(): void {
    this.#round++;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (let item; (item = this.#items.shift()) !== undefined;) item.batch.requeue();
  }
}
