import { assert, assertLess } from "@std/assert";
import { cpuUsage } from "node:process";

// The limits are those of an idle machine; tests may share one with much else, and have a tenth of it.
const ALLOWANCE = 10;

/** Runs `body`, and fails if that took far longer than `limitMs`. */
export async function within<R>(limitMs: number, body: () => PromiseLike<R>): Promise<R> {
  const startedAt = performance.now();
  const result = await body();
  assertLess(performance.now() - startedAt, limitMs * ALLOWANCE);
  return result;
}

/** Runs `body`, and fails if this process computed far longer than `limitMs`: other processes, which may hold it up, do not count. */
export async function computesWithin(limitMs: number, body: () => PromiseLike<void> | void): Promise<void> {
  const before = computedMs();
  await body();
  assertLess(computedMs() - before, limitMs * ALLOWANCE);
}

function computedMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

const MOST_ROUNDS = 5;

/**
 * Fails unless a round says that it took less than `limitMs`, and runs no more of them then. For times that are promised: a busy machine can
 * hold up a round, but a fault of the library holds up each of them.
 */
export async function soon(limitMs: number, round: () => Promise<number>): Promise<void> {
  const took: number[] = [];
  while (took.length < MOST_ROUNDS) {
    const tookMs = await round();
    if (tookMs < limitMs) return;
    took.push(Math.round(tookMs));
  }
  assert(false, `the rounds took ${took.join(", ")} ms, wanted one below ${limitMs}`);
}
