// Policy, with scripted fake workers. In the scripts, tasks are letters; see `ScriptedPool` for the calls. How a pool ends.
import { assertEquals, assertFalse } from "@std/assert";
import { exitError, ScriptedPool } from "../../helpers/simulated/scripted_pool.ts";

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
