// Kind: policy, with scripted fake workers. In the scripts, tasks are letters; see `ScriptedPool` for the calls.
import { assertEquals, assertFalse, assertGreater, assertThrows } from "@std/assert";
import { CancelledError, ProtocolError, WorkerStartError } from "../../src/errors.ts";
import { exitError, ScriptedPool } from "../helpers/simulated/scripted_pool.ts";

/** One worker that has just answered, with `held` in its hands: the first as head, the rest sent ahead. */
function withHeld(held: string, options: ConstructorParameters<typeof ScriptedPool>[0] = {}): ScriptedPool {
  const pool = ScriptedPool.withReady({ workers: 1, ...options });
  const warmUp = ["V", "W", "X", "Y", "Z"].slice(0, Math.ceil(Math.log2(held.length + 1)));
  // Each answer that leaves the worker without work doubles what may be sent ahead.
  for (const name of warmUp) {
    pool.submit(name);
    pool.read(0, "started", `=${name}`);
  }
  pool.submit(held);
  if (held !== "") pool.read(0, "started");
  assertEquals([...pool.slot(0).held.values()].map(({ name }) => name).join(""), held);
  return pool;
}

const died = (signal: string) => (): Error => Object.assign(new WorkerStartError("killed"), { signal });

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

// --- deaths

Deno.test("Scheduler.exited() gives a task that was not acknowledged to the next worker, up to three times", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("a");
  for (let death = 1; death <= 3; death++) {
    pool.step(() => pool.exit(0), "spawn 0", "ref 0");
    pool.step(() => pool.ready(0), "unref 0", "ref 0", "run 0: a");
  }
  pool.step(() => pool.exit(0), "reject a: WorkerExitError not started", "spawn 0", "unref 0");
});

Deno.test("Scheduler.exited() blames the first task, and sends those behind it again in their order", () => {
  const pool = withHeld("abcd");
  pool.enqueue("e");
  pool.step(() => pool.exit(0), "reject a: WorkerExitError started", "spawn 0", "ref 0");
  pool.now += 10;
  pool.step(() => pool.ready(0), "unref 0", "ref 0", "run 0: b");
  pool.step(() => pool.read(0, "started", "=b"), "run 0: c", "run 0: d after 1 replies");
  pool.step(() => pool.read(0, "started", "=c"), "run 0: e after 2 replies");
});

Deno.test("Scheduler.exited() never fails a task for the deaths of workers that ran others", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("a", { priority: 1 });
  for (const [before, head, next] of ["aAb", "bBc", "cCd", "dDe", "eEf"]) {
    pool.enqueue(head!, { priority: 1 });
    if (before === "a") pool.enqueue("z");
    pool.read(0, "started", `=${before}`);
    assertEquals([...pool.slot(0).held.values()].map(({ name }) => name), [head, "z"]);
    pool.read(0, "started");
    pool.enqueue(next!, { priority: 1 });
    pool.step(() => pool.exit(0), `reject ${head}: WorkerExitError started`, "spawn 0", "ref 0");
    pool.ready(0);
  }
  assertEquals(pool.task("z").state, "waiting");
});

Deno.test("Scheduler.exited() tries a task again as often as its retries say, each time as another attempt", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("a", { retriesLeft: 2 });
  for (const attempt of [2, 3]) {
    pool.read(0, "started");
    pool.step(() => pool.exit(0), `retry a: attempt ${attempt}`, "spawn 0", "ref 0");
    pool.ready(0);
  }
  pool.read(0, "started");
  pool.step(() => pool.exit(0), "reject a: WorkerExitError started", "spawn 0", "unref 0");
});

Deno.test("Scheduler.exited() blames all tasks that ran at once, when the worker had begun any", () => {
  const pool = ScriptedPool.withReady({ workers: 1, concurrency: 3 });
  pool.submit("a");
  pool.submit("b", { retriesLeft: 1 });
  pool.submit("c");
  pool.read(0, "started");
  pool.step(
    () => pool.exit(0),
    "reject c: WorkerExitError started",
    "retry b: attempt 2",
    "reject a: WorkerExitError started",
    "spawn 0",
    "ref 0",
  );
});

Deno.test("Scheduler.exited() loses no task when the listener to a retry ends the pool", () => {
  const pool = ScriptedPool.withReady({ workers: 1, concurrency: 3 });
  pool.submit("abc", { retriesLeft: 1 });
  pool.read(0, "started");
  pool.onCall = (call) =>
    call === "retry c: attempt 2" && pool.scheduler.terminate(() => new CancelledError("the end"));
  pool.step(
    () => pool.exit(0),
    "retry c: attempt 2",
    "reject a: CancelledError",
    "reject b: CancelledError",
    "reject c: CancelledError",
    "finished",
  );
  assertEquals([pool.scheduler.unsettled, pool.scheduler.waiting], [0, 0]);
});

Deno.test("Scheduler.exited() drops a task whose caller has gone", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.submit("a", { retriesLeft: 1 });
  pool.read(0, "started");
  pool.cancel("a");
  pool.step(() => pool.exit(0), "spawn 0", "unref 0");
  assertEquals(pool.scheduler.waiting, 0);
});

Deno.test("Scheduler.exited() replaces a worker that died unasked, ten times in ten seconds", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  for (let death = 0; death < 10; death++) {
    pool.step(() => pool.exit(0), "spawn 0", "unref 0");
    pool.ready(0);
  }
  pool.step(() => pool.exit(0));
  pool.step(() => pool.submit("a"), "spawn 0", "ref 0");
});

Deno.test("Scheduler keeps the program alive for a replacement as soon as a task waits for it", () => {
  const pool = ScriptedPool.withReady({ workers: 1 });
  pool.step(() => pool.exit(0), "spawn 0", "unref 0");
  pool.step(() => pool.submit("a"), "ref 0");
});

Deno.test("Scheduler.exited() ends the pool when breakOnExit is set", () => {
  const pool = ScriptedPool.withReady({ workers: 2, breakOnExit: true });
  pool.submit("abc");
  pool.read(0, "started");
  pool.step(
    () => pool.exit(0),
    "reject a: BrokenPoolError",
    "reject c: BrokenPoolError",
    "reject b: BrokenPoolError",
    "terminate 1",
  );
  assertEquals(pool.scheduler.broken?.message, "it died");
  pool.step(() => pool.submit("d"), "reject d: BrokenPoolError");
  pool.step(() => pool.exit(1), "finished");
});

Deno.test("Scheduler.exited() does not break the pool for a worker that it ended itself", () => {
  const pool = ScriptedPool.withReady({ workers: 1, breakOnExit: true, maxTasksPerChild: 1, abortGraceMs: 100 });
  pool.submit("a");
  pool.step(() => pool.read(0, "started", "=a"), "stop 0");
  pool.step(() => pool.exit(0));
  pool.submit("b");
  pool.ready(0);
  pool.cancel("b");
  pool.step(() => pool.advance(100), "terminate 0");
  pool.step(() => pool.exit(0));
  assertEquals(pool.scheduler.broken, undefined);
});

// --- starts that fail

Deno.test("Scheduler.startFailed() tells the waiting tasks, and the pool goes on", () => {
  const pool = new ScriptedPool({ workers: 1 });
  pool.submit("ab");
  pool.step(
    () => pool.scheduler.startFailed(pool.slot(0), new SyntaxError("bad module"), pool.now),
    "terminate 0",
    "start failed: bad module",
    "reject a: SyntaxError",
    "reject b: SyntaxError",
  );
  pool.step(() => pool.exit(0));
  assertEquals(pool.untilDeadline, Infinity);
  pool.step(() => pool.submit("c"), "spawn 0", "ref 0");
  pool.step(() => pool.ready(0), "unref 0", "ref 0", "run 0: c");
});

Deno.test("Scheduler.startFailed() breaks the pool after six failures in a row", () => {
  const pool = new ScriptedPool({ workers: 1 });
  for (const name of "abcde") {
    pool.submit(name);
    pool.scheduler.startFailed(pool.slot(0), new Error("bad"), pool.now);
    pool.exit(0);
  }
  assertEquals(pool.scheduler.broken, undefined);
  pool.submit("f");
  pool.step(
    () => pool.scheduler.startFailed(pool.slot(0), new Error("bad"), pool.now),
    "terminate 0",
    "start failed: bad",
    "reject f: BrokenPoolError",
    "terminate 0",
  );
  pool.step(() => pool.exit(0), "finished");
});

Deno.test("Scheduler.startFailed() forgets failures when a worker became ready", () => {
  const pool = new ScriptedPool({ workers: 1, maxTasksPerChild: 1 });
  for (const name of "abcdefghij") {
    pool.submit(name);
    if (name === "e") {
      pool.ready(0);
      pool.read(0, "started", "=e");
    } else {
      pool.scheduler.startFailed(pool.slot(0), new Error("bad"), pool.now);
    }
    pool.exit(0);
  }
  assertEquals(pool.scheduler.broken, undefined);
});

Deno.test("Scheduler.exited() tries a start again later when a signal ended it, and tells nobody", () => {
  const pool = new ScriptedPool({ workers: 1 });
  pool.submit("a");
  for (const delayMs of [25, 50, 100, 200]) {
    pool.step(() => pool.exit(0, died("SIGKILL")));
    assertEquals(pool.untilDeadline, delayMs);
    pool.step(() => pool.advance(delayMs - 1));
    pool.step(() => pool.advance(1), "spawn 0", "ref 0");
  }
  pool.step(() => pool.exit(0, died("SIGKILL")), "start failed: killed", "reject a: WorkerStartError not started");
});

function noHandleFree(): WorkerStartError {
  const cause = Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" });
  return new WorkerStartError("full", { cause });
}

Deno.test("Scheduler.dispatch() takes a spawn that throws as a start that failed", () => {
  const pool = new ScriptedPool({ workers: 1 });
  pool.spawnErrors.push(new WorkerStartError("no such file"));
  pool.step(
    () => pool.submit("a"),
    "spawn 0",
    "start failed: no such file",
    "reject a: WorkerStartError not started",
  );
  pool.spawnErrors.push(noHandleFree());
  pool.step(() => pool.submit("b"), "spawn 0");
  pool.step(() => pool.advance(25), "spawn 0", "ref 0");
});

Deno.test("Scheduler.dispatch() lets those that start do the work when the system has no room for more workers", () => {
  const pool = new ScriptedPool({ workers: 2 });
  // By their hash, these keys lead to the two slots.
  pool.submit("a", { key: "y" });
  pool.spawnErrors.push(...Array.from({ length: 5 }, noHandleFree));
  pool.submit("b", { key: "x" });
  for (const ms of [25, 50, 100]) pool.step(() => pool.advance(ms), "spawn 1");
  pool.step(() => pool.advance(200), "spawn 1", "start failed: full");
  pool.step(() => pool.ready(0), "unref 0", "ref 0", "run 0: a");
  pool.read(0, "started", "=a");
  pool.read(0, "started", "=b");
  assertEquals(pool.answers, ["a", "b"]);
});

Deno.test("Scheduler.dispatch() waits for the room that a leaving worker frees when the system has none for the next", () => {
  const pool = new ScriptedPool({ workers: 2, maxTasksPerChild: 1 });
  pool.submit("a");
  pool.ready(0);
  pool.spawnErrors.push(...Array.from({ length: 6 }, noHandleFree));
  pool.submit("b");
  pool.read(0, "started", "=a");
  while (pool.spawnErrors.length > 0) pool.advance(pool.untilDeadline);
  pool.exit(0);
  assertEquals(pool.answers, ["a"]);
});

Deno.test("Scheduler.dispatch() ends a worker that is being started when the pool ends", () => {
  for (const end of ["terminate", "close"] as const) {
    const pool = new ScriptedPool({ workers: 2 });
    pool.onCall = (call) => call === "spawn 0" && pool.scheduler[end](() => new Error("the end"));
    pool.step(() => pool.scheduler.startAll(pool.now), "spawn 0", "terminate 0", "ref 0");
    pool.step(() => pool.exit(0), "finished");
  }
});

Deno.test("Scheduler.startFailed() lets other workers do the work, and starts this one ever more rarely", () => {
  const pool = new ScriptedPool({ workers: 2 });
  pool.submit("ab");
  pool.ready(0);
  pool.step(
    () => pool.scheduler.startFailed(pool.slot(1), new Error("port in use"), pool.now),
    "terminate 1",
    "start failed: port in use",
  );
  pool.step(() => pool.exit(1));
  let before = 0;
  for (let round = 0; round < 8; round++) {
    const wait = pool.untilDeadline;
    assertGreater(wait, before);
    before = wait;
    pool.step(() => pool.advance(wait), "spawn 1", "ref 1");
    pool.scheduler.startFailed(pool.slot(1), new Error("port in use"), pool.now);
    pool.exit(1);
  }
  pool.step(() => pool.read(0, "started", "=a"), "run 0: b");
  assertEquals(pool.scheduler.broken, undefined);
});

Deno.test("Scheduler.startFailed() fails the tasks whose key only that worker may run", () => {
  const pool = new ScriptedPool({ workers: 2 });
  pool.submit("a", { key: "a" });
  pool.ready(0);
  pool.submit("bc", { key: "b" });
  pool.step(
    () => pool.scheduler.startFailed(pool.slot(1), new Error("bad"), pool.now),
    "terminate 1",
    "start failed: bad",
    "reject b: Error",
    "reject c: Error",
  );
  assertEquals(pool.scheduler.waiting, 0);
});

Deno.test("Scheduler.startFailed() ends what startAll() began", () => {
  const pool = new ScriptedPool({ workers: 1 });
  pool.scheduler.startAll(pool.now);
  pool.scheduler.startFailed(pool.slot(0), new Error("bad"), pool.now);
  pool.step(() => pool.exit(0));
  assertEquals(pool.untilDeadline, Infinity);
});

// --- the end

Deno.test("Scheduler.close() lets accepted tasks finish, then all workers leave", () => {
  const pool = ScriptedPool.withReady({ workers: 2 });
  pool.submit("ab");
  pool.submit("c");
  pool.step(() => pool.scheduler.close());
  pool.step(() => pool.read(0, "started", "=a"), "run 0: c");
  pool.step(() => pool.read(0, "started", "=c"), "unref 0");
  pool.step(() => pool.read(1, "started", "=b"), "stop 0", "stop 1");
  pool.step(() => pool.exit(1));
  pool.step(() => pool.exit(0), "finished");
  pool.step(() => pool.scheduler.close());
  pool.step(() => pool.scheduler.terminate(() => new Error("late")));
  assertEquals(pool.untilDeadline, Infinity);
});

Deno.test("Scheduler.close() finishes at once when there are no workers", () => {
  const pool = new ScriptedPool();
  pool.step(() => pool.scheduler.close(), "finished");
  pool.step(() => pool.scheduler.dispatch(pool.now));
});

Deno.test("Scheduler.close() ends a worker that still starts when nothing waits for it", () => {
  const pool = new ScriptedPool({ workers: 1 });
  pool.scheduler.startAll(pool.now);
  pool.step(() => pool.scheduler.close(), "terminate 0");
  pool.step(() => pool.exit(0), "finished");
});

Deno.test("Scheduler.close() waits for a worker whose task was cancelled and still runs", () => {
  const pool = ScriptedPool.withReady({ workers: 1, abortGraceMs: 100 });
  pool.submit("a");
  pool.read(0, "started");
  pool.cancel("a");
  pool.step(() => pool.scheduler.close());
  pool.step(() => pool.advance(100), "terminate 0");
  pool.step(() => pool.exit(0), "finished");
});

Deno.test("Scheduler.cancel() lets a closed pool finish when the last waiting task goes", () => {
  const pool = new ScriptedPool({ workers: 1 });
  pool.submit("a");
  pool.scheduler.close();
  pool.step(() => pool.cancel("a"), "terminate 0");
  pool.step(() => pool.exit(0), "finished");
});

Deno.test("Scheduler.exited() after close() starts a worker for the tasks that are left, and no other", () => {
  const pool = ScriptedPool.withReady({ workers: 2 });
  pool.submit("a");
  pool.scheduler.close();
  pool.step(() => pool.exit(1));
  pool.step(() => pool.exit(0), "spawn 0", "ref 0");
  pool.step(() => pool.ready(0), "unref 0", "ref 0", "run 0: a");
  pool.step(() => pool.read(0, "started", "=a"), "stop 0");
  pool.step(() => pool.exit(0), "finished");
});

Deno.test("Scheduler.terminate() rejects all tasks, ends all workers and finishes once", () => {
  const pool = ScriptedPool.withReady({ workers: 2 });
  pool.submit("ab");
  pool.submit("c");
  pool.submit("d", { key: "b" });
  pool.step(
    () => pool.scheduler.terminate(({ id }) => new RangeError(String(id))),
    "reject c: RangeError",
    "reject d: RangeError",
    "reject a: RangeError",
    "terminate 0",
    "reject b: RangeError",
    "terminate 1",
  );
  assertEquals([pool.scheduler.waiting, pool.scheduler.unsettled], [0, 0]);
  pool.step(() => pool.read(0, "started", "=a"));
  assertEquals(pool.answers, []);
  pool.step(() => pool.exit(0));
  pool.step(() => pool.submit("e"), "reject e: CancelledError");
  pool.step(() => pool.scheduler.terminate(() => new Error("again")), "terminate 1");
  pool.step(() => pool.exit(1), "finished");
  pool.step(() => pool.scheduler.dispatch(pool.now));
});

Deno.test("Scheduler.terminate() ends workers that still start, also when they become ready now", () => {
  const pool = new ScriptedPool({ workers: 1 });
  pool.submit("a");
  pool.step(() => pool.scheduler.terminate(() => new Error("end")), "reject a: Error", "terminate 0");
  pool.step(() => pool.ready(0));
  pool.step(() => pool.exit(0, (started) => exitError(started)), "finished");
  assertFalse(pool.scheduler.slots.some(({ phase }) => phase !== "empty"));
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
