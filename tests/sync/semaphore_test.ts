// End-to-end tests of Semaphore and BoundedSemaphore, with real workers.
import { assert, assertEquals, assertFalse, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { BoundedSemaphore, ClosedError, Queue, Semaphore, TimeoutError } from "../../mod.ts";
import { ask, hold } from "../fixtures/shared/sync_tasks.ts";
import { killWorker } from "../helpers/programs/kill_worker.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";

const module = import.meta.resolve("../fixtures/shared/sync_tasks.ts");
const shared = sharePool("Semaphores in several processes", { workers: 3, module });

for (const SemaphoreClass of [Semaphore, BoundedSemaphore]) {
  const { name } = SemaphoreClass;

  Deno.test(`${name} counts its permits down and up`, async () => {
    const permits = new SemaphoreClass(2);
    assertEquals(await permits.value(), 2);
    await permits.acquire();
    assertEquals(await permits.value(), 1);
    await permits.acquire();
    assertEquals(await permits.value(), 0);
    assertEquals(await permits.tryAcquire(), undefined);
    await permits.release();
    assertEquals(await permits.value(), 1);
    await permits.release();
    assertEquals(await permits.value(), 2);
  });

  Deno.test(`${name} begins with one permit, and with no other than a whole number`, async () => {
    assertEquals(await new SemaphoreClass().value(), 1);
    for (const value of [-1, 0.5, NaN, Infinity]) {
      assertThrows(() => new SemaphoreClass(value), RangeError, `Cannot make a semaphore of ${value}`);
    }
  });

  Deno.test(`${name}.acquire() without permits ends by timeoutMs and by its signal, and takes none then`, async () => {
    const permits = new SemaphoreClass(1);
    const guard = await permits.acquire();
    await assertRejects(() => permits.acquire({ timeoutMs: 0 }), TimeoutError);
    await assertRejects(() => permits.acquire({ timeoutMs: -1 }), TimeoutError);
    const startedAt = performance.now();
    await assertRejects(() => permits.acquire({ timeoutMs: 50 }), TimeoutError, "50 ms");
    assert(performance.now() - startedAt > 45);
    const controller = new AbortController();
    const aborted = assertRejects(() => permits.acquire({ signal: controller.signal }), Error, "no more");
    controller.abort(new Error("no more"));
    await aborted;
    await guard.release();
    await guard.release();
    assertEquals(await permits.value(), 1);
  });

  shared.test(`${name} has its permits back, abandoned, when holders are killed`, async (pool) => {
    const [permits, said] = [new SemaphoreClass(2), new Queue<number>()];
    const holders = [pool.applyAsync(hold, [permits, said]), pool.applyAsync(hold, [permits, said])];
    const pids = [await said.get(), await said.get()];
    const waiter = pool.applyAsync(ask, [permits, said]);
    await said.get();
    for (const pid of pids) Deno.kill(pid, "SIGKILL");
    assert(await waiter.get());
    for (const holder of holders) await assertRejects(() => holder.get());
    const guards = [await permits.acquire({ timeoutMs: 5000 }), await permits.acquire({ timeoutMs: 5000 })];
    assertEquals(guards.filter(({ abandoned }) => abandoned).length, 1);
    assertEquals(await permits.value(), 0);
  });

  shared.test(`${name} passes by a waiter that was killed`, async (pool) => {
    const [permits, said] = [new SemaphoreClass(1), new Queue<number>()];
    const guard = await permits.acquire();
    const dead = pool.applyAsync(ask, [permits, said]);
    const pid = await said.get();
    const living = pool.applyAsync(ask, [permits, said]);
    await said.get();
    await killWorker(pid, dead);
    await guard.release();
    assertFalse(await living.get());
    assertEquals(await permits.value(), 1);
  });
}

Deno.test("Semaphore may have more permits than it began with", async () => {
  const permits = new Semaphore(0);
  assertEquals(await permits.tryAcquire(), undefined);
  for (let n = 0; n < 3; n++) await permits.release();
  assertEquals(await permits.value(), 3);
});

Deno.test("BoundedSemaphore never has more permits than it began with", async () => {
  const permits = new BoundedSemaphore(2);
  assertInstanceOf(permits, Semaphore);
  await assertRejects(() => permits.release(), Error, "Cannot release the semaphore: all 2 permits are free");
  await permits.acquire();
  await permits.release();
  await assertRejects(() => permits.release(), Error);
  assertEquals(await permits.value(), 2);
});

shared.test("BoundedSemaphore stays bounded in a worker, and says what is wrong there", async (pool) => {
  const release = async (permits: Semaphore) => await permits.release();
  await assertRejects(
    async () => await pool.apply(release, [new BoundedSemaphore(1)]),
    Error,
    "all 1 permits are free",
  );
});

Deno.test("Semaphore serves those who wait first come, first served", async () => {
  const permits = new Semaphore(0);
  const order: number[] = [];
  const waiters = [0, 1, 2].map(async (n) => {
    await permits.acquire();
    order.push(n);
  });
  for (let n = 0; n < 3; n++) await permits.release();
  await Promise.all(waiters);
  assertEquals(order, [0, 1, 2]);
});

shared.test("Semaphore lets in no more tasks at once than it has permits", async (pool) => {
  const [permits, counts] = [new Semaphore(2), new Queue<number>()];
  const task = async (permits: Semaphore, counts: Queue<number>) => {
    for (let n = 0; n < 10; n++) {
      using _guard = await permits.acquire();
      await counts.put(1);
      await counts.put(-1);
    }
  };
  await pool.ready();
  await Promise.all([1, 2, 3].map(() => pool.apply(task, [permits, counts])));
  let inside = 0;
  for (let n = 0; n < 60; n++) {
    inside += await counts.get();
    assert(inside <= 2);
  }
  assertEquals(await permits.value(), 2);
});

shared.test("Semaphore gives back nothing for a dead process that took signals of others", async (pool) => {
  const [signals, said] = [new Semaphore(0), new Queue<number>()];
  const consumer = pool.applyAsync(async (signals: Semaphore, said: Queue<number>) => {
    while (true) {
      await signals.acquire();
      await said.put(Deno.pid);
    }
  }, [signals, said]);
  for (let n = 0; n < 4; n++) await signals.release();
  for (let n = 0; n < 3; n++) await said.get();
  await killWorker(await said.get(), consumer);
  assertEquals(await signals.value(), 0);
});

shared.test("Semaphore gives back what a dead process held, no matter who released for another before", async (pool) => {
  const [permits, said] = [new Semaphore(1), new Queue<number>()];
  await permits.acquire();
  await pool.apply(async (permits: Semaphore) => await permits.release(), [permits]);
  const holder = pool.applyAsync(async (permits: Semaphore, said: Queue<number>) => {
    await permits.acquire();
    await said.put(Deno.pid);
    await new Promise(() => setInterval(() => {}, 1000));
  }, [permits, said]);
  await killWorker(await said.get(), holder);
  assertEquals(await permits.value(), 1);
});

Deno.test("Semaphore.close() ends all waits", async () => {
  const permits = new Semaphore(0);
  const waiter = assertRejects(() => permits.acquire(), ClosedError);
  permits.close();
  await waiter;
  await assertRejects(() => permits.value(), ClosedError);
});
