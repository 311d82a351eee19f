import { assertLess } from "@std/assert";

// The limits are those of an idle machine; tests may share one with much else.
const ALLOWANCE = 3;

/** Runs `body`, and fails if that took far longer than `limitMs`. */
export async function within<R>(limitMs: number, body: () => PromiseLike<R>): Promise<R> {
  const startedAt = performance.now();
  const result = await body();
  assertLess(performance.now() - startedAt, limitMs * ALLOWANCE);
  return result;
}
