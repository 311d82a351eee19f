// Policy, with scripted fake workers. In the scripts, tasks are letters; see `ScriptedPool` for the calls. A worker's share, time limits, and cancelling.
import { assertEquals } from "@std/assert";
import { ScriptedPool, withHeld } from "../../helpers/simulated/scripted_pool.ts";

// --- a worker's share

Deno.test("Scheduler gives a worker no more than maxTasksPerChild, and starts another for the rest", () => {
  const pool = ScriptedPool.withReady({ workers: 1, maxTasksPerChild: 2 });
  pool.submit("abc");
  pool.step(() => pool.read(0, "started", "=a"), "run 0: b");
  pool.step(() => pool.read(0, "started", "=b"), "stop 0");
  pool.step(() => pool.exit(0), "spawn 0", "ref 0");
  pool.step(() => pool.ready(0), "unref 0", "ref 0", "run 0: c");
});

Deno.test("Scheduler counts tasks that came back towards no worker's maxTasksPerChild", () => {
  const pool = withHeld("ab", { maxTasksPerChild: 4 });
  assertEquals(pool.slot(0).present!.taken, 4);
  pool.step(() => pool.read(0, "=a", "<b"), "run 0: b");
  pool.step(() => pool.read(0, "started", "=b"), "stop 0");
});

Deno.test("Scheduler does not start a successor for nobody when a worker has had its share", () => {
  const pool = ScriptedPool.withReady({ workers: 1, maxTasksPerChild: 1 });
  pool.submit("a");
  pool.read(0, "started", "=a");
  pool.step(() => pool.exit(0));
});

Deno.test("Scheduler.tick() lets a worker leave that was idle for idleTimeoutMs", () => {
  const pool = ScriptedPool.withReady({ workers: 1, idleTimeoutMs: 100 });
  pool.now += 40;
  pool.submit("a");
  assertEquals(pool.untilDeadline, Infinity);
  pool.now += 200;
  pool.read(0, "started", "=a");
  pool.step(() => pool.advance(99));
  pool.step(() => pool.advance(1), "stop 0");
  pool.step(() => pool.exit(0));
  pool.step(() => pool.submit("b"), "spawn 0", "ref 0");
});

Deno.test("Scheduler.startAll() lets no worker leave before the last is ready, however short idleTimeoutMs is", () => {
  for (const idleTimeoutMs of [0, 100]) {
    const pool = new ScriptedPool({ idleTimeoutMs });
    pool.step(() => pool.scheduler.startAll(pool.now), "spawn 0", "ref 0", "spawn 1", "ref 1");
    pool.ready(0);
    assertEquals(pool.untilDeadline, Infinity);
    pool.step(() => pool.advance(1000));
    pool.ready(1);
    pool.step(() => pool.advance(idleTimeoutMs), "stop 0", "stop 1");
  }
});

Deno.test("Scheduler.startAll() changes nothing when all workers are ready", () => {
  const pool = ScriptedPool.withReady({ workers: 1, idleTimeoutMs: 100 });
  pool.scheduler.startAll(pool.now);
  pool.step(() => pool.advance(100), "stop 0");
  pool.step(() => pool.exit(0));
});

Deno.test("Scheduler.resize() lets workers leave that waited for one which is not wanted any more", () => {
  const pool = new ScriptedPool({ idleTimeoutMs: 100 });
  pool.scheduler.startAll(pool.now);
  pool.ready(0);
  pool.scheduler.resize(1, pool.now);
  pool.step(() => pool.advance(100), "stop 0");
});

Deno.test("Scheduler starts no successor of a worker that died while tasks wait on purpose, or whose place is closed", () => {
  const paused = ScriptedPool.withReady({ workers: 1 });
  paused.scheduler.setPaused(true, paused.now);
  paused.step(() => paused.exit(0));
  paused.submit("a");
  paused.step(() => paused.scheduler.setPaused(false, paused.now), "spawn 0", "ref 0");

  const smaller = ScriptedPool.withReady({ workers: 2 });
  smaller.submit("ab");
  smaller.scheduler.resize(1, smaller.now);
  smaller.read(1, "started");
  smaller.step(() => smaller.exit(1), "reject b: WorkerExitError started");
});

// --- time limits

Deno.test("Scheduler.tick() counts a task's timeoutMs from when it became the worker's first", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("x");
  pool.read(0, "started", "=x");
  pool.submit("ab", { timeoutMs: 50 });
  pool.advance(5);
  pool.now += 35;
  pool.read(0, "=a");
  pool.passFence();
  assertEquals(pool.untilDeadline, 50);
  pool.step(() => pool.advance(49));
  pool.step(() => pool.advance(1), "reject b: TaskTimeoutError", "abort 0: b");
});

Deno.test("Scheduler.tick() stops a task at its timeoutMs also when its worker answers those behind it meanwhile", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("x");
  pool.read(0, "started", "=x");
  pool.submit("ab", { timeoutMs: 50 });
  pool.now += 2;
  pool.read(0, "started", "=b");
  assertEquals(pool.untilDeadline, 48);
  pool.step(() => pool.advance(48), "reject a: TaskTimeoutError", "abort 0: a");
});

Deno.test("Scheduler.tick() stops a task at its timeoutMs also when no fence can be told", () => {
  const pool = withHeld("");
  pool.submit("x");
  pool.read(0, "started", "=x");
  pool.submit("ab", { timeoutMs: 12 });
  for (let time = 0; time < 10; time += 5) {
    pool.advance(5);
    pool.passFence(false);
  }
  pool.step(() => pool.advance(2), "reject a: TaskTimeoutError", "abort 0: a");
});

Deno.test("Scheduler.tick() ends the worker of an aborted task after its grace, and nobody else loses by it", () => {
  const pool = withHeld("abc", { abortGraceMs: 100 });
  pool.step(() => pool.cancel("a"), "abort 0: a");
  pool.advance(5);
  pool.passFence();
  pool.step(() => pool.advance(94));
  pool.step(() => pool.advance(1), "terminate 0");
  pool.step(() => pool.exit(0), "spawn 0", "ref 0");
  pool.step(() => pool.ready(0), "unref 0", "ref 0", "run 0: b");
  pool.read(0, "started", "=b");
  pool.read(0, "started", "=c");
  assertEquals(pool.answers.slice(-2), ["b", "c"]);
  assertEquals([pool.task("b").redeliveries, pool.task("c").redeliveries], [0, 0]);
});

Deno.test("Scheduler.tick() spares a worker whose other tasks may still finish, and ends it then", () => {
  const pool = ScriptedPool.withReady({ workers: 1, concurrency: 2, abortGraceMs: 100 });
  pool.submit("ab");
  pool.read(0, "started");
  pool.cancel("a");
  assertEquals(pool.untilDeadline, 1000);
  pool.step(() => pool.submit("c"));
  pool.step(() => pool.advance(300));
  pool.read(0, "=b");
  pool.step(() => pool.advance(0), "terminate 0");
  pool.step(() => pool.exit(0), "spawn 0", "ref 0");
});

Deno.test("Scheduler.tick() ends a worker after ten graces, whatever else it runs", () => {
  const pool = ScriptedPool.withReady({ workers: 1, concurrency: 2, abortGraceMs: 100 });
  pool.submit("ab");
  pool.read(0, "started");
  pool.cancel("a");
  pool.step(() => pool.advance(999));
  pool.step(() => pool.advance(1), "terminate 0");
  pool.step(() => pool.exit(0), "reject b: WorkerExitError started");
});

Deno.test("Scheduler.tick() leaves no deadline behind it when the last sibling of an aborted task times out", () => {
  const pool = ScriptedPool.withReady({ workers: 1, concurrency: 2, abortGraceMs: 100 });
  pool.submit("a");
  pool.submit("b", { timeoutMs: 300 });
  pool.read(0, "started");
  pool.cancel("a");
  pool.step(() => pool.advance(300), "reject b: TaskTimeoutError", "abort 0: b", "terminate 0");
});

Deno.test("Scheduler gives a worker new tasks again when an aborted task has ended", () => {
  const pool = ScriptedPool.withReady({ workers: 1, concurrency: 2 });
  pool.submit("ab");
  pool.cancel("a");
  pool.step(() => pool.submit("c"));
  pool.step(() => pool.read(0, "started", "=a"), "run 0: c");
  assertEquals(pool.answers, []);
});

// --- cancelling

Deno.test("Scheduler.cancel() forgets a waiting task", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("a");
  pool.submit("b", { key: "k" });
  pool.submit("c");
  pool.step(() => pool.cancel("b"));
  assertEquals([pool.scheduler.waiting, pool.scheduler.unsettled], [1, 2]);
  pool.step(() => pool.read(0, "started", "=a"), "run 0: c");
});

Deno.test("Scheduler.cancel() has the worker give back a task that it has not begun", () => {
  const pool = withHeld("abc");
  pool.step(() => pool.cancel("b"), "abort 0: b");
  pool.step(() => pool.read(0, "<b"));
  pool.step(() => pool.read(0, "=a"));
  pool.step(() => pool.read(0, "=c"), "unref 0");
  assertEquals(pool.scheduler.unsettled, 0);
});

Deno.test("Scheduler.cancel() does nothing to a settled task", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("a");
  pool.read(0, "started", "=a");
  pool.step(() => pool.cancel("a"));
  assertEquals(pool.scheduler.unsettled, 0);
});
