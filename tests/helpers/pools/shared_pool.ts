/** Pools and executors that the tests of a file share, where each of its own would only cost the start of its workers. */
import { assert } from "@std/assert";
import type { ExecutorOptions, Pool, PoolOptions, ProcessPoolExecutor } from "../../../mod.ts";
import { withExecutor } from "./with_executor.ts";
import { withPool } from "./with_pool.ts";

type Use<T> = (body: (shared: T) => Promise<void>) => Promise<void>;

/** A step over a pool that goes on behind it: what that has open is looked at by the test around the steps. Rejects where the step fails. */
export async function sharedStep(test: Deno.TestContext, name: string, body: () => unknown): Promise<void> {
  const fn = async (): Promise<void> => void await body();
  assert(await test.step({ name, fn, sanitizeOps: false, sanitizeResources: false }), `failed: ${name}`);
}

/**
 * Tests that use one thing, one after the other: they are steps of one test. Workers outlive a step, so the sanitizers watch over all steps
 * together, and over the end of what they share. No step follows on one that fails, whose tasks may still have the workers.
 */
export class SharingTests<T> {
  readonly #steps: [name: string, body: (shared: T) => unknown][] = [];

  constructor(name: string, use: Use<T>, ignore = false) {
    Deno.test(name, { ignore }, (test) =>
      use(async (shared) => {
        for (const [name, body] of this.#steps) await sharedStep(test, name, () => body(shared));
      }));
  }

  /** Adds a test. It must leave no task behind; one in which several workers are to be at work together begins with `ready()`. */
  test(name: string, body: (shared: T) => unknown): void {
    this.#steps.push([name, body]);
  }
}

/** Tests that share a pool. */
export function sharePool<M = unknown>(name: string, options: PoolOptions): SharingTests<Pool<M>> {
  return new SharingTests(name, (body) => withPool<M>(options, body));
}

/** Tests that share an executor. */
export function shareExecutor(name: string, options: ExecutorOptions): SharingTests<ProcessPoolExecutor> {
  return new SharingTests(name, (body) => withExecutor(options, body));
}
