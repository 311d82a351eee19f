// End-to-end tests of Event, with real workers.
import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { ClosedError, Event, Queue } from "../../mod.ts";
import { killWorker } from "../helpers/programs/kill_worker.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";

const shared = sharePool("Event in several processes", { workers: 2 });

/** Waits for an event, and says so. */
const waitFor = async (event: Event, said: Queue<number>): Promise<boolean> => {
  const waiting = event.wait();
  await said.put(Deno.pid);
  return await waiting;
};

Deno.test("Event is unset, set and cleared, and wait() tells which in time", async () => {
  const event = new Event();
  assertFalse(await event.isSet());
  assertEquals(await event.wait({ timeoutMs: 0 }), false);
  const startedAt = performance.now();
  assertEquals(await event.wait({ timeoutMs: 30 }), false);
  assert(performance.now() - startedAt > 25);
  await event.set();
  assert(await event.isSet());
  assertEquals(await event.wait({ timeoutMs: 0 }), true);
  assertEquals(await event.wait(), true);
  await event.set();
  await event.clear();
  assertFalse(await event.isSet());
  assertEquals(await event.wait({ timeoutMs: 0 }), false);
});

Deno.test("Event.set() wakes all who wait, also when it is cleared at once", async () => {
  const event = new Event();
  const waiters = [1, 2, 3].map(() => event.wait());
  const set = event.set();
  const cleared = event.clear();
  assertEquals(await Promise.all(waiters), [true, true, true]);
  await Promise.all([set, cleared]);
  assertFalse(await event.isSet());
});

Deno.test("Event.wait() rejects with the reason of its signal", async () => {
  const event = new Event();
  const controller = new AbortController();
  const aborted = assertRejects(() => event.wait({ signal: controller.signal }), Error, "no more");
  controller.abort(new Error("no more"));
  await aborted;
  await event.set();
  await assertRejects(() => event.wait({ signal: controller.signal }), Error, "no more");
});

shared.test("Event that is set in a worker wakes the program, and the other way round", async (pool) => {
  const [ready, go] = [new Event(), new Event()];
  const task = pool.apply(async (ready: Event, go: Event) => {
    const late = await go.wait({ timeoutMs: 5 });
    await ready.set();
    return [late, await go.wait(), await go.isSet()];
  }, [ready, go]);
  assert(await ready.wait());
  await go.set();
  assertEquals(await task, [false, true, true]);
});

shared.test("Event passes by a waiter that was killed, and wakes the others", async (pool) => {
  const [event, said] = [new Event(), new Queue<number>()];
  const dead = pool.applyAsync(waitFor, [event, said]);
  const pid = await said.get();
  const living = pool.applyAsync(waitFor, [event, said]);
  await said.get();
  await killWorker(pid, dead);
  await event.set();
  assert(await living.get());
});

Deno.test("Event.close() ends all waits", async () => {
  const event = new Event();
  {
    using closing = event;
    assertRejects(() => closing.wait(), ClosedError);
    await closing.isSet();
  }
  await assertRejects(() => event.set(), ClosedError);
});
