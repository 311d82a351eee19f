// Policy, with scripted fake workers. In the scripts, tasks are letters; see `ScriptedPool` for the calls. Workers that do not start.
import { assertEquals, assertGreater } from "@std/assert";
import { WorkerStartError } from "../../../src/errors.ts";
import { died, ScriptedPool } from "../../helpers/simulated/scripted_pool.ts";

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

Deno.test("Scheduler.startAll() ends with the error of workers that keep dying when they are ready", () => {
  const pool = new ScriptedPool();
  pool.scheduler.startAll(pool.now);
  for (let deaths = 0; deaths < 10; deaths++) {
    pool.ready(0);
    pool.step(() => pool.exit(0), "spawn 0", "ref 0");
  }
  pool.ready(0);
  pool.step(() => pool.exit(0), "start failed: it died", "unref 1");
  pool.step(() => pool.submit("a"), "ref 1");
});
