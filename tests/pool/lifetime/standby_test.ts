// End-to-end. Workers that get one awaited call after the other wait for the next with their event loop stopped.
import { assert, assertEquals, assertGreater } from "@std/assert";
import { Pool, Queue, WorkerExitError } from "../../../mod.ts";
import { withPool } from "../../helpers/pools/with_pool.ts";

const nothing = (): void => {};

/** Awaits so many calls that the pool's one worker is on standby. */
async function callOften(pool: Pool): Promise<void> {
  for (let n = 0; n < 200; n++) await pool.apply(nothing);
}

Deno.test("Pool lets a timer that a task left behind run when no more calls come", () =>
  withPool({ workers: 1 }, async (pool) => {
    using queue = new Queue<string>();
    await callOften(pool);
    await pool.apply((queue: Queue<string>) => void setTimeout(() => queue.put("rang"), 20), [queue]);
    await callOften(pool);
    assertEquals(await queue.get(), "rang");
  }));

Deno.test("Pool lets a timer of a task run that waits for a shared object of the program", () =>
  withPool({ workers: 1 }, async (pool) => {
    using queue = new Queue<string>();
    await pool.apply((queue: Queue<string>) => void queue.qsize(), [queue]);
    await callOften(pool);
    const first = pool.apply(
      (queue: Queue<string>) =>
        Promise.race([queue.get(), new Promise<string>((rung) => setTimeout(() => rung("rang"), 20))]),
      [queue],
    );
    assertEquals(await first, "rang");
  }));

Deno.test("Pool lets the timers of a worker run while one call follows the other", () =>
  withPool({ workers: 1 }, async (pool) => {
    await pool.apply(() => {
      const state = globalThis as { ticks?: number };
      state.ticks = 0;
      setInterval(() => state.ticks!++, 0);
    });
    const ticks = (): Promise<number> => pool.apply(() => (globalThis as { ticks?: number }).ticks!);
    await callOften(pool);
    const before = await ticks();
    // Deaf timers would never count.
    while (await ticks() < before + 3) await callOften(pool);
    assertGreater(await ticks(), before);
  }));

Deno.test("Pool counts a task as started when its worker dies that no longer says so", () =>
  withPool({ workers: 1 }, async (pool, log) => {
    await callOften(pool);
    const error = await pool.apply(() => Deno.exit(3)).catch((error) => error);
    assert(error instanceof WorkerExitError);
    assertEquals([error.exitCode, error.taskStarted], [3, true]);
    assertEquals(log.of("retry").length, 0);
    await callOften(pool);
    assertEquals(pool.stats().workersLost, 1);
  }));

Deno.test("Pool aborts a task of a worker that was on standby", () =>
  withPool({ workers: 1 }, async (pool) => {
    await callOften(pool);
    const controller = new AbortController();
    const task = pool.apply(() => new Promise<never>(() => {}), [], { signal: controller.signal });
    const other = pool.apply(() => 7);
    controller.abort(new Error("enough"));
    assertEquals(await task.catch((error) => error.message), "enough");
    assertEquals(await other, 7);
  }));

Deno.test("Pool hands shared objects to a worker that was on standby", () =>
  withPool({ workers: 1 }, async (pool) => {
    using queue = new Queue<number>();
    await callOften(pool);
    const sum = pool.apply(async (queue: Queue<number>) => await queue.get() + await queue.get(), [queue]);
    await queue.put(19);
    await queue.put(23);
    assertEquals(await sum, 42);
    await callOften(pool);
  }));

Deno.test("Pool ends at once when its worker is on standby", async () => {
  await using pool = new Pool({ workers: 1 });
  await callOften(pool);
});
