// End-to-end tests of Barrier, with real workers.
import { assert, assertEquals, assertFalse, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { Barrier, BrokenBarrierError, ClosedError, type Pool, Queue } from "../../mod.ts";
import { come } from "../fixtures/shared/sync_tasks.ts";
import { killWorker } from "../helpers/programs/kill_worker.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";

const module = import.meta.resolve("../fixtures/shared/sync_tasks.ts");
const PARTIES = 3;
const shared = sharePool("Barrier in several processes", { workers: PARTIES, module });

/** Tasks that wait at the barrier, and their workers' process ids, in the order in which they came. */
async function waiting(pool: Pool, barrier: Barrier, count: number, timeoutMs?: number) {
  const said = new Queue<number>();
  const pids: number[] = [];
  const tasks = [];
  for (let n = 0; n < count; n++) {
    tasks.push(pool.applyAsync(come, [barrier, said, timeoutMs]));
    pids.push(await said.get());
  }
  return { tasks, pids };
}

/** Passes the barrier a number of times, and says the number of the pass before and after each. */
async function pass(barrier: Barrier, said: Queue<number>, times: number): Promise<number[]> {
  const indexes = [];
  for (let n = 0; n < times; n++) {
    await said.put(2 * n);
    indexes.push(await barrier.wait());
    await said.put(2 * n + 1);
    await barrier.wait();
  }
  return indexes;
}

shared.test("Barrier passes 100 times in step, and each party has another index", async (pool) => {
  const [barrier, said] = [new Barrier(PARTIES), new Queue<number>()];
  const tasks = Array.from({ length: PARTIES }, () => pool.apply(pass, [barrier, said, 100]));
  const indexes = await Promise.all(tasks);
  for (let n = 0; n < 100; n++) {
    assertEquals(indexes.map((of) => of[n]).sort(), [0, 1, 2]);
    const steps = [];
    for (let step = 0; step < 2 * PARTIES; step++) steps.push(await said.get());
    // Nobody has passed before all had come, nobody comes again before all have passed.
    assertEquals(steps, [...Array(PARTIES).fill(2 * n), ...Array(PARTIES).fill(2 * n + 1)]);
  }
  assertEquals(await said.qsize(), 0);
  assertEquals([await barrier.nWaiting(), await barrier.broken(), await barrier.parties()], [0, false, PARTIES]);
});

Deno.test("Barrier of one party passes at once", async () => {
  const barrier = new Barrier(1);
  assertEquals([await barrier.wait(), await barrier.wait({ timeoutMs: 0 })], [0, 0]);
});

Deno.test("Barrier is made for 1 or more parties", () => {
  for (const parties of [0, -1, 1.5, NaN]) {
    assertThrows(() => new Barrier(parties), RangeError, `Cannot make a barrier for ${parties}`);
  }
  assertThrows(() => new Barrier(1, { action: "x" as unknown as () => void }), TypeError);
});

shared.test("Barrier runs its action once per pass, before anybody goes on", async (pool) => {
  const said = new Queue<number>();
  let actions = 0;
  const action = async () => {
    actions++;
    await said.put(100);
  };
  const tasks = [1, 2, 3].map(() => pool.apply(pass, [new Barrier(3), said, 0]));
  await Promise.all(tasks);
  const barrier = new Barrier(3, { action });
  await Promise.all([1, 2, 3].map(() => pool.apply(pass, [barrier, said, 2])));
  assertEquals(actions, 4);
  const steps = [];
  for (let n = 0; n < 16; n++) steps.push(await said.get());
  assertEquals(steps, [0, 0, 0, 100, 1, 1, 1, 100, 2, 2, 2, 100, 3, 3, 3, 100]);
});

shared.test("Barrier whose action fails gives the error to the last party, and is broken for the others", async (pool) => {
  const barrier = new Barrier(3, { action: () => Promise.reject(new TypeError("not ready")) });
  const { tasks } = await waiting(pool, barrier, 2);
  await assertRejects(() => barrier.wait(), TypeError, "not ready");
  for (const task of tasks) {
    const error = await assertRejects(() => task.get(), BrokenBarrierError, "its action failed");
    assertInstanceOf(error.cause, TypeError);
  }
  assert(await barrier.broken());
  await assertRejects(() => barrier.wait(), BrokenBarrierError, "its action failed");
});

shared.test("Barrier whose action throws what cannot travel gives an error that shows it", async (pool) => {
  const barrier = new Barrier(2, { action: () => Promise.reject(() => 1) });
  const tasks = [1, 2].map(() => pool.apply(async (barrier: Barrier) => await barrier.wait(), [barrier]));
  const outcomes = await Promise.allSettled(tasks) as PromiseRejectedResult[];
  const errors = outcomes.map(({ reason }) => reason).sort((a, b) => a.name.length - b.name.length);
  assertEquals(errors.map(({ name }) => name), ["Error", "BrokenBarrierError"]);
  assertEquals(errors[0].message, "The action of the barrier threw a function");
  assertEquals(errors[1].cause.message, errors[0].message);
});

Deno.test("Barrier lets nobody in while its action runs, and nobody out if it is reset meanwhile", async () => {
  const { promise: acting, resolve } = Promise.withResolvers<void>();
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  const barrier = new Barrier(2, { action: () => (resolve(), mayEnd) });
  const first = [1, 2].map(() => assertRejects(() => barrier.wait({ timeoutMs: 10_000 }), BrokenBarrierError, "reset"));
  await acting;
  const early = [barrier.wait(), barrier.wait()];
  const gone = new AbortController();
  const aborted = assertRejects(() => barrier.wait({ signal: gone.signal }), Error, "no more");
  assertEquals(await barrier.nWaiting(), 0);
  gone.abort(new Error("no more"));
  await aborted;
  await barrier.reset();
  end();
  await Promise.all(first);
  assertEquals(await Promise.all(early), [0, 1]);
});

shared.test("Barrier.abort() breaks it for those who wait and who come, until reset()", async (pool) => {
  const barrier = new Barrier(3);
  const { tasks } = await waiting(pool, barrier, 2);
  assertEquals(await barrier.nWaiting(), 2);
  await barrier.abort();
  for (const task of tasks) await assertRejects(() => task.get(), BrokenBarrierError, "it was aborted");
  assert(await barrier.broken());
  await assertRejects(() => barrier.wait(), BrokenBarrierError, "it was aborted");
  await barrier.reset();
  assertFalse(await barrier.broken());
  const again = await waiting(pool, barrier, 2);
  assertEquals(await barrier.wait(), 2);
  assertEquals(await Promise.all(again.tasks), [0, 1]);
});

shared.test("Barrier.reset() frees those who wait with BrokenBarrierError, and the barrier can be used at once", async (pool) => {
  const barrier = new Barrier(3);
  const { tasks } = await waiting(pool, barrier, 2);
  await barrier.reset();
  for (const task of tasks) await assertRejects(() => task.get(), BrokenBarrierError, "it was reset");
  assertFalse(await barrier.broken());
  const again = await waiting(pool, barrier, 2);
  assertEquals(await barrier.wait(), 2);
  assertEquals(await Promise.all(again.tasks), [0, 1]);
});

shared.test("Barrier is broken for all by one party whose time is up", async (pool) => {
  const barrier = new Barrier(3);
  await pool.ready();
  const patient = await waiting(pool, barrier, 1);
  const { tasks: [hasty] } = await waiting(pool, barrier, 1, 20);
  await assertRejects(() => hasty!.get(), BrokenBarrierError, "a party waited too long");
  await assertRejects(() => patient.tasks[0]!.get(), BrokenBarrierError, "a party waited too long");
  await assertRejects(() => barrier.wait(), BrokenBarrierError, "a party waited too long");
  await barrier.reset();
  await assertRejects(() => barrier.wait({ timeoutMs: 0 }), BrokenBarrierError);
});

shared.test("Barrier's own timeoutMs is that of each wait which does not say", async (pool) => {
  const barrier = new Barrier(2, { timeoutMs: 20 });
  const { tasks: [task] } = await waiting(pool, barrier, 1);
  await assertRejects(() => task!.get(), BrokenBarrierError, "a party waited too long");
  await barrier.reset();
  const patient = await waiting(pool, barrier, 1, Infinity);
  // As long again as the other would have waited.
  await assertRejects(() => new Barrier(2, { timeoutMs: 20 }).wait(), BrokenBarrierError);
  assertEquals(await barrier.wait(), 1);
  assertEquals(await patient.tasks[0]!.get(), 0);
});

Deno.test("Barrier is broken for the others by one party that gives up; a signal aborted before is not an arrival", async () => {
  const barrier = new Barrier(3);
  const controller = new AbortController();
  const aborted = assertRejects(() => barrier.wait({ signal: controller.signal }), Error, "no more");
  const other = assertRejects(() => barrier.wait(), BrokenBarrierError, "a party gave up");
  await barrier.nWaiting();
  controller.abort(new Error("no more"));
  await Promise.all([aborted, other]);
  await barrier.reset();
  await assertRejects(() => barrier.wait({ signal: controller.signal }), Error, "no more");
  assertFalse(await barrier.broken());
});

shared.test("Barrier is broken for the others when a waiting party is killed", async (pool) => {
  const barrier = new Barrier(3);
  const { tasks: [dead, living], pids: [pid] } = await waiting(pool, barrier, 2);
  await killWorker(pid!, dead!);
  await assertRejects(() => living!.get(), BrokenBarrierError, "the process of a waiting party has ended");
  await barrier.reset();
  const again = await waiting(pool, barrier, 2);
  assertEquals(await barrier.wait(), 2);
  assertEquals(await Promise.all(again.tasks), [0, 1]);
});

Deno.test("Barrier.close() ends all waits", async () => {
  const barrier = new Barrier(2);
  const waiter = assertRejects(() => barrier.wait(), ClosedError);
  await barrier.nWaiting();
  barrier.close();
  await waiter;
});

Deno.test("Barrier.close() ends the waits of those who have come while the action runs; the last waits for that", async () => {
  const acting = Promise.withResolvers<void>();
  const barrier = new Barrier(2, { action: () => acting.promise });
  const first = assertRejects(() => barrier.wait(), ClosedError);
  const last = barrier.wait();
  barrier.close();
  await first;
  acting.resolve();
  assertEquals(await last, 1);
});
