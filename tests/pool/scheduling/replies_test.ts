// Policy, with scripted fake workers. In the scripts, tasks are letters; see `ScriptedPool` for the calls. What comes back.
import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../src/errors.ts";
import { ScriptedPool, withHeld } from "../../helpers/simulated/scripted_pool.ts";

// --- replies

Deno.test("Scheduler.answered() throws ProtocolError when the worker does not hold the task", () => {
  const pool = ScriptedPool.withReady();
  pool.submit("ab");
  assertThrows(() => pool.scheduler.answered(pool.slot(0), 99), ProtocolError, "task 99");
  assertThrows(() => pool.scheduler.answered(pool.slot(0), pool.task("b").id), ProtocolError);
  pool.read(0, "started", "=a");
  assertThrows(() => pool.scheduler.answered(pool.slot(0), pool.task("a").id), ProtocolError);
});

Deno.test("Scheduler.returned() throws ProtocolError when the worker does not hold the task", () => {
  const pool = withHeld("ab");
  assertThrows(() => pool.scheduler.returned(pool.slot(0), [99], pool.now), ProtocolError, "task 99");
  pool.scheduler.returned(pool.slot(0), [pool.task("b").id], pool.now);
  assertThrows(() => pool.scheduler.returned(pool.slot(0), [pool.task("b").id], pool.now), ProtocolError);
});

Deno.test("Scheduler.returned() throws ProtocolError when the worker was to start the task", () => {
  // Each return starts the time of the task again: a worker could keep it for ever.
  const pool = withHeld("ab");
  assertThrows(() => pool.scheduler.returned(pool.slot(0), [pool.task("a").id], pool.now), ProtocolError, "to start");
  const side = ScriptedPool.withReady({ workers: 1, concurrency: 2 });
  side.submit("ab");
  assertThrows(() => side.scheduler.returned(side.slot(0), [side.task("b").id], side.now), ProtocolError, "to start");
});

Deno.test("Scheduler.returned() puts tasks back before all others, in their order", () => {
  const pool = withHeld("abc");
  pool.enqueue("de");
  pool.step(() => pool.read(0, "=a", "<bc"), "run 0: b");
  pool.now += 10;
  pool.step(() => pool.read(0, "started", "=b"), "run 0: c", "run 0: d after 5 replies");
});

Deno.test("Scheduler.returned() counts as a reply when tasks are sent ahead", () => {
  // The worker tells by it that b, which may be taken back before the return is read, is not to be started.
  const pool = withHeld("ab");
  pool.read(0, "=a");
  const { replies } = pool.slot(0).present!;
  pool.read(0, "<b");
  assertEquals(pool.slot(0).present!.replies, replies + 1);
});

Deno.test("Scheduler.readEnd() lets the program end when a return leaves the worker idle", () => {
  const pool = withHeld("ab");
  pool.step(() => pool.read(0, "=a"));
  pool.cancel("b");
  pool.step(() => pool.read(0, "<b"), "unref 0");
});

Deno.test("Scheduler.readEnd() counts the idle time from a return that leaves the worker idle", () => {
  const pool = withHeld("ab", { idleTimeoutMs: 100 });
  pool.now += 1000;
  pool.read(0, "=a");
  pool.cancel("b");
  pool.read(0, "<b");
  assertEquals(pool.untilDeadline, 100);
});

// --- leases and fences

Deno.test("Scheduler.tick() takes back what was sent ahead when the worker is silent behind a fence", () => {
  const pool = withHeld("abc");
  assertEquals(pool.untilDeadline, 5);
  pool.step(() => pool.advance(5), "fence");
  assertEquals(pool.untilDeadline, Infinity);
  pool.step(() => pool.passFence());
  assertEquals(pool.scheduler.waiting, 2);
  pool.step(() => pool.read(0, "=a", "<bc"), "run 0: b");
});

Deno.test("Scheduler.tick() gives an idle worker what it takes back from a silent one", () => {
  const pool = ScriptedPool.withReady({ workers: 2 });
  pool.submit("a");
  pool.read(0, "started", "=a");
  pool.submit("bcd");
  pool.read(1, "started", "=c");
  pool.advance(5);
  pool.step(() => pool.passFence(), "ref 1", "run 1: d");
  pool.step(() => pool.read(0, "=b", "<d"), "unref 0");
  pool.step(() => pool.read(1, "started", "=d"), "unref 1");
  assertEquals(pool.answers, ["a", "c", "b", "d"]);
});

Deno.test("Scheduler.tick() takes nothing back when something was read before the fence was through", () => {
  const pool = withHeld("abc");
  pool.advance(5);
  pool.read(0, "=a");
  pool.step(() => pool.passFence());
  assertEquals(pool.scheduler.waiting, 0);
  pool.step(() => pool.advance(5), "fence");
});

Deno.test("Scheduler.tick() takes nothing back on the word of an earlier fence", () => {
  const pool = withHeld("abc");
  pool.advance(5);
  pool.read(0, "=a");
  pool.step(() => pool.advance(5), "fence");
  pool.passFence();
  assertEquals(pool.scheduler.waiting, 0);
  pool.passFence();
  assertEquals(pool.scheduler.waiting, 1);
});

Deno.test("Scheduler.tick() takes back what was sent ahead of a task that prints without an end", () => {
  const pool = withHeld("abc");
  pool.advance(3);
  // Only what it printed, or its progress.
  pool.read(0);
  pool.step(() => pool.advance(2), "fence");
  pool.read(0);
  pool.passFence();
  assertEquals(pool.scheduler.waiting, 2);
  // Nor is it sent more, as one that answers quickly.
  pool.submit("d");
  pool.step(() => pool.read(0));
  assertEquals(pool.scheduler.waiting, 3);
});

Deno.test("Scheduler.tick() raises another fence when one cannot be told", () => {
  const pool = withHeld("abc");
  pool.advance(5);
  pool.step(() => pool.passFence(false));
  assertEquals([pool.untilDeadline, pool.scheduler.waiting], [5, 0]);
  pool.step(() => pool.advance(5), "fence");
});

Deno.test("Scheduler.tick() takes nothing back from a worker that runs several tasks at once", () => {
  const pool = ScriptedPool.withReady({ workers: 1, concurrency: 2 });
  pool.submit("ab");
  pool.read(0, "started");
  assertEquals(pool.untilDeadline, Infinity);
  pool.step(() => pool.advance(1000));
});

Deno.test("Scheduler.tick() leaves the successor of a dead worker alone when the old fence is through", () => {
  const pool = withHeld("abc");
  pool.advance(5);
  pool.exit(0);
  pool.ready(0);
  pool.read(0, "started");
  const held = pool.slot(0).held.size;
  pool.passFence();
  assertEquals(pool.slot(0).held.size, held);
});

// --- standby

Deno.test("Scheduler.standby() counts what the worker is given as started", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("a");
  pool.read(0, "started", "standby", "=a");
  pool.submit("b");
  pool.step(() => pool.exit(0), "reject b: WorkerExitError started", "spawn 0", "unref 0");
});

Deno.test("Scheduler.standby() counts as started what was on its way to the worker that says so", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("a");
  pool.read(0, "standby");
  pool.step(() => pool.exit(0), "reject a: WorkerExitError started", "spawn 0", "unref 0");
});

Deno.test("Scheduler.standby() ends with the wake: an idle worker must say again what it starts", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("a");
  pool.read(0, "started", "standby", "=a");
  pool.wake(0);
  pool.submit("b");
  pool.step(() => pool.exit(0), "spawn 0", "ref 0");
});
