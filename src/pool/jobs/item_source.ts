import { shown } from "../../shown.ts";
import { untilSettled } from "../../timer.ts";
import type { Items } from "../types.ts";

/** Most inputs that are asked for a step answer at once, or soon. */
const SILENCE_LIMIT_MS = 100;

/** Reads a caller's input in chunks, on demand. */
export class ItemSource<T> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  readonly #items: readonly T[] | undefined;
  #position = 0;
  #ended = false;
  /** It was asked for a step, and has not answered. */
  #isAsked = false;

  /** Throws TypeError when `items` cannot be iterated. */
  constructor(items: Items<T>) {
    this.#items = Array.isArray(items) ? items : undefined;
    this.#iterator = iteratorOf(items);
  }

  /** How many items are left, or `Infinity` when that cannot be known. */
  get remaining(): number {
    return this.#items === undefined ? Infinity : this.#items.length - this.#position;
  }

  /** Whether the input has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes up to `size` items: at once from synchronous inputs, as a promise from others. Throws or rejects with what the input throws. */
  take(size: number): T[] | Promise<T[]> {
    if (this.#ended) return [];
    if (this.#items !== undefined) return this.#slice(this.#items, size);
    const chunk: T[] = [];
    while (chunk.length < size) {
      const step = this.#next();
      if (step instanceof Promise) return this.#takeAsync(chunk, size, step);
      if (step.done) break;
      chunk.push(step.value);
    }
    this.#position += chunk.length;
    return chunk;
  }

  /** Tells the input that nothing more is wanted of it, and waits until it has closed. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }

  /**
   * The same, but of an input that was asked for a step and is silent it waits no longer than for a moment: an asynchronous generator closes
   * behind that step, which may never come.
   */
  async closeSoon(): Promise<void> {
    const closed = this.close();
    if (this.#isAsked && !await untilSettled(closed, { timeoutMs: SILENCE_LIMIT_MS })) return;
    await closed;
  }

  #slice(items: readonly T[], size: number): T[] {
    const chunk = items.slice(this.#position, this.#position + size);
    this.#position += chunk.length;
    if (this.#position >= items.length) this.#ended = true;
    return chunk;
  }

  async #takeAsync(chunk: T[], size: number, first: Promise<IteratorResult<T>>): Promise<T[]> {
    for (let step = await this.#settled(first);; step = await this.#settled(this.#next())) {
      if (step.done) break;
      chunk.push(step.value);
      // Closed meanwhile: nobody wants more.
      if (chunk.length === size || this.#ended) break;
    }
    this.#position += chunk.length;
    return chunk;
  }

  #next(): IteratorResult<T> | Promise<IteratorResult<T>> {
    try {
      const step = this.#iterator.next();
      if (step instanceof Promise) return step;
      return this.#noted(step as IteratorResult<T>);
    } catch (error) {
      this.#ended = true;
      throw error;
    }
  }

  async #settled(step: IteratorResult<T> | Promise<IteratorResult<T>>): Promise<IteratorResult<T>> {
    this.#isAsked = true;
    try {
      return this.#noted(await step);
    } catch (error) {
      this.#ended = true;
      throw error;
    } finally {
      this.#isAsked = false;
    }
  }

  /** Anything that is not a step would never end, and its items would all be undefined: `for … of` refuses it as well. */
  #noted(step: IteratorResult<T>): IteratorResult<T> {
    if ((typeof step !== "object" && typeof step !== "function") || step === null) {
      throw new TypeError(`Cannot iterate: next() gave ${shown(step)}, an object with "done" and "value" is wanted`);
    }
    if (step.done) this.#ended = true;
    return step;
  }
}

/** An input as it is now, if that can be had: a caller may fill its array again while items wait to be read. */
export function asNow<T>(items: Items<T>): Items<T> {
  return Array.isArray(items) ? items.slice() : items;
}

function iteratorOf<T>(items: Items<T>): Iterator<T> | AsyncIterator<T> {
  const candidate = items as Partial<AsyncIterable<T> & Iterable<T>> | null | undefined;
  const asynchronous = begin(candidate?.[Symbol.asyncIterator], items) as AsyncIterator<T> | undefined;
  if (asynchronous !== undefined) return promising(asynchronous);
  const synchronous = begin(candidate?.[Symbol.iterator], items) as Iterator<T> | undefined;
  if (synchronous !== undefined) return synchronous;
  throw notIterable(items);
}

/** Calls a method that makes an iterator, if there is one. */
function begin(make: unknown, items: unknown): unknown {
  if (make === undefined || make === null) return undefined;
  if (typeof make !== "function") throw notIterable(items);
  const iterator = Reflect.apply(make, items, []);
  if (typeof iterator?.next === "function") return iterator;
  throw new TypeError(
    `Cannot iterate over ${shown(items)}: its iterator is ${shown(iterator)}, one with a next() is wanted`,
  );
}

/** The error for what is not iterable, with the way out where there is one. */
export function notIterable(items: unknown): TypeError {
  const instead = items instanceof Promise ? "; await it first" : "";
  return new TypeError(`Cannot iterate over ${shown(items)}: an iterable or async iterable is wanted${instead}`);
}

/** An iterator whose steps are native promises, so that they can be told from finished steps. */
function promising<T>(iterator: AsyncIterator<T>): AsyncIterator<T> {
  return {
    next: () => Promise.resolve(iterator.next()),
    return: async () => await iterator.return?.() ?? { done: true, value: undefined },
  };
}
