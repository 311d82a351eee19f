/**
 * End-to-end tests of every public limit of time, with lengths that a runtime's timer holds and lengths that it does not:
 * each either ends the wait soon, or lets it go on until what it waits for has come. Here, those of pools, executors and their tasks.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  asCompleted,
  CancelledError,
  type Future,
  Pool,
  Queue,
  type TaskOptions,
  TaskTimeoutError,
  TimeoutError,
  waitFutures,
} from "../../mod.ts";
import { withExecutor } from "../helpers/pools/with_executor.ts";
import { isAlive, withPool } from "../helpers/pools/with_pool.ts";
import { LIBRARY } from "../helpers/programs/packages.ts";
import { getItem, LIMITS, nameOf, SHORT, stay, timersAtOnceHaveFired } from "./limits.ts";

// ---------------------------------------------------------------------------
// Waits for tasks
// ---------------------------------------------------------------------------

Deno.test("AsyncResult.get() and wait() end soon with a short limit, and wait with a long one", () =>
  withPool({ workers: 1 }, async (pool) => {
    for (const limit of LIMITS) {
      const queue = new Queue<number>();
      const result = pool.applyAsync(getItem, [queue]);
      const [got, waited] = [result.get(limit), result.wait(limit)];
      if (SHORT.includes(limit)) await assertRejects(() => got, TimeoutError, `the call has none after ${limit} ms`);
      await (SHORT.includes(limit) ? waited : timersAtOnceHaveFired());
      await queue.put(7);
      if (!SHORT.includes(limit)) assertEquals(await got, 7);
      assertEquals([limit, await waited], [limit, !SHORT.includes(limit)]);
      await result;
    }
  }));

Deno.test("Future.result(), exception(), waitFutures(), asCompleted() and map() hold every limit", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    for (const timeoutMs of LIMITS) {
      const isShort = SHORT.includes(timeoutMs);
      const queue = new Queue<number>();
      const future: Future<number> = executor.submit(getItem, queue);
      const mapped = executor.map(getItem, [queue], { timeoutMs });
      const outcomes = [
        future.result(timeoutMs).catch(nameOf),
        future.exception(timeoutMs).catch(nameOf),
        waitFutures([future], { timeoutMs }).then(({ done }) => done.size),
        asCompleted([future], { timeoutMs }).next().then(({ done }) => done, nameOf),
        mapped.next().then(({ value }) => value, nameOf),
      ];
      await (isShort ? Promise.all(outcomes) : timersAtOnceHaveFired());
      await queue.put(7);
      await queue.put(7);
      const late = ["TimeoutError", "TimeoutError", 0, "TimeoutError", "TimeoutError"];
      assertEquals(await Promise.all(outcomes), isShort ? late : [7, undefined, 1, false, 7], `${timeoutMs} ms`);
      await future;
    }
  }));

/** That a task of this pool, which has this limit, ends soon or runs on. */
async function requireLimit(pool: Pool, limit: number, options: TaskOptions): Promise<void> {
  const queue = new Queue<number>();
  const task = pool.apply(getItem, [queue], options);
  if (SHORT.includes(limit)) return void await assertRejects(() => task, TaskTimeoutError);
  await timersAtOnceHaveFired();
  await queue.put(7);
  assertEquals([limit, await task], [limit, 7]);
}

Deno.test("TaskOptions.timeoutMs and PoolOptions.taskTimeoutMs end a task soon, or let it run", async () => {
  await withPool({ workers: 1, abortGraceMs: 0 }, async (pool) => {
    for (const timeoutMs of LIMITS) await requireLimit(pool, timeoutMs, { timeoutMs });
  });
  for (const taskTimeoutMs of LIMITS) {
    await withPool({ workers: 1, abortGraceMs: 0, taskTimeoutMs }, (pool) => requireLimit(pool, taskTimeoutMs, {}));
  }
});

// ---------------------------------------------------------------------------
// The ladder that ends a worker
// ---------------------------------------------------------------------------

Deno.test("PoolOptions.abortGraceMs ends the worker of a deaf task soon, or lets it finish", async () => {
  for (const abortGraceMs of LIMITS) {
    await withPool({ workers: 1, abortGraceMs }, async (pool, log) => {
      const queue = new Queue<number>();
      const begun = new Queue<string>();
      const deaf = async (queue: Queue<number>, begun: Queue<string>): Promise<void> => {
        await begun.put("begun");
        await queue.get();
      };
      const controller = new AbortController();
      const task = pool.apply(deaf, [queue, begun], { signal: controller.signal }).catch((reason) => reason);
      await begun.get();
      controller.abort("enough");
      assertEquals(await task, "enough");
      if (SHORT.includes(abortGraceMs)) {
        await log.reached("exit", 1);
      } else {
        await timersAtOnceHaveFired();
        await queue.put(1);
      }
      assertEquals(await pool.apply(Math.sqrt, [81]), 9);
      assertEquals([abortGraceMs, log.pids.length], [abortGraceMs, SHORT.includes(abortGraceMs) ? 2 : 1]);
    });
  }
});

Deno.test("PoolOptions.killGraceMs sends SIGKILL soon, or lets the worker end by itself", async () => {
  for (const killGraceMs of LIMITS) {
    await withPool({ workers: 1, killGraceMs }, async (pool, log) => {
      const [heard, go] = [new Queue<string>(), new Queue<string>()];
      const task = pool.apply(stay, [heard, go]);
      const cancelled = assertRejects(() => task, CancelledError);
      assertEquals(await heard.get(), "begun");
      const end = pool.terminate();
      if (!SHORT.includes(killGraceMs)) {
        assertEquals(await heard.get(), "SIGTERM");
        await timersAtOnceHaveFired();
        assert(isAlive(log.pids[0]!));
        await go.put("go");
      }
      await end;
      await cancelled;
      const expected = SHORT.includes(killGraceMs) ? [null, "SIGKILL"] : [7, null];
      const [exit] = log.of("exit");
      assertEquals([exit!.signal === null ? exit!.exitCode : null, exit!.signal], expected, `${killGraceMs} ms`);
    });
  }
});

Deno.test("PoolOptions.idleTimeoutMs ends an idle worker soon, or keeps it", async () => {
  for (const idleTimeoutMs of LIMITS) {
    await withPool({ workers: 1, idleTimeoutMs }, async (pool, log) => {
      assertEquals(await pool.apply(Math.sqrt, [4]), 2);
      if (SHORT.includes(idleTimeoutMs)) return await log.reached("exit", 1);
      await timersAtOnceHaveFired();
      assertEquals(await pool.apply(Math.sqrt, [9]), 3);
      assertEquals([idleTimeoutMs, log.pids.length], [idleTimeoutMs, 1]);
    });
  }
});

// ---------------------------------------------------------------------------
// Room in a pool, and its end
// ---------------------------------------------------------------------------

Deno.test("Pool.drain() ends soon with a short limit, and waits with a long one", async () => {
  for (const timeoutMs of LIMITS) {
    await withPool({ workers: 1, maxQueue: 1 }, async (pool) => {
      const queue = new Queue<number>();
      const [running, waiting] = [pool.apply(getItem, [queue]), pool.ready().then(() => pool.apply(getItem, [queue]))];
      while (pool.hasRoom) await timersAtOnceHaveFired();
      const drained = pool.drain({ timeoutMs }).then(() => "room", nameOf);
      await (SHORT.includes(timeoutMs) ? drained : timersAtOnceHaveFired());
      await queue.put(1);
      await queue.put(2);
      assertEquals([timeoutMs, await drained], [timeoutMs, SHORT.includes(timeoutMs) ? "TimeoutError" : "room"]);
      assertEquals([await running, await waiting], [1, 2]);
    });
  }
});

Deno.test("PoolOptions.startTimeoutMs ends a worker that is not ready soon, and leaves it alone with a long limit", async () => {
  for (const startTimeoutMs of LIMITS) {
    await using pool = new Pool({ workers: 1, startTimeoutMs });
    const outcome = await pool.apply(Math.sqrt, [4]).catch(nameOf);
    assertEquals([startTimeoutMs, outcome], [startTimeoutMs, SHORT.includes(startTimeoutMs) ? "WorkerStartError" : 2]);
  }
});

Deno.test("PoolOptions.scopeTimeoutMs ends a scope soon, or lets its tasks finish", async () => {
  for (const scopeTimeoutMs of LIMITS) {
    const [begun, go] = [new Queue<string>(), new Queue<string>()];
    const wait = async (begun: Queue<string>, go: Queue<string>): Promise<string> => {
      await begun.put("begun");
      return await go.get();
    };
    let outcome: Promise<string>;
    {
      await using pool = new Pool({ workers: 1, scopeTimeoutMs });
      outcome = pool.apply(wait, [begun, go]).catch(nameOf);
      await begun.get();
      if (!SHORT.includes(scopeTimeoutMs)) timersAtOnceHaveFired().then(() => go.put("done"));
    }
    const expected = SHORT.includes(scopeTimeoutMs) ? "CancelledError" : "done";
    assertEquals([scopeTimeoutMs, await outcome], [scopeTimeoutMs, expected]);
  }
});

// ---------------------------------------------------------------------------
// Nothing spins
// ---------------------------------------------------------------------------

Deno.test("No limit makes a timer fire again and again while a task runs", async () => {
  const program = `
    const { setTimeout } = globalThis;
    let timers = 0;
    globalThis.setTimeout = (...args) => (timers++, setTimeout(...args));
    const { Pool } = await import(${JSON.stringify(LIBRARY)});
    const limits = { taskTimeoutMs: 3e9, idleTimeoutMs: 3e9, abortGraceMs: 3e9, killGraceMs: 3e9 };
    const pool = new Pool({ workers: 1, ...limits });
    await pool.ready();
    timers = 0;
    await pool.apply(() => new Promise((resolve) => setTimeout(resolve, 300)));
    console.log(timers < 10 ? "few" : timers);
    await pool.terminate();
  `;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--no-lock",
      "--allow-run",
      "--allow-read",
      `data:text/javascript,${encodeURIComponent(program)}`,
    ],
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  // The runtime warns of each timer that is longer than it holds.
  assertEquals([text(stdout), text(stderr), code], ["few\n", "", 0]);
});
