// Policy, with scripted fake workers. In the scripts, tasks are letters; see `ScriptedPool` for the calls. Workers that die.
import { assertEquals } from "@std/assert";
import { CancelledError } from "../../../src/errors.ts";
import { ScriptedPool, withHeld } from "../../helpers/simulated/scripted_pool.ts";

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
    assertEquals([...pool.slot(0).held.all()].map(({ name }) => name), [head, "z"]);
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
