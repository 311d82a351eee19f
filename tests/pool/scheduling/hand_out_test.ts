// Policy, with scripted fake workers. In the scripts, tasks are letters; see `ScriptedPool` for the calls. What is started, and handed out.
import { assertEquals } from "@std/assert";
import { ScriptedPool, withHeld } from "../../helpers/simulated/scripted_pool.ts";

// --- starting workers

Deno.test("Scheduler.dispatch() starts one worker for one task, and gives it the task when it is ready", () => {
  const pool = new ScriptedPool({ workers: 4 });
  pool.step(() => pool.submit("a"), "spawn 0", "ref 0");
  pool.step(() => pool.ready(0), "unref 0", "ref 0", "run 0: a");
  pool.step(() => pool.read(0, "started"));
  pool.step(() => pool.read(0, "=a"), "unref 0");
  assertEquals(pool.answers, ["a"]);
});

Deno.test("Scheduler.dispatch() uses an idle worker again and starts none", () => {
  const pool = new ScriptedPool({ workers: 4 });
  pool.submit("a");
  pool.ready(0);
  pool.read(0, "started", "=a");
  pool.now += 1000;
  pool.step(() => pool.submit("b"), "ref 0", "run 0: b");
});

Deno.test("Scheduler.dispatch() starts as many workers as there are tasks, and no more than it may", () => {
  const pool = new ScriptedPool({ workers: 3 });
  pool.step(() => pool.submit("ab"), "spawn 0", "ref 0", "spawn 1", "ref 1");
  pool.step(() => pool.submit("cdef"), "spawn 2", "ref 2");
});

Deno.test("Scheduler.dispatch() starts no worker for tasks that only a busy one may run", () => {
  const pool = new ScriptedPool({ workers: 2 });
  pool.step(() => pool.submit("abc", { key: "a" }), "spawn 0", "ref 0");
  pool.step(() => pool.ready(0), "unref 0", "ref 0", "run 0: a");
  assertEquals(pool.untilDeadline, Infinity);
  pool.step(() => pool.submit("d"), "spawn 1", "ref 1");
});

Deno.test("Scheduler.nextDeadline() is never when workers that nobody needs are not started", () => {
  const pool = new ScriptedPool({ workers: 4 });
  pool.submit("a");
  assertEquals(pool.untilDeadline, Infinity);
});

Deno.test("Scheduler.startAll() starts all workers, also without tasks", () => {
  const pool = new ScriptedPool({ workers: 2 });
  pool.step(() => pool.scheduler.startAll(pool.now), "spawn 0", "ref 0", "spawn 1", "ref 1");
  pool.step(() => pool.ready(1), "unref 1");
  pool.step(() => pool.ready(0), "unref 0");
});

// --- handing out

Deno.test("Scheduler.dispatch() gives idle workers a task before it sends ahead", () => {
  const pool = ScriptedPool.withReady({ workers: 2 });
  pool.submit("a");
  pool.read(0, "started", "=a");
  pool.step(() => pool.submit("bcd"), "ref 0", "run 0: b", "ref 1", "run 1: c", "run 0: d after 1 replies");
});

Deno.test("Scheduler.dispatch() sends nothing ahead to a worker that was silent for a while", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("a");
  pool.read(0, "started", "=a");
  pool.now += 2;
  pool.step(() => pool.submit("bc"), "ref 0", "run 0: b");
  pool.step(() => pool.read(0, "started"), "run 0: c after 1 replies");
});

Deno.test("Scheduler.dispatch() sends ahead no more than 256 KiB", () => {
  const pool = withHeld("");
  pool.submit("a");
  pool.read(0, "started", "=a");
  pool.submit("b");
  pool.read(0, "started", "=b");
  pool.step(() => pool.submit("cdefg", { byteLength: 100 * 1024 }), "ref 0", "run 0: c", "run 0: d after 2 replies");
});

Deno.test("Scheduler.dispatch() sends ahead less when tasks take longer", () => {
  const pool = withHeld("abcd");
  pool.enqueue("efghijkl");
  pool.now += 1.2;
  pool.step(() => pool.read(0, "=a"));
  pool.now += 1.2;
  pool.step(() => pool.read(0, "=b"));
  pool.now += 1.2;
  pool.step(() => pool.read(0, "=c"));
  pool.now += 1.2;
  // It ran dry: a little more may do.
  pool.step(() => pool.read(0, "=d"), "run 0: e", "run 0: f after 7 replies");
});

Deno.test("Scheduler.dispatch() takes higher priorities first, and in one priority the oldest", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("x");
  pool.submit("a", { priority: -1 });
  pool.submit("bc");
  pool.submit("de", { priority: 7 });
  const order: string[] = [];
  for (let name = "x"; name !== undefined; name = pool.slot(0).present?.head?.name as string) {
    order.push(name);
    pool.now += 2;
    pool.read(0, "started");
    pool.read(0, `=${name}`);
  }
  assertEquals(order.join(""), "xdebca");
});

Deno.test("Scheduler.dispatch() gives all tasks of one key to one worker", () => {
  const pool = ScriptedPool.withReady({ workers: 2 });
  pool.step(() => pool.submit("ab", { key: "a" }), "ref 0", "run 0: a");
  pool.step(() => pool.submit("c", { key: "b" }), "ref 1", "run 1: c");
  pool.step(() => pool.read(1, "started", "=c"), "unref 1");
  pool.step(() => pool.read(0, "started", "=a"), "run 0: b");
});

Deno.test("Scheduler.dispatch() lets priority decide between tasks with and without a key", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("x");
  pool.submit("a", { key: "a" });
  pool.submit("b", { priority: 1 });
  pool.step(() => pool.read(0, "started", "=x"), "run 0: b", "run 0: a after 1 replies");
});

Deno.test("Scheduler.dispatch() gives a worker up to concurrency tasks, and workers in turn", () => {
  const pool = ScriptedPool.withReady({ workers: 2, concurrency: 2 });
  pool.step(
    () => pool.submit("abcde"),
    "ref 0",
    "run 0: a",
    "ref 1",
    "run 1: b",
    "run 0: c",
    "run 1: d",
  );
  pool.step(() => pool.read(0, "started", "=c"), "run 0: e");
});

Deno.test("Scheduler.dispatch() tells how long tasks waited, and Scheduler.readEnd() how long they took", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("a");
  pool.submit("b");
  pool.now += 6;
  pool.read(0, "started", "=a");
  assertEquals(pool.waitedMs, [0, 6]);
  assertEquals(pool.ran, [[6, 1]]);
});
