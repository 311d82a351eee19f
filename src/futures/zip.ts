import type { Items } from "../pool/types.ts";

/**
 * Reads several inputs side by side, on demand; the shortest decides the length. Without inputs it is empty.
 *
 * At its end, however it comes, the inputs that have not ended are closed.
 */
export function zip(inputs: readonly Items<unknown>[]): Items<unknown[]> {
  return inputs.some(isAsync) ? new Rows(inputs) : zipNow(inputs as readonly Iterable<unknown>[]);
}

/** Whether the value is iterable, in either way. */
export function isIterable(value: unknown): value is Items<unknown> {
  return value !== null && value !== undefined && (isAsync(value) || Symbol.iterator in Object(value));
}

/** Whether the input's length is known to be finite. */
export function isSized(input: Items<unknown>): boolean {
  return typeof input === "string" || Array.isArray(input) || ArrayBuffer.isView(input) || input instanceof Set ||
    input instanceof Map;
}

function isAsync(value: unknown): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in Object(value);
}

function* zipNow(inputs: readonly Iterable<unknown>[]): Generator<unknown[], void, undefined> {
  const open = new Set<Iterator<unknown>>();
  let hasFailed = false;
  try {
    const iterators = inputs.map((input) => {
      const iterator = input[Symbol.iterator]();
      open.add(iterator);
      return iterator;
    });
    while (iterators.length > 0) {
      const row: unknown[] = [];
      for (const iterator of iterators) {
        // An input that throws has ended, too.
        open.delete(iterator);
        const { done, value } = iterator.next();
        if (done) return;
        open.add(iterator);
        row.push(value);
      }
      yield row;
    }
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    try {
      closeAll([...open].map((iterator) => () => iterator.return?.()));
    } catch (error) {
      // deno-lint-ignore no-unsafe-finally -- what goes wrong at the end is told, but must not hide what went wrong before
      if (!hasFailed) throw error;
    }
  }
}

/**
 * What several inputs give side by side, of which some answer later.
 *
 * Not a generator: one that is left while it waits tells its inputs only when the one that it waits for has answered, and that item is lost.
 */
class Rows implements AsyncIterableIterator<unknown[], void, undefined> {
  readonly #inputs: readonly Items<unknown>[];
  readonly #open = new Set<Iterator<unknown> | AsyncIterator<unknown>>();
  #iterators: readonly (Iterator<unknown> | AsyncIterator<unknown>)[] | undefined;
  #ended = false;

  constructor(inputs: readonly Items<unknown>[]) {
    this.#inputs = inputs;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<unknown[], void>> {
    try {
      const row = this.#ended ? undefined : await this.#row();
      if (row !== undefined && !this.#ended) return { done: false, value: row };
    } catch (error) {
      // What else goes wrong at the end must not hide it.
      await this.return().catch(() => {});
      throw error;
    }
    return await this.return();
  }

  async return(): Promise<IteratorResult<unknown[], void>> {
    this.#ended = true;
    const open = [...this.#open];
    this.#open.clear();
    await Promise.all(closeAll(open.map((iterator) => async () => await iterator.return?.())));
    return { done: true, value: undefined };
  }

  async #row(): Promise<unknown[] | undefined> {
    this.#iterators ??= this.#inputs.map((input) => {
      const iterator = isAsync(input) ? input[Symbol.asyncIterator]() : input[Symbol.iterator]();
      this.#open.add(iterator);
      return iterator;
    });
    const row: unknown[] = [];
    for (const iterator of this.#iterators) {
      const { done, value } = await this.#step(iterator);
      if (done) return undefined;
      row.push(value);
    }
    return row.length === 0 ? undefined : row;
  }

  /** An input that throws has ended, too. */
  async #step(iterator: Iterator<unknown> | AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
    let isOpen = false;
    try {
      const step = await iterator.next();
      isOpen = !step.done;
      return step;
    } finally {
      if (!isOpen) this.#open.delete(iterator);
    }
  }
}

/** Closes every input, also behind one that fails to close. */
function closeAll<R>(closers: readonly (() => R)[]): R[] {
  const results: R[] = [];
  const errors: unknown[] = [];
  for (const close of closers) {
    try {
      results.push(close());
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return results;
}
