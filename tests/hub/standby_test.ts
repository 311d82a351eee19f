// End-to-end. Processes that ask the owner of an object one thing after the other wait for the answer with their event loop stopped.
import { assertEquals, assertGreater } from "@std/assert";
import { Event, Lock, Manager, Process, Queue, type ValueProxy } from "../../mod.ts";
import { ended } from "../helpers/pools/ended.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const ENOUGH_CALLS = 200;

/** Runs a target in a process of its own, until it has ended well. */
async function run<A extends unknown[]>(target: (...args: A) => unknown, args: A): Promise<void> {
  const process = new Process({ target: target as (...args: unknown[]) => unknown, args, daemon: true });
  assertEquals(await ended(process), 0);
}

Deno.test("A process that asks one thing after the other keeps its order and its count", async () => {
  await using manager = new Manager();
  const value = manager.value(0);
  await run(async (value: ValueProxy<number>, calls: number) => {
    for (let n = 1; n <= calls; n++) if (await value.add(1) !== n) throw new Error(`lost count at ${n}`);
  }, [value, 10 * ENOUGH_CALLS]);
  assertEquals(await value.get(), 10 * ENOUGH_CALLS);
});

Deno.test("A process that asks one thing after the other lets its timers run", async () => {
  await using manager = new Manager();
  using queue = new Queue<number>();
  await run(async (value: ValueProxy<number>, queue: Queue<number>) => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    // Deaf timers would never count.
    while (ticks < 20) await value.get();
    clearInterval(timer);
    await queue.put(ticks);
  }, [manager.value(0), queue]);
  assertGreater(await queue.get(), 19);
});

Deno.test("A process that waits long after many quick answers is awake meanwhile", async () => {
  await using manager = new Manager();
  using queue = new Queue<string>();
  using event = new Event();
  const process = run(
    async (value: ValueProxy<number>, calls: number, queue: Queue<string>, event: Event) => {
      for (let n = 0; n < calls; n++) await value.get();
      setTimeout(() => queue.put("rang"), 5);
      await event.wait();
      await queue.put("went on");
    },
    [manager.value(0), ENOUGH_CALLS, queue, event],
  );
  assertEquals(await queue.get(), "rang");
  await event.set();
  assertEquals(await queue.get(), "went on");
  await process;
});

Deno.test("A process between two others serves the one while it asks the other", async () => {
  using gate = new Lock();
  using queue = new Queue<string>();
  const guard = await gate.acquire();
  const middle = new Process({
    target: "askAndServe",
    module: import.meta.resolve("../fixtures/shared/ask_and_serve.ts"),
    args: [gate, queue, ENOUGH_CALLS],
    permissions: { run: true },
    daemon: true,
  });
  middle.start();
  assertEquals(await queue.get(), "served");
  await guard.release();
  assertEquals(await queue.get(), "has the lock");
  await middle.join();
  assertEquals(middle.exitCode, 0);
});

Deno.test("A process ends when it has asked many things and awaits nothing more", async () => {
  await using manager = new Manager();
  const value = manager.value(0);
  await run((value: ValueProxy<number>, calls: number) => {
    const next = (left: number): unknown => left > 0 && value.add(1).then(() => next(left - 1));
    next(calls);
  }, [value, ENOUGH_CALLS]);
  assertEquals(await value.get(), ENOUGH_CALLS);
});

Deno.test("Deno.exit() ends a process with its code after many quick answers", async () => {
  await using manager = new Manager();
  const process = new Process({
    target: async (value: ValueProxy<number>, calls: number) => {
      for (let n = 0; n < calls; n++) await value.get();
      Deno.exit(7);
    },
    args: [manager.value(0), ENOUGH_CALLS],
    daemon: true,
  });
  assertEquals(await ended(process), 7);
});

Deno.test("A task that waits for a shared object does not hold up another in its worker", () =>
  withPool({ workers: 1, concurrency: 2 }, async (pool) => {
    await using manager = new Manager();
    using stop = new Event();
    const value = manager.value(0);
    const asking = pool.apply(async (value: ValueProxy<number>, stop: Event) => {
      let calls = 0;
      while (!await stop.isSet()) calls = await value.add(1);
      return calls;
    }, [value, stop]);
    const waiting = pool.apply(async (ms: number) => {
      for (let n = 0; n < 20; n++) await new Promise((resolve) => setTimeout(resolve, ms));
      return "waited";
    }, [1]);
    assertEquals(await waiting, "waited");
    await stop.set();
    assertEquals(await asking, await value.get());
  }));

Deno.test("A killed process that asked one thing after the other leaves its lock to the next", async () => {
  using lock = new Lock();
  using queue = new Queue<number>();
  await using manager = new Manager();
  const holder = new Process({
    target: async (lock: Lock, value: ValueProxy<number>, queue: Queue<number>, calls: number) => {
      await lock.acquire();
      for (let n = 0; n < calls; n++) await value.get();
      await queue.put(Deno.pid);
      while (true) await value.get();
    },
    args: [lock, manager.value(0), queue, ENOUGH_CALLS],
    daemon: true,
  });
  holder.start();
  await queue.get();
  holder.kill();
  using guard = await lock.acquire();
  await holder.join();
  assertEquals([guard.abandoned, holder.exitCode], [true, -9]);
});
