// End-to-end tests of RLock, with real workers.
import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { Queue, RLock, TimeoutError } from "../../mod.ts";
import { ask } from "../fixtures/shared/sync_tasks.ts";
import { killWorker } from "../helpers/programs/kill_worker.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const module = import.meta.resolve("../fixtures/shared/sync_tasks.ts");
const shared = sharePool("RLock in several processes", { workers: 2, module });

Deno.test("RLock is acquired and released three times, and not released a fourth time", async () => {
  const lock = new RLock();
  for (let n = 0; n < 3; n++) await lock.acquire({ timeoutMs: 0 });
  for (let n = 0; n < 3; n++) {
    assert(await lock.locked());
    await lock.release();
  }
  assertFalse(await lock.locked());
  await assertRejects(() => lock.release(), Error, "Cannot release the lock: nobody holds it");
});

Deno.test("RLock counts its guards, in any order, each once", async () => {
  const lock = new RLock();
  const [first, second] = [await lock.acquire(), await lock.tryAcquire()];
  await first.release();
  await first.release();
  assert(await lock.locked());
  await second!.release();
  assertFalse(await lock.locked());
  assertEquals(await lock.use(() => lock.use(() => lock.locked())), true);
  assertFalse(await lock.locked());
});

shared.test("RLock is one holder's: a task waits for the program, and cannot release its lock", async (pool) => {
  const lock = new RLock();
  const guard = await lock.acquire();
  const stranger = async (lock: RLock) => {
    await lock.release();
  };
  await assertRejects(async () => await pool.apply(stranger, [lock]), Error, "another task holds it");
  const waiter = async (lock: RLock) => void await lock.acquire({ timeoutMs: 5 });
  await assertRejects(async () => await pool.apply(waiter, [lock]), TimeoutError);
  assertEquals(await pool.apply(async (lock: RLock) => await lock.tryAcquire(), [lock]), undefined);
  await guard.release();
  const levels = async (lock: RLock) => {
    using _outer = await lock.acquire();
    using _inner = await lock.acquire();
    return await lock.locked();
  };
  assert(await pool.apply(levels, [lock]));
  assert(await lock.tryAcquire());
});

Deno.test("RLock is one task's: another task of the same worker waits", () =>
  withPool({ workers: 1, concurrency: 2 }, async (pool) => {
    const [lock, said] = [new RLock(), new Queue<string>()];
    const task = async (lock: RLock, said: Queue<string>, name: string) => {
      using _outer = await lock.acquire();
      await said.put(`${name} begins`);
      // Asked for before the other can have it: an answer from the owner lies between.
      using _inner = await lock.acquire({ timeoutMs: 0 });
      await said.put(`${name} ends`);
    };
    await Promise.all(["a", "b"].map((name) => pool.apply(task, [lock, said, name])));
    const order = [];
    for (let n = 0; n < 4; n++) order.push((await said.get())[0]);
    assert(order.join("") === "aabb" || order.join("") === "bbaa", order.join(""));
  }));

shared.test("RLock does not make a task wait for itself that asked twice", async (pool) => {
  const [lock, said] = [new RLock(), new Queue<string>()];
  const guard = await lock.acquire();
  const task = pool.applyAsync(async (lock: RLock, said: Queue<string>) => {
    const asked = [lock.acquire(), lock.acquire()];
    await said.put("asked");
    for (const guard of await Promise.all(asked)) await guard.release();
  }, [lock, said]);
  await said.get();
  await guard.release();
  await task.get();
  assertFalse(await lock.locked());
});

shared.test("RLock passes on, abandoned, however often its holder had acquired it when it was killed", async (pool) => {
  const [lock, said] = [new RLock(), new Queue<number>()];
  const holder = pool.applyAsync(async (lock: RLock, said: Queue<number>) => {
    for (let n = 0; n < 3; n++) await lock.acquire();
    await said.put(Deno.pid);
    await new Promise(() => setInterval(() => {}, 1000));
  }, [lock, said]);
  const pid = await said.get();
  const waiter = pool.applyAsync(ask, [lock, said]);
  await said.get();
  await killWorker(pid, holder);
  assert(await waiter.get());
  assertFalse((await lock.acquire()).abandoned);
});

shared.test("RLock passes by a waiter that was killed", async (pool) => {
  const [lock, said] = [new RLock(), new Queue<number>()];
  const guard = await lock.acquire();
  const dead = pool.applyAsync(ask, [lock, said]);
  const pid = await said.get();
  const waiter = pool.applyAsync(ask, [lock, said]);
  await said.get();
  await killWorker(pid, dead);
  await guard.release();
  assertFalse(await waiter.get());
});
