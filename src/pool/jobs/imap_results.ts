import { Deque } from "../../collections/deque.ts";
import type { SubmittedTask } from "../submitted_task.ts";
import type { Bagged } from "./bag.ts";

/** A chunk that was submitted: its outcomes when they are there, and how many were taken. */
export interface Entry extends Bagged {
  task: SubmittedTask | undefined;
  outcomes: { values: readonly unknown[]; errors: ReadonlyMap<number, unknown> } | undefined;
  /** The place of its first item among all items. */
  readonly start: number;
  readonly size: number;
  taken: number;
}

interface Waiter {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: unknown): void;
}

/** What an `imap` has to give, and the calls of `next()` that wait for it: the outcomes of chunks, taken item by item. */
export class ImapResults {
  readonly #ordered: boolean;
  /** Ordered: all entries, in order of input. Otherwise: those that have outcomes. */
  #entries = new Deque<Entry>();
  readonly #waiters = new Deque<Waiter>();
  #untaken = 0;
  #lastRejected = false;

  /** @param ordered Whether results are given in the order of the items, not of completion. */
  constructor(ordered: boolean) {
    this.#ordered = ordered;
  }

  /** How many items were submitted and not taken. */
  get untaken(): number {
    return this.#untaken;
  }

  /** Whether nothing is there, and nothing that was submitted is to come. Of what is unordered, only the former is known here. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Whether calls of `next()` wait. */
  get isAwaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** Whether the last `next()` rejected: a `for await` loop has ended there. */
  get lastRejected(): boolean {
    return this.#lastRejected;
  }

  /** A chunk was submitted. */
  submitted(entry: Entry): void {
    this.#untaken += entry.size;
    if (this.#ordered) this.#entries.push(entry);
  }

  /** The outcomes of a chunk are there. */
  completed(entry: Entry, outcomes: NonNullable<Entry["outcomes"]>): void {
    entry.outcomes = outcomes;
    if (!this.#ordered) this.#entries.push(entry);
  }

  /** Takes the next item, if nobody waits for it, and it has a value that is there. */
  takeValue(): IteratorResult<unknown> | undefined {
    const entry = this.#waiters.size > 0 ? undefined : this.#entries.peek();
    if (entry?.outcomes === undefined || entry.outcomes.errors.has(entry.taken)) return undefined;
    this.#lastRejected = false;
    const { values } = entry.outcomes;
    return { done: false, value: values[this.#take(entry)] };
  }

  /** Waits for the next item, or the end. */
  wait(): Promise<IteratorResult<unknown>> {
    this.#lastRejected = false;
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<unknown>>();
    this.#waiters.push({ resolve, reject });
    return promise;
  }

  /** Gives the next item to the first who waits. Returns whether it was there. */
  give(): boolean {
    const entry = this.#entries.peek();
    if (entry?.outcomes === undefined) return false;
    const { values, errors } = entry.outcomes;
    const index = this.#take(entry);
    if (errors.has(index)) this.#reject(errors.get(index));
    else this.#waiters.shift()!.resolve({ done: false, value: values[index] });
    return true;
  }

  /** Tells the first who waits that nothing more comes, because of a failure if there is one. */
  giveEnd(failure: { readonly error: unknown } | undefined): void {
    if (failure !== undefined) this.#reject(failure.error);
    else this.#waiters.shift()!.resolve({ done: true, value: undefined });
  }

  /** The error is told once, behind the results that are there; not once for each item that has no result. */
  keepCompleted(): void {
    const entries = this.#entries;
    this.#entries = new Deque();
    while (entries.peek()?.outcomes !== undefined) this.#entries.push(entries.shift()!);
  }

  #reject(error: unknown): void {
    this.#lastRejected = true;
    this.#waiters.shift()!.reject(error);
  }

  /** Takes the entry's next item off the books. Returns its index. */
  #take(entry: Entry): number {
    this.#untaken--;
    if (entry.taken + 1 === entry.size) {
      this.#entries.shift();
      // What the collector takes for used, because something old refers to it, should keep no more.
      entry.outcomes = undefined;
    }
    return entry.taken++;
  }
}
