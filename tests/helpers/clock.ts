import { assertLess } from "@std/assert";

/** Runs `body`, and fails if that took longer than `limitMs`. */
export async function within<R>(limitMs: number, body: () => PromiseLike<R>): Promise<R> {
  const startedAt = performance.now();
  const result = await body();
  assertLess(performance.now() - startedAt, limitMs);
  return result;
}
