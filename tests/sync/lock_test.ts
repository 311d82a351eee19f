// End-to-end tests of Lock, with real workers.
import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { ClosedError, EncodingError, Event, Lock, Queue, TimeoutError } from "../../mod.ts";
import { ask, hold, increment } from "../fixtures/shared/sync_tasks.ts";
import { soon } from "../helpers/simulated/clock.ts";
import { killWorker } from "../helpers/programs/kill_worker.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const module = import.meta.resolve("../fixtures/shared/sync_tasks.ts");
const shared = sharePool("Lock in several processes", { workers: 2, module });

Deno.test("Lock is held by one at a time, and released once", async () => {
  const lock = new Lock();
  assertFalse(await lock.locked());
  const guard = await lock.acquire();
  assert(await lock.locked());
  assertFalse(guard.abandoned);
  assertEquals(await lock.tryAcquire(), undefined);
  await assertRejects(() => lock.acquire({ timeoutMs: 0 }), TimeoutError);
  await lock.release();
  await assertRejects(() => lock.release(), Error, "Cannot release the lock: nobody holds it");
});

Deno.test("Lock is released by its guard at the end of a scope, also by an error", async () => {
  const lock = new Lock();
  {
    using _guard = await lock.acquire();
    assert(await lock.locked());
  }
  assertFalse(await lock.locked());
  await assertRejects(() => lock.use(() => Promise.reject(new Error("inside"))), Error, "inside");
  assertFalse(await lock.locked());
  {
    await using _guard = await lock.acquire();
  }
  assertEquals(await lock.use(() => lock.locked()), true);
});

Deno.test("Guard releases once: a later holder keeps the lock", async () => {
  const lock = new Lock();
  const first = await lock.acquire();
  await first.release();
  using _second = await lock.acquire();
  await first.release();
  first[Symbol.dispose]();
  assert(await lock.locked());
});

Deno.test("Guard does nothing when release() has released the lock before", async () => {
  const lock = new Lock();
  const first = await lock.acquire();
  await lock.release();
  using _second = await lock.acquire();
  await first.release();
  assert(await lock.locked());
});

Deno.test("Lock.acquire() serves those who wait first come, first served", async () => {
  const lock = new Lock();
  const order: number[] = [];
  const guard = await lock.acquire();
  const waiters = [0, 1, 2, 3].map((n) => lock.use(() => void order.push(n)));
  await guard.release();
  await Promise.all(waiters);
  assertEquals(order, [0, 1, 2, 3]);
});

Deno.test("Lock.acquire() passes by those who gave up", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  const controller = new AbortController();
  const aborted = assertRejects(() => lock.acquire({ signal: controller.signal }), Error, "no more");
  const late = assertRejects(() => lock.acquire({ timeoutMs: 5 }), TimeoutError);
  const patient = lock.acquire({ timeoutMs: 2 ** 40 });
  controller.abort(new Error("no more"));
  await aborted;
  await late;
  await guard.release();
  assertFalse((await patient).abandoned);
  assert(await lock.locked());
});

Deno.test("Lock.acquire() rejects with the reason of a signal that is aborted already, also when the lock is free", async () => {
  const lock = new Lock();
  const signal = AbortSignal.abort(new Error("too late"));
  await assertRejects(() => lock.acquire({ signal, timeoutMs: 0 }), Error, "too late");
  assertFalse(await lock.locked());
});

Deno.test("Lock.close() ends all waits, and all use of it", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  const waiter = assertRejects(() => lock.acquire(), ClosedError);
  lock.close();
  lock.close();
  await waiter;
  await assertRejects(() => lock.locked(), ClosedError);
  guard[Symbol.dispose]();
});

Deno.test("Lock.close() ends the waits of workers, and the end of a worker that has a closed lock is no matter", () =>
  withPool<typeof import("../fixtures/shared/sync_tasks.ts")>({ workers: 1, module }, async (pool) => {
    const said = new Queue<number>();
    {
      using lock = new Lock();
      using _guard = await lock.acquire();
      const waiter = pool.applyAsync(ask, [lock, said]);
      await said.get();
      lock.close();
      await assertRejects(() => waiter.get(), ClosedError);
    }
    assertEquals(await pool.apply(() => 1), 1);
  }));

shared.test("Guard does not travel", async (pool) => {
  const guard = await new Lock().acquire();
  await assertRejects(async () => await pool.apply((guard: unknown) => guard, [guard]), EncodingError);
});

Deno.test("Lock is one lock in all processes: three workers count in a file, and no count is lost", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "0");
    const permissions = { read: [path], write: [path] };
    await withPool({ workers: 3, module, permissions }, async (pool) => {
      const lock = new Lock();
      await Promise.all([1, 2, 3].map(() => pool.apply(increment, [path, 50, lock])));
      assertEquals(await Deno.readTextFile(path), "150");
      assertFalse(await lock.locked());
    });
  } finally {
    await Deno.remove(path);
  }
});

shared.test("Lock may be released by another process than its holder's", async (pool) => {
  const lock = new Lock();
  await pool.apply(async (lock: Lock) => void await lock.acquire(), [lock]);
  assert(await lock.locked());
  await lock.release();
  assertFalse(await lock.locked());
});

shared.test("Lock.acquire() in a worker ends by its timeoutMs and by its signal", async (pool) => {
  const lock = new Lock();
  using _guard = await lock.acquire();
  const answers = await pool.apply(async (lock: Lock) => {
    const controller = new AbortController();
    const aborted = lock.acquire({ signal: controller.signal }).catch((error) => error);
    const late = await lock.acquire({ timeoutMs: 5 }).catch((error) => error);
    const polled = await lock.tryAcquire();
    controller.abort(new Error("no more"));
    const early = await lock.acquire({ signal: controller.signal }).catch((error) => error);
    return [(await aborted).message, late.name, polled, early.message];
  }, [lock]);
  assertEquals(answers, ["no more", "TimeoutError", undefined, "no more"]);
});

shared.test("Lock passes on, abandoned, when its holder is killed", async (pool) => {
  await soon(250, async () => {
    const lock = new Lock();
    const said = new Queue<number>();
    const holder = pool.applyAsync(hold, [lock, said]);
    const pid = await said.get();
    const waiter = pool.applyAsync(ask, [lock, said]);
    await said.get();
    const startedAt = performance.now();
    Deno.kill(pid, "SIGKILL");
    assert(await waiter.get());
    const tookMs = performance.now() - startedAt;
    await assertRejects(() => holder.get());
    assertFalse((await lock.acquire()).abandoned);
    return tookMs;
  });
});

shared.test("Lock is free, and abandoned, when its holder is killed and nobody waits", async (pool) => {
  const lock = new Lock();
  const said = new Queue<number>();
  const holder = pool.applyAsync(hold, [lock, said]);
  await killWorker(await said.get(), holder);
  assert((await lock.acquire({ timeoutMs: 5000 })).abandoned);
});

shared.test("Lock passes by a waiter that was killed, and is not abandoned by that", async (pool) => {
  const lock = new Lock();
  const said = new Queue<number>();
  const guard = await lock.acquire();
  const dead = pool.applyAsync(ask, [lock, said]);
  const pid = await said.get();
  const living = pool.applyAsync(ask, [lock, said]);
  await said.get();
  await killWorker(pid, dead);
  await guard.release();
  assertFalse(await living.get());
});

shared.test("Lock passes on when its holder is killed while it asks for another", async (pool) => {
  const [first, second, said] = [new Lock(), new Lock(), new Queue<number>()];
  const guard = await second.acquire();
  const task = pool.applyAsync(async (first: Lock, second: Lock, said: Queue<number>) => {
    await first.acquire();
    const asked = second.acquire();
    await said.put(Deno.pid);
    await asked;
  }, [first, second, said]);
  await killWorker(await said.get(), task);
  await guard.release();
  assert((await first.acquire({ timeoutMs: 5000 })).abandoned);
  assertFalse((await second.acquire({ timeoutMs: 5000 })).abandoned);
});

shared.test("Lock survives holders and waiters that are killed at any moment", async (pool) => {
  const [lock, said] = [new Lock(), new Queue<number>()];
  for (let round = 0; round < 3; round++) {
    const tasks = [1, 2].map(() =>
      pool.applyAsync(async (lock: Lock, said: Queue<number>) => {
        await said.put(Deno.pid);
        while (true) (await lock.acquire())[Symbol.dispose]();
      }, [lock, said])
    );
    const ended = tasks.map((task) => assertRejects(() => task.get()));
    for (const _ of tasks) Deno.kill(await said.get(), "SIGKILL");
    await Promise.all(ended);
    await lock.use(() => {}, { timeoutMs: 5000 });
  }
});

shared.test("Lock.acquire() is served soon while two workers take the lock again and again", async (pool) => {
  const [lock, said, end] = [new Lock(), new Queue<number>(), new Event()];
  const tasks = [1, 2].map(() =>
    pool.apply(async (lock: Lock, said: Queue<number>, end: Event) => {
      let isOver = false;
      end.wait().then(() => isOver = true);
      for (let turns = 1; !isOver; turns++) {
        using _guard = await lock.acquire();
        if (turns === 100) await said.put(turns);
      }
    }, [lock, said, end])
  );
  for (const _ of tasks) await said.get();
  for (let n = 0; n < 10; n++) {
    using guard = await lock.acquire({ timeoutMs: 5000 });
    assertFalse(guard.abandoned);
  }
  await end.set();
  await Promise.all(tasks);
});

shared.test("Lock held by a task that ends it in time is not abandoned", async (pool) => {
  const [lock, said, end] = [new Lock(), new Queue<number>(), new Event()];
  const holder = pool.applyAsync(hold, [lock, said, end]);
  await said.get();
  const waiter = pool.applyAsync(ask, [lock, said]);
  await said.get();
  await end.set();
  assertFalse(await waiter.get());
  await holder.get();
});
