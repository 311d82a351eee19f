/** What a function may return beside a plain result. */

/** Whether there is something to wait for. */
export function isThenable(value: object): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown }).then === "function";
}

/** Whether a value is what a generator gives: an iterator that can be iterated. An array is not. */
export function isIterator(value: object, symbol: typeof Symbol.iterator): value is IterableIterator<unknown>;
/** The same, for asynchronous ones. */
export function isIterator(value: object, symbol: typeof Symbol.asyncIterator): value is AsyncIterableIterator<unknown>;
export function isIterator(value: object, symbol: symbol): boolean {
  return typeof (value as { next?: unknown }).next === "function" && symbol in value;
}
