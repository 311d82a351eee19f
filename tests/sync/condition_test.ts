// End-to-end tests of Condition, with real workers.
import { assert, assertEquals, assertFalse, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { ClosedError, Condition, Event, Lock, Manager, type Pool, Queue, RLock, TimeoutError } from "../../mod.ts";
import { ask, hold, makeLock, sleep } from "../fixtures/shared/sync_tasks.ts";
import { killWorker } from "../helpers/programs/kill_worker.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";

const module = import.meta.resolve("../fixtures/shared/sync_tasks.ts");
const shared = sharePool("Condition in several processes", { workers: 3, module });

/** Tasks that sleep at the condition, and their workers' process ids, in the order in which they fell asleep. */
async function sleepers(pool: Pool, condition: Condition, count: number, timeoutMs?: number) {
  const said = new Queue<number>();
  const pids: number[] = [];
  const tasks = [];
  for (let n = 0; n < count; n++) {
    tasks.push(pool.applyAsync(sleep, [condition, said, timeoutMs]));
    pids.push(await said.get());
  }
  return { tasks, pids, said };
}

shared.test("Condition.notify() wakes exactly one of two sleepers, in the order in which they came", async (pool) => {
  const condition = new Condition();
  const { tasks: [first, second] } = await sleepers(pool, condition, 2);
  await condition.use(() => condition.notify());
  assert(await first!.get());
  assertFalse(second!.ready());
  await condition.use(() => condition.notify());
  assert(await second!.get());
});

shared.test("Condition.notifyAll() wakes all who sleep, and nobody who has given up", async (pool) => {
  const condition = new Condition();
  const late = await sleepers(pool, condition, 3, 1);
  assertEquals(await Promise.all(late.tasks), [false, false, false]);
  const { tasks } = await sleepers(pool, condition, 3);
  await condition.use(() => condition.notifyAll());
  assertEquals(await Promise.all(tasks), [true, true, true]);
});

shared.test("Condition.notify(n) wakes n, and what is too much has no effect later", async (pool) => {
  const condition = new Condition();
  const { tasks } = await sleepers(pool, condition, 3);
  await condition.use(() => condition.notify(2));
  assertEquals(await Promise.all(tasks.slice(0, 2)), [true, true]);
  assertFalse(tasks[2]!.ready());
  await condition.use(() => condition.notify(4));
  assertEquals(await Promise.all(tasks), [true, true, true]);
  await condition.use(() => condition.notify(3));
  assertFalse(await condition.use(() => condition.wait({ timeoutMs: 5 })));
});

Deno.test("Condition.wait() returns false when its time is up, and has the lock then", async () => {
  for (const condition of [new Condition(), new Condition(new Lock()), new Condition(new RLock())]) {
    using _guard = await condition.acquire();
    for (const timeoutMs of [0, 30]) {
      const startedAt = performance.now();
      assertEquals(await condition.wait({ timeoutMs }), false);
      assert(performance.now() - startedAt >= timeoutMs - 5);
      assert(await condition.locked());
    }
  }
});

shared.test("Condition.wait() returns true when it was notified", async (pool) => {
  const condition = new Condition();
  const guard = await condition.acquire();
  // The task has the lock only while the program sleeps.
  const task = pool.apply(async (condition: Condition) => {
    using _guard = await condition.acquire();
    await condition.notify();
  }, [condition]);
  assertEquals(await condition.wait(), true);
  await task;
  await guard.release();
  assertFalse(await condition.locked());
});

shared.test("Condition.waitFor() waits until the predicate holds for what the other side changes", async (pool) => {
  const [condition, state] = [new Condition(), new Queue<number>(1)];
  await state.put(0);
  const task = pool.apply(async (condition: Condition, state: Queue<number>) => {
    using _guard = await condition.acquire();
    return await condition.waitFor(async () => {
      const value = await state.get();
      await state.put(value);
      return value >= 4 ? `it is ${value}` : null;
    });
  }, [condition, state]);
  for (let n = 1; n <= 4; n++) {
    await condition.use(async () => {
      await state.put(await state.get() + 1);
      await condition.notify();
    });
  }
  assertEquals(await task, "it is 4");
});

Deno.test("Condition.waitFor() returns the predicate's last value when its time is up, and not before", async () => {
  const condition = new Condition();
  using _guard = await condition.acquire();
  let calls = 0;
  const startedAt = performance.now();
  const value = await condition.waitFor(() => (calls++, 0), { timeoutMs: 50 });
  assert(performance.now() - startedAt >= 50);
  assertEquals(value, 0);
  assert(calls >= 2);
  assertEquals(await condition.waitFor(() => "at once", { timeoutMs: 0 }), "at once");
  const signal = AbortSignal.abort(new Error("no more"));
  await assertRejects(() => condition.waitFor(() => "at once", { signal }), Error, "no more");
});

shared.test("Condition.wait() and notify() without the lock are errors", async (pool) => {
  for (const condition of [new Condition(), new Condition(new Lock())]) {
    await assertRejects(() => condition.wait(), Error, "Cannot wait: this task does not hold the condition's lock");
    await assertRejects(() => condition.notify(), Error, "Cannot notify: this task does not hold");
    await assertRejects(() => condition.notifyAll(), Error, "Cannot notify: this task does not hold");
    using _guard = await condition.acquire();
    const waitAnyway = async (condition: Condition) => void await condition.wait();
    await assertRejects(async () => await pool.apply(waitAnyway, [condition]), Error, "Cannot wait");
    for (const count of [-1, 0.5, NaN]) await assertRejects(() => condition.notify(count), RangeError);
  }
});

shared.test("Condition.wait() releases a lock that was acquired three times, and has it as often again", async (pool) => {
  const [condition, said] = [new Condition(), new Queue<number>()];
  const guards = [await condition.acquire(), await condition.acquire(), await condition.acquire()];
  const task = pool.applyAsync(ask, [condition, said]);
  await said.get();
  // The task has the lock in the meantime, or the wait would be the first to have it.
  assertFalse(await condition.wait({ timeoutMs: 0 }));
  assertFalse(await task.get());
  for (const guard of guards) {
    assert(await condition.locked());
    await guard.release();
  }
  assertFalse(await condition.locked());
});

shared.test("Condition.wait() that is aborted rejects with the reason, when it has the lock again", async (pool) => {
  const [condition, said, end] = [new Condition(), new Queue<number>(), new Event()];
  const guard = await condition.acquire();
  const controller = new AbortController();
  let settled = false;
  const aborted = assertRejects(() => condition.wait({ signal: controller.signal }), Error, "no more")
    .then(() => settled = true);
  const holder = pool.applyAsync(hold, [condition, said, end]);
  await said.get();
  controller.abort(new Error("no more"));
  await condition.locked();
  assertFalse(settled);
  await end.set();
  await aborted;
  await holder.get();
  assert(await condition.locked());
  await guard.release();
  assertFalse(await condition.locked());
});

Deno.test("Condition is of one lock with others that have the same", async () => {
  const lock = new Lock();
  const [filled, emptied] = [new Condition(lock), new Condition(lock)];
  const guard = await lock.acquire();
  assertEquals(await filled.tryAcquire(), undefined);
  assertEquals(await emptied.wait({ timeoutMs: 1 }), false);
  await guard.release();
  await filled.use(async () => assertEquals(await lock.tryAcquire(), undefined));
});

shared.test("Condition is made with a lock of this process only", async (pool) => {
  const closed = new Lock();
  closed.close();
  assertThrows(() => new Condition(closed), TypeError, "Cannot make a condition");
  assertThrows(() => new Condition(new Event() as unknown as Lock), TypeError, "Cannot make a condition");
  const foreign = await pool.apply(makeLock);
  assertInstanceOf(foreign, Lock);
  assertThrows(() => new Condition(foreign), TypeError, "another process made the lock");
});

Deno.test("Condition.close() ends all waits, and its own lock", async () => {
  const condition = new Condition();
  const guard = await condition.acquire();
  const waiter = assertRejects(() => condition.wait(), ClosedError);
  await condition.locked();
  condition.close();
  await waiter;
  await assertRejects(() => guard.release(), ClosedError);
});

shared.test("Condition.close() leaves a lock that others use: who has it can release it", async (pool) => {
  const lock = new Lock();
  const condition = new Condition(lock);
  const guard = await condition.acquire();
  const waiter = assertRejects(() => condition.wait(), ClosedError);
  await condition.locked();
  condition.close();
  condition.close();
  await waiter;
  assert(await lock.locked());
  await guard.release();
  assertFalse(await lock.locked());
  for (const call of [condition.acquire(), condition.tryAcquire(), condition.locked(), condition.notify()]) {
    await assertRejects(() => call, ClosedError, "the condition: it was closed");
  }
  // The same where the guard is in another process.
  const other = new Condition(lock);
  const { tasks } = await sleepers(pool, other, 1);
  other.close();
  await assertRejects(() => tasks[0]!.get(), ClosedError);
  await (await lock.acquire()).release();
});

Deno.test("Condition of a manager leaves a lock that others use, when that is closed: who has it can release it", async () => {
  const lock = new Lock();
  const manager = new Manager();
  const guard = await manager.condition(lock).acquire();
  manager.close();
  await guard.release();
  assertFalse(await lock.locked());
});

shared.test("Condition.close() wakes all who sleep: with its own lock none waits for another", async (pool) => {
  const condition = new Condition();
  const { tasks } = await sleepers(pool, condition, 2);
  condition.close();
  for (const task of tasks) await assertRejects(() => task.get(), ClosedError);
});

Deno.test("Condition of a lock that was closed rejects who is to have the lock again, and who wants it", async () => {
  const lock = new Lock();
  const condition = new Condition(lock);
  await condition.acquire();
  const waiting = assertRejects(() => condition.wait(), ClosedError, "the lock");
  await lock.acquire();
  lock.close();
  await condition.notify();
  await waiting;
  await assertRejects(() => condition.acquire(), ClosedError, "the lock");
  await assertRejects(() => condition.tryAcquire(), ClosedError, "the lock");
});

shared.test("Condition passes by a sleeper that was killed", async (pool) => {
  const condition = new Condition();
  const { tasks: [dead, living], pids: [pid] } = await sleepers(pool, condition, 2);
  await killWorker(pid!, dead!);
  await condition.use(() => condition.notify());
  assert(await living!.get());
  assertFalse((await condition.acquire()).abandoned);
});

shared.test("Condition passes a notification on when the sleeper is killed before it has the lock again", async (pool) => {
  const condition = new Condition();
  const { tasks: [dead, living], pids: [pid] } = await sleepers(pool, condition, 2);
  const guard = await condition.acquire();
  await condition.notify();
  await killWorker(pid!, dead!);
  await guard.release();
  assert(await living!.get());
});

shared.test("Condition's lock passes on, abandoned, when its holder is killed while others sleep", async (pool) => {
  const condition = new Condition();
  const { tasks: [sleeper], said } = await sleepers(pool, condition, 1);
  const holder = pool.applyAsync(hold, [condition, said]);
  await killWorker(await said.get(), holder);
  const guard = await condition.acquire({ timeoutMs: 5000 });
  assert(guard.abandoned);
  await condition.notify();
  await guard.release();
  assert(await sleeper!.get());
});

shared.test("Condition's lock is free when a sleeper whose time was up is killed while it waits for the lock", async (pool) => {
  const condition = new Condition(new Lock());
  await pool.ready();
  const { tasks: [sleeper], pids: [pid] } = await sleepers(pool, condition, 1, 1000);
  const guard = await condition.acquire();
  // Its time is up before this one's is.
  await assertRejects(() => condition.acquire({ timeoutMs: 1010 }), TimeoutError);
  await killWorker(pid!, sleeper!);
  await guard.release();
  assertFalse((await condition.acquire({ timeoutMs: 5000 })).abandoned);
});
