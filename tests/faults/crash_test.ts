/** End-to-end tests of workers that die: killed, exited, crashed, out of memory, or ended because they were stuck. */
// deno-lint-ignore-file no-console -- tasks print
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  OutOfMemoryError,
  PoisonTaskError,
  Pool,
  type PoolOptions,
  Queue,
  TaskTimeoutError,
  WorkerExitError,
} from "../../mod.ts";
import { soon } from "../helpers/simulated/clock.ts";
import { EventLog } from "../helpers/pools/events.ts";
import { survivors, until } from "../helpers/programs/processes.ts";
import { runProgram } from "../helpers/programs/program.ts";
import { sharedStep } from "../helpers/pools/shared_pool.ts";

const ATTEMPTS = import.meta.resolve("../fixtures/tasks/report_attempt.ts");
const STUBBORN = import.meta.resolve("../fixtures/tasks/ignore_ending.ts");

type AttemptTasks = typeof import("../fixtures/tasks/report_attempt.ts");

const double = (x: number): number => x * 2;
const tellAndHang = async (started: Queue<number>): Promise<never> => {
  await started.put(Deno.pid);
  return await new Promise(() => setInterval(() => {}, 1000));
};

async function startedPool(options: PoolOptions): Promise<{ pool: Pool; log: EventLog }> {
  const log = new EventLog();
  const pool = new Pool({ ...options, onEvent: log.listener });
  await pool.ready();
  return { pool, log };
}

Deno.test("Pool replaces a worker silently when it is killed while idle", async () => {
  const { pool, log } = await startedPool({ workers: 2 });
  await using _ = pool;
  const pid = pool.workers[0]!.pid;
  Deno.kill(pid, "SIGKILL");
  await log.reached("exit", 1);
  const exit = log.of("exit")[0]!;
  assertEquals(exit, {
    type: "exit",
    at: exit.at,
    workerId: 0,
    pid,
    exitCode: 137,
    signal: "SIGKILL",
    expected: false,
  });
  await log.reached("ready", 3);
  assertEquals(pool.workers.map(({ state }) => state), ["idle", "idle"]);
  assertEquals(await pool.map(double, [1, 2, 3]), [2, 4, 6]);
  assertEquals(pool.stats().failed, 0);
  assertEquals(pool.stats().workersLost, 1);
});

Deno.test("Pool.apply() succeeds when it follows the kill of an idle worker in the same turn", async () => {
  const { pool } = await startedPool({ workers: 1 });
  await using _ = pool;
  for (let round = 0; round < 5; round++) {
    await pool.ready();
    Deno.kill(pool.workers[0]!.pid, "SIGKILL");
    assertEquals(await pool.apply(double, [round]), round * 2);
  }
});

Deno.test("Pool rejects only the running task when its worker is killed", async () => {
  const { pool } = await startedPool({ workers: 2 });
  await using _ = pool;
  using started = new Queue<number>();
  const stuck = pool.apply(tellAndHang, [started]);
  stuck.catch(() => {});
  // Killed before it began, it would be given to the other worker.
  const pid = await started.get();
  const others = Array.from({ length: 50 }, (_, index) => pool.apply(double, [index]));
  await others[10];
  Deno.kill(pid, "SIGKILL");
  const error = await assertRejects(() => stuck, WorkerExitError);
  assertEquals(error.name, "WorkerExitError");
  assertEquals([error.pid, error.signal, error.taskStarted], [pid, "SIGKILL", true]);
  assertStringIncludes(error.message, String(pid));
  assertEquals(await Promise.all(others), others.map((_, index) => index * 2));
  await pool.ready();
  assertEquals(pool.workers.length, 2);
});

Deno.test("Pool runs a task again when its worker died and it has retries", async () => {
  const log = new EventLog();
  await using pool = new Pool<AttemptTasks>({ workers: 2, module: ATTEMPTS, onEvent: log.listener });
  assertEquals(await pool.apply("surviveAttempt", [2], { retries: 1 }), 2);
  assertEquals(await pool.map("surviveAttempt", [1, 3, 1, 1], { retries: 2, chunkSize: 1 }), [1, 3, 1, 1]);
  assertEquals(log.of("retry").map(({ attempt }) => attempt), [2, 2, 3]);
  assertEquals(pool.stats().retried, 3);
});

Deno.test("Pool rejects with PoisonTaskError when a task has killed as many workers as its retries allow", async () => {
  await using pool = new Pool<AttemptTasks>({ workers: 2, module: ATTEMPTS });
  const error = await assertRejects(() => pool.apply("surviveAttempt", [99], { retries: 2 }), PoisonTaskError);
  assertEquals([error.attempts, error.signal, error.taskStarted], [3, "SIGKILL", true]);
  assertInstanceOf(error.cause, WorkerExitError);
  assertEquals(await pool.apply("surviveAttempt", [1]), 1);
});

Deno.test("Pool settles every task once when all workers are killed under load", async () => {
  const { pool, log } = await startedPool({ workers: 2 });
  await using _ = pool;
  const work = (index: number): number => {
    for (const end = performance.now() + 1; performance.now() < end;);
    return index * 2;
  };
  const tasks = Array.from({ length: 500 }, (_, index) => pool.apply(work, [index]));
  const settled = Promise.allSettled(tasks);
  await tasks[100];
  const pids = pool.workers.map(({ pid }) => pid);
  for (const pid of pids) Deno.kill(pid, "SIGKILL");
  const outcomes = await settled;
  const failed = outcomes.filter(({ status }) => status === "rejected");
  assert(failed.length <= 2, `${failed.length} tasks failed`);
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") assertEquals(outcome.value, index * 2);
    else assertInstanceOf(outcome.reason, WorkerExitError);
  }
  await log.reached("exit", 2);
  await pool.ready();
  assertEquals(pool.workers.filter(({ pid }) => pids.includes(pid)), []);
  assertEquals(pool.workers.length, 2);
});

Deno.test("Pool loses no task when all workers are killed under load and tasks have retries", async () => {
  const { pool } = await startedPool({ workers: 2, retries: 3 });
  await using _ = pool;
  const mapped = pool.map(double, Array.from({ length: 500 }, (_, index) => index), { chunkSize: 2 });
  const tasks = Array.from({ length: 500 }, (_, index) => pool.apply(double, [index]));
  await tasks[20];
  for (const { pid } of pool.workers) Deno.kill(pid, "SIGKILL");
  assertEquals(await Promise.all(tasks), tasks.map((_, index) => index * 2));
  assertEquals(await mapped, tasks.map((_, index) => index * 2));
});

const UNCAUGHT: Record<string, () => Promise<void>> = {
  "a promise of it rejects unhandled": () => {
    Promise.reject(new Error("nobody caught this"));
    return new Promise(() => setInterval(() => {}, 1000));
  },
  "a timer of it throws": () => {
    setTimeout(() => {
      throw new Error("nobody caught this");
    });
    return new Promise(() => setInterval(() => {}, 1000));
  },
};

Deno.test("Pool rejects tasks that end their worker, each with WorkerExitError, and serves on", async (t) => {
  await using pool = new Pool({ workers: 1 });
  const step = async (name: string, fn: () => Promise<void>): Promise<void> => {
    await sharedStep(t, name, fn);
    assertEquals(await pool.apply(double, [4]), 8);
  };
  for (const exitCode of [0, 7]) {
    await step(`Pool rejects a task with WorkerExitError when it calls Deno.exit(${exitCode})`, async () => {
      const error = await assertRejects(
        () => pool.apply((code: number) => Deno.exit(code), [exitCode]),
        WorkerExitError,
      );
      const { name, signal, taskStarted } = error;
      assertEquals([name, error.exitCode, signal, taskStarted], ["WorkerExitError", exitCode, null, true]);
    });
  }
  for (const [when, task] of Object.entries(UNCAUGHT)) {
    await step(`Pool rejects a task with WorkerExitError when ${when}`, async () => {
      const error = await assertRejects(() => pool.apply(task), WorkerExitError);
      assertEquals([error.name, error.exitCode, error.taskStarted], ["WorkerExitError", 1, true]);
      assertStringIncludes(error.stderrTail, "nobody caught this");
      assertStringIncludes(error.message, "nobody caught this");
    });
  }
});

Deno.test("WorkerExitError.stderrTail is the last 8 KiB when a worker wrote more", async () => {
  await using pool = new Pool({ workers: 1 });
  const error = await assertRejects(
    () =>
      pool.apply(async () => {
        const { writeSync } = await import("node:fs");
        for (let line = 0; line < 2000; line++) writeSync(2, `line ${line} of what goes to stderr directly\n`);
        for (let line = 0; line < 1000; line++) console.error(`line ${line} of what the console prints`);
        Deno.exit(3);
      }),
    WorkerExitError,
  );
  assertEquals(error.exitCode, 3);
  assert(new TextEncoder().encode(error.stderrTail).length <= 8192);
  assert(error.stderrTail.length > 8000);
  assertStringIncludes(error.stderrTail, "line 999 of what the console prints");
});

Deno.test("Pool rejects with OutOfMemoryError when a task fills the JavaScript heap", async () => {
  await using pool = new Pool({ workers: 1, memoryLimitMiB: 64 });
  const fill = (): number => {
    const held: object[] = [];
    while (true) held.push({ index: held.length, text: `text ${held.length}` });
  };
  const error = await assertRejects(() => pool.apply(fill), OutOfMemoryError);
  assertEquals(error.taskStarted, true);
  assertEquals(await pool.apply(double, [4]), 8);
});

Deno.test("Pool rejects with OutOfMemoryError when V8 gives up by itself", async () => {
  await using pool = new Pool({ workers: 1, memoryLimitMiB: 40 });
  const fill = (): number => {
    const held: number[][] = [];
    while (true) held.push(new Array(1000).fill(held.length));
  };
  const error = await assertRejects(() => pool.apply(fill), OutOfMemoryError);
  assertEquals(error.taskStarted, true);
});

Deno.test("Pool rejects with OutOfMemoryError when a task grows outside the heap in a synchronous loop", async () => {
  await using pool = new Pool({ workers: 1, memoryLimitMiB: 100 });
  const grow = (): number => {
    const held: Uint8Array[] = [];
    while (held.length < 400) held.push(new Uint8Array(4 * 1024 * 1024).fill(held.length));
    while (true);
  };
  const error = await assertRejects(() => pool.apply(grow), OutOfMemoryError);
  assertStringIncludes(error.message, "memoryLimitMiB");
  assertEquals(error.taskStarted, true);
  assertEquals(await pool.apply(double, [4]), 8);
});

Deno.test("Pool lets a task use the memory that its limit allows", async () => {
  await using pool = new Pool({ workers: 1, memoryLimitMiB: 200 });
  const grow = (mebibytes: number): number => new Uint8Array(mebibytes * 1024 * 1024).fill(1).length;
  assertEquals(await pool.apply(grow, [120]), 120 * 1024 * 1024);
});

for (const name of ["ignoreAsync", "ignoreInLoop"] as const) {
  Deno.test(`Pool ends a stubborn worker and serves on when ${name}() runs out of time`, async () => {
    await soon(1000, async () => {
      await using pool = new Pool<typeof import("../fixtures/tasks/ignore_ending.ts")>({
        workers: 1,
        module: STUBBORN,
      });
      await pool.ready();
      const { pid } = pool.workers[0]!;
      const startedAt = performance.now();
      const stuck = pool.apply(name, [], { timeoutMs: 300 });
      const next = pool.apply(double, [4]);
      const error = await assertRejects(() => stuck, TaskTimeoutError);
      assertEquals(error.timeoutMs, 300);
      const tookMs = performance.now() - startedAt;
      assertEquals(await next, 8);
      assertEquals(await survivors([pid], 20_000), []);
      return tookMs;
    });
  });
}

Deno.test("Pool.terminate() leaves no process when workers are stuck", async () => {
  const { pool, log } = await startedPool({ workers: 2 });
  const pids = pool.workers.map(({ pid }) => pid);
  const stuck = [1, 2, 3].map(() =>
    pool.apply(() => {
      while (true);
    })
  );
  const settled = Promise.allSettled(stuck);
  await log.reached("taskStart", 2);
  await pool.terminate();
  assertEquals((await settled).map(({ status }) => status), ["rejected", "rejected", "rejected"]);
  assertEquals(await survivors(pids, 0), []);
  assert(await until(() => pool.workers.length === 0, 0));
});

Deno.test({
  name: "A program that was started with SIGCHLD ignored hears of the ends of workers, if not how they came about",
  // Only there Deno asks the system in a way that depends on it.
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { code, stdout, stderr } = await runProgram(
      `{
        await using pool = new Pool({ workers: 1 });
        const lost = await pool.apply(() => Deno.exit(3)).catch((error) => error);
        console.log(lost.name, lost.exitCode, await pool.apply(() => 2));
      }
      const process = new corral.Process({ target: () => console.log("runs") });
      process.start();
      console.log(await process.join());`,
      { ignored: "SIGCHLD" },
    );
    assertEquals([code, stdout], [0, "WorkerExitError null 2\nruns\ntrue\n"]);
    assertStringIncludes(stderr, "ended (nobody is told how, since this program was started with SIGCHLD ignored)");
  },
});
