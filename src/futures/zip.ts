import type { Items } from "../pool/types.ts";

/**
 * Reads several inputs side by side, on demand; the shortest decides the length. Without inputs it is empty.
 *
 * At its end, however it comes, the inputs that have not ended are closed.
 */
export function zip(inputs: readonly Items<unknown>[]): Items<unknown[]> {
  return inputs.some(isAsync) ? zipLater(inputs) : zipNow(inputs as readonly Iterable<unknown>[]);
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
  try {
    const iterators = inputs.map((input) => input[Symbol.iterator]());
    for (const iterator of iterators) open.add(iterator);
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
  } finally {
    closeAll([...open].map((iterator) => () => iterator.return?.()));
  }
}

async function* zipLater(inputs: readonly Items<unknown>[]): AsyncGenerator<unknown[], void, undefined> {
  const open = new Set<Iterator<unknown> | AsyncIterator<unknown>>();
  try {
    const iterators = inputs.map((input) =>
      isAsync(input) ? input[Symbol.asyncIterator]() : (input as Iterable<unknown>)[Symbol.iterator]()
    );
    for (const iterator of iterators) open.add(iterator);
    while (iterators.length > 0) {
      const row: unknown[] = [];
      for (const iterator of iterators) {
        open.delete(iterator);
        const { done, value } = await iterator.next();
        if (done) return;
        open.add(iterator);
        row.push(value);
      }
      yield row;
    }
  } finally {
    await Promise.all(closeAll([...open].map((iterator) => () => iterator.return?.())));
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
