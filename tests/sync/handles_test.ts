// End-to-end tests of how locks and their like travel: in arguments, results, objects, other objects, to grandchildren.
import { assert, assertEquals, assertFalse, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  EndOfStreamError,
  Event,
  Lock,
  Queue,
  RLock,
  Semaphore,
} from "../../mod.ts";
import { ask, askInGrandchildren, isLock, offerLock } from "../fixtures/shared/sync_tasks.ts";
import { killWorker } from "../helpers/programs/kill_worker.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const module = import.meta.resolve("../fixtures/shared/sync_tasks.ts");
const shared = sharePool("handles in several processes", { workers: 2, module });
const makers = [
  () => new Lock(),
  () => new RLock(),
  () => new Semaphore(3),
  () => new BoundedSemaphore(3),
  () => new Condition(),
  () => new Event(),
  () => new Barrier(2),
];

for (const make of makers) {
  shared.test(`${make().constructor.name} comes back from a worker, nested in a value, as the same handle`, async (pool) => {
    const handle = make();
    const { list, name } = await pool.apply(({ of: [handle] }: { of: [object] }) => ({
      list: new Map([["it", { handle }]]),
      name: handle.constructor.name,
    }), [{ of: [handle] }]);
    assertStrictEquals(list.get("it")!.handle, handle);
    assertEquals(name, handle.constructor.name);
  });
}

shared.test("Lock in a task is of the class that its module imports", async (pool) => {
  assert(await pool.apply(isLock, [new Lock()]));
  assertFalse(await pool.apply(isLock, [new RLock()]));
});

shared.test("Lock travels in an item of a queue", async (pool) => {
  const [lock, queue] = [new Lock(), new Queue<Lock>()];
  await queue.put(lock);
  using _guard = await lock.acquire();
  assertEquals(await pool.apply(async (queue: Queue<Lock>) => await (await queue.get()).locked(), [queue]), true);
});

shared.test("Lock that a worker made is one lock for the program and for other workers, until its worker ends", async (pool) => {
  const [said, locks, held] = [new Queue<number>(), new Queue<Lock>(), new Event()];
  const owner = pool.applyAsync(offerLock, [locks, held]);
  const lock = await locks.get();
  assertInstanceOf(lock, Lock);
  const guard = await lock.acquire();
  const waiter = pool.applyAsync(ask, [lock, said]);
  const pid = await said.get();
  await guard.release();
  assertFalse(await waiter.get());
  const orphan = assertRejects(() => lock.use(() => held.wait()), EndOfStreamError);
  await killWorker(pool.workers.find((worker) => worker.pid !== pid)!.pid, owner);
  await held.set();
  await orphan;
  await assertRejects(() => lock.acquire(), EndOfStreamError);
});

Deno.test("Lock passes on when a grandchild that holds it is killed, and by one that waits", async () => {
  const permissions = { run: [Deno.execPath()] };
  await withPool({ workers: 1, module, permissions }, async (pool) => {
    const [lock, said] = [new Lock(), new Queue<number>()];
    const guard = await lock.acquire();
    const middle = pool.applyAsync(askInGrandchildren, [lock, said]);
    const [first, second, third] = [await said.get(), await said.get(), await said.get()];
    Deno.kill(first, "SIGKILL");
    await guard.release();
    // The second holds it now, for ever; the third waits.
    assertEquals(await said.get(), second);
    Deno.kill(second, "SIGKILL");
    assertEquals(await said.get(), third);
    assertEquals(await middle.get(), ["WorkerExitError", "WorkerExitError", true]);
    assertFalse((await lock.acquire({ timeoutMs: 5000 })).abandoned);
  });
});
