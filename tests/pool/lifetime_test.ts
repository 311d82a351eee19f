// End-to-end tests of Pool: the lives of workers and of tasks, limits, retries, aborts, events and the end.
import {
  assert,
  assertEquals,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLessOrEqual,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { kill } from "node:process";
import {
  BrokenPoolError,
  CancelledError,
  Pool,
  PoolClosedError,
  type PoolEvent,
  TaskTimeoutError,
  WorkerExitError,
  WorkerStartError,
} from "../../mod.ts";
import { pid, square } from "../fixtures/tasks/compute.ts";
import { heardReasons, heedAbort } from "../fixtures/tasks/heed_abort.ts";
import { hold } from "../fixtures/tasks/hold.ts";
import { failLater, initialize, tellSettings } from "../fixtures/tasks/initialize.ts";
import { loopForever } from "../fixtures/tasks/loop_forever.ts";
import { surviveAttempt } from "../fixtures/tasks/report_attempt.ts";
import { progressAround } from "../fixtures/tasks/separate_contexts.ts";
import { reportProgress, whoAmI } from "../fixtures/tasks/tell_task.ts";
import { throwValue } from "../fixtures/tasks/throw_errors.ts";
import { within } from "../helpers/simulated/clock.ts";
import { catchErrors } from "../helpers/pools/catch_errors.ts";
import { EventLog } from "../helpers/pools/events.ts";
import { Gate, GATE_PERMISSIONS } from "../helpers/pools/gate.ts";
import { runProgram } from "../helpers/programs/program.ts";
import { assertNoWorkerLeft, assertServes, withPool } from "../helpers/pools/with_pool.ts";

const fixture = (name: string): string => import.meta.resolve(`../fixtures/tasks/${name}.ts`);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** A promise, and an `onProgress` that resolves it with the first value. */
function firstProgress(): { promise: Promise<unknown>; onProgress: (value: unknown) => void } {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  return { promise, onProgress: resolve };
}

// --- workers that leave

Deno.test("Pool replaces each worker after maxTasksPerChild tasks", () =>
  withPool({ workers: 2, maxTasksPerChild: 10 }, async (pool, log) => {
    const answers = await Promise.all(range(100).map((x) => pool.apply((x: number) => [x * x, Deno.pid], [x])));
    assertEquals(answers.map(([result]) => result), range(100).map(square));
    const tasks = Map.groupBy(answers, ([, pid]) => pid);
    for (const { length } of tasks.values()) assertLessOrEqual(length, 10);
    assertEquals(new Set(tasks.keys()), new Set(log.pids.filter((pid) => tasks.has(pid))));
    assertLessOrEqual(log.pids.length, 13);
    assertEquals(pool.stats().workersLost, 0);
  }));

Deno.test("Pool gives all results when it is closed at once and workers take one task each", async () => {
  const log = new EventLog();
  const pool = new Pool({ workers: 2, maxTasksPerChild: 1, onEvent: log.listener });
  const results = range(6).map((x) => pool.applyAsync(square, [x]));
  pool.close();
  await pool.join();
  assertEquals(await Promise.all(results), range(6).map(square));
  assertEquals(log.pids.length, 6);
  assertNoWorkerLeft(pool, log);
});

Deno.test("Pool works off a backlog of 60 when its one worker takes one task each time", () =>
  withPool({ workers: 1, maxTasksPerChild: 1 }, async (pool, log) => {
    assertEquals(await pool.map(square, range(60), { chunkSize: 1 }), range(60).map(square));
    assertEquals(log.pids.length, 60);
  }));

Deno.test("Pool lets a worker leave after idleTimeoutMs, and starts another for the next task", () =>
  withPool({ workers: 1, idleTimeoutMs: 5 }, async (pool, log) => {
    const first = await pool.apply(pid);
    await log.reached("exit", 1);
    assertEquals(pool.workers, []);
    assertEquals(log.of("exit")[0]!.exitCode, 0);
    assertNotEquals(await pool.apply(pid), first);
    assertEquals(pool.stats().workersLost, 0);
  }));

// --- workers that start

Deno.test("Pool runs the initializer once in each worker, before its first task", async () => {
  const module = fixture("initialize");
  for (const initializer of [initialize, "initialize"]) {
    const options = { workers: 2, module, initializer, initArgs: ["a", { b: new Date(1) }] };
    await withPool(options, async (pool) => {
      await pool.ready();
      const told = await pool.map(tellSettings, range(40), { chunkSize: 1 });
      for (const [, ...settings] of told) assertEquals(settings, ["a", { b: new Date(1) }]);
      assertEquals(new Set(told.map(([pid]) => pid)).size, 2);
    });
  }
  const remember = async (value: string): Promise<void> => {
    await Promise.resolve();
    Object.assign(globalThis, { remembered: value });
  };
  await withPool({ workers: 1, initializer: remember, initArgs: ["self-contained"] }, async (pool) => {
    const recall = (): unknown => (globalThis as { remembered?: unknown }).remembered;
    assertEquals(await pool.apply(recall), "self-contained");
  });
});

Deno.test("Pool rejects ready() and all waiting tasks with the error of a failing initializer, and does not start workers for ever", () =>
  withPool(
    { workers: 2, module: fixture("initialize"), initializer: failLater, initArgs: ["no settings"] },
    async (pool, log) => {
      const waiting = [pool.ready(), ...range(10).map(() => pool.apply(tellSettings))];
      for (const one of await within(1000, () => Promise.allSettled(waiting))) {
        assertInstanceOf((one as PromiseRejectedResult).reason, RangeError);
        assertEquals((one as PromiseRejectedResult).reason.message, "no settings");
      }
      assertLessOrEqual(log.pids.length, 4);
      await assertRejects(() => pool.map(tellSettings, [1, 2]), RangeError, "no settings");
      let error: unknown;
      for (let tries = 0; tries < 20 && !(error instanceof BrokenPoolError); tries++) {
        error = await pool.apply(tellSettings).catch((error) => error);
      }
      assertInstanceOf(error, BrokenPoolError);
      assertInstanceOf(error.cause, RangeError);
      assertLessOrEqual(log.pids.length, 10);
    },
  ));

const BROKEN_MODULES: [
  name: string,
  module: string,
  errorClass: typeof Error | typeof WorkerStartError,
  message: string,
][] = [
  ["is missing", fixture("no_such_module"), TypeError, "no_such_module.ts"],
  ["has a syntax error", "data:text/javascript,export const = 5", Error, "Unexpected token"],
  ["imports what is missing", "data:text/javascript,import 'data:text/javascript,import %22npm:%22'", TypeError, ""],
  ["throws at its top level", fixture("throw_on_load"), RangeError, "the module is broken"],
  ["throws no error at its top level", "data:text/javascript,throw null", Error, "null"],
  ["throws a function at its top level", "data:text/javascript,throw () => 1", Error, "a function"],
  ["exits at its top level", fixture("exit_on_load"), WorkerStartError, "exited with code 43"],
];

for (const [name, module, errorClass, message] of BROKEN_MODULES) {
  Deno.test(`Pool.apply() rejects with the module's own error when the module ${name}`, () =>
    withPool({ workers: 2, module }, async (pool, log) => {
      const calls = range(10).map(() => pool.apply("never"));
      for (const one of await within(1000, () => Promise.allSettled(calls))) {
        const { reason } = one as PromiseRejectedResult;
        assertInstanceOf(reason, errorClass);
        assertStringIncludes(reason.message, message);
      }
      await assertRejects(() => within(1000, () => pool.ready()));
      assertLessOrEqual(log.pids.length, 6);
    }));
}

Deno.test("Pool rejects with WorkerStartError when the process cannot be started", async () => {
  for (const options of [{ cwd: "/no/such/folder" }, { denoPath: "/no/such/deno" }]) {
    const log = new EventLog();
    await using pool = new Pool({ workers: 2, ...options, onEvent: log.listener });
    await assertRejects(
      () => within(1000, () => pool.apply(Math.sqrt, [4])),
      WorkerStartError,
      "Cannot start a worker",
    );
    await assertRejects(() => within(1000, () => pool.ready()), Error);
    assertEquals(log.pids, []);
  }
});

Deno.test("Pool.ready() starts all workers, and others start on demand only", () =>
  withPool({ workers: 2 }, async (pool, log) => {
    assertEquals(pool.workers, []);
    assertEquals(await pool.apply(Math.sqrt, [4]), 2);
    assertEquals(pool.workers.map(({ workerId, state, tasksDone }) => [workerId, state, tasksDone]), [[0, "idle", 1]]);
    await pool.ready();
    assertEquals(pool.workers.map(({ workerId, state }) => [workerId, state]), [[0, "idle"], [1, "idle"]]);
    assertEquals(pool.workers.map(({ pid }) => pid), log.pids);
    await pool.ready();
    assertEquals(log.pids.length, 2);
  }));

Deno.test("Pool.workers tells which workers are busy", () =>
  withPool({ workers: 2, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const starting = pool.ready();
    assertEquals(pool.workers.map(({ state }) => state), ["starting", "starting"]);
    await starting;
    const held = pool.apply(hold<number>, [gate.port, 1]);
    await gate.arrived();
    assertEquals(pool.workers.map(({ state }) => state).toSorted(), ["busy", "idle"]);
    gate.open();
    await held;
  }));

// --- what is told

Deno.test("Pool.stats() counts tasks and workers, and how long tasks waited and ran", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const held = pool.apply(hold<number>, [gate.port, 1]);
    await gate.arrived();
    const controller = new AbortController();
    const cancelled = pool.apply(Math.sqrt, [4], { signal: controller.signal }).catch((error) => error.name);
    const failed = pool.apply(throwValue, [new Error("bad")]).catch((error) => error.message);
    const done = pool.apply(Math.sqrt, [4]);
    controller.abort();
    assertEquals(await cancelled, "AbortError");
    const during = pool.stats();
    assertEquals([during.submitted, during.waiting, during.running, during.cancelled], [4, 2, 1, 1]);
    gate.open();
    assertEquals([await held, await failed, await done], [1, "bad", 2]);
    const { submitted, completed, failed: failures, waiting, running, ...rest } = pool.stats();
    assertEquals([submitted, completed, failures, waiting, running], [4, 2, 1, 0, 0]);
    assertEquals([rest.cancelled, rest.retried, rest.workersStarted, rest.workersLost], [1, 0, 1, 0]);
    // One that was sent ahead and came back has waited twice.
    assertGreaterOrEqual(rest.waitingTime.count, 3);
    assertEquals(rest.runningTime.count, 3);
    assertGreater(rest.waitingTime.maxMs, 0);
    assertGreater(rest.runningTime.maxMs, 0);
  }));

Deno.test("Pool tells onEvent what happens, in order", () =>
  withPool({ workers: 1, name: "told" }, async (pool, log) => {
    await pool.apply(Math.sqrt, [4]);
    await pool.apply(throwValue, [5]).catch(() => {});
    pool.close();
    await pool.join();
    assertEquals(log.events.map(({ type }) => type), [
      "taskSubmit",
      "spawn",
      "ready",
      "busy",
      "taskStart",
      "taskEnd",
      "idle",
      "taskSubmit",
      "busy",
      "taskStart",
      "taskEnd",
      "idle",
      "exit",
    ]);
    const ends = log.of("taskEnd").map(({ ok, outcome, name, error }) => ({ ok, outcome, name, error }));
    assertEquals(ends, [
      { ok: true, outcome: "completed", name: "Math.sqrt", error: undefined },
      { ok: false, outcome: "task", name: "throwValue", error: 5 },
    ]);
    for (const { durationMs, totalMs } of log.of("taskEnd")) assert(durationMs! >= 0 && durationMs! <= totalMs);
    assertEquals(log.events.map(({ at }) => at), log.events.map(({ at }) => at).toSorted((a, b) => a - b));
    const exits = log.of("exit").map(({ exitCode, signal, expected }) => [exitCode, signal, expected]);
    assertEquals(exits, [[0, null, true]]);
  }));

Deno.test("Pool reports an onEvent or onProgress that throws, and no task is harmed", async () => {
  const reported: string[] = [];
  using _console = catchErrors((callback, error) => reported.push(`${callback}: ${(error as Error).message}`));
  const onEvent = (event: PoolEvent): void => {
    if (event.type === "taskEnd") throw new Error("the listener's fault");
  };
  const onProgress = (): void => {
    throw new Error("the progress bar's fault");
  };
  await withPool({ workers: 1, onEvent, module: fixture("tell_task") }, async (pool, log) => {
    assertEquals(await pool.apply(reportProgress, [[1, 2]], { onProgress }), "done");
    assertEquals(await pool.apply(Math.sqrt, [4]), 2);
    assertEquals(log.pids.length, 1);
  });
  assertEquals(reported.toSorted(), [
    "Error in the onEvent callback of a pool, which goes on:: the listener's fault",
    "Error in the onEvent callback of a pool, which goes on:: the listener's fault",
    "Error in the onProgress callback of a pool, which goes on:: the progress bar's fault",
    "Error in the onProgress callback of a pool, which goes on:: the progress bar's fault",
  ]);
});

Deno.test("Pool reports asynchronous callbacks that reject, and errors that cannot be shown, and harms nobody", async () => {
  const reported = new Set<string>();
  using _console = catchErrors((callback, error) => reported.add(`${callback} ${(error as Error).message ?? error}`));
  const fail = async (): Promise<never> => {
    await Promise.resolve();
    throw new Error("late");
  };
  await withPool({ workers: 1, onEvent: fail, module: fixture("tell_task") }, async (pool) => {
    const stop = pool.observe({ settled: fail, context: fail as never });
    assertEquals(await pool.apply(reportProgress, [[1]], { onProgress: fail }), "done");
    assertEquals(await pool.applyAsync(Math.sqrt, [4], { callback: fail }), 2);
    await assertRejects(() => pool.applyAsync("nothing" as never, [], { errorCallback: fail }).get());
    assertEquals(await pool.map(Math.sqrt, [4], { onItem: fail }), [2]);
    stop();
    assertEquals(await pool.apply(Math.sqrt, [9]), 3);
    assertEquals(pool.stats().workersLost, 0);
  });
  const kinds = ["the onEvent callback", "an observer", "the onProgress callback", "the callback"];
  for (const kind of [...kinds, "the errorCallback", "the onItem callback"]) {
    assert(reported.has(`Error in ${kind} of a pool, which goes on: late`), kind);
  }
});

Deno.test("Pool may be ended by the code that hears an event", async () => {
  const types = ["spawn", "ready", "taskStart", "output", "taskEnd", "retry", "exit"] as const;
  for (const end of ["terminate", "close"] as const) {
    for (const type of types) {
      const heard = Promise.withResolvers<void>();
      const onEvent = (event: PoolEvent): void => {
        if (event.type === type) heard.resolve(pool[end]() ?? undefined);
      };
      const pool = new Pool({ workers: 2, output: "events", onEvent });
      const printAndExit = () => {
        Deno.stdout.writeSync(new TextEncoder().encode("the end\n"));
        Deno.exit(3);
      };
      const calls = [pool.ready(), pool.apply(Math.sqrt, [4]), pool.apply(printAndExit, [], { retries: 1 })];
      await Promise.allSettled(calls);
      await heard.promise;
      await pool.join();
      assertEquals(pool.workers, [], `${end} at ${type}`);
    }
  }
});

Deno.test("Pool tells onProgress every value in order, before the result", () =>
  withPool({ workers: 2, module: fixture("tell_task") }, async (pool) => {
    const told: unknown[] = [];
    const onProgress = (value: unknown): void => void told.push(value);
    const values = [1, undefined, { at: new Date(2) }, new Uint8Array([3])];
    told.push(await pool.apply(reportProgress, [values], { onProgress }));
    assertEquals(told, [...values, "done"]);
    told.length = 0;
    await pool.map(reportProgress, [[1], [2], [3]], { onProgress });
    assertEquals(told.toSorted(), [1, 2, 3]);
    assertEquals(await pool.apply(reportProgress, [[1]]), "done");
  }));

Deno.test("task tells the worker's number and the attempt, and is refused outside of tasks", async () => {
  await withPool({ workers: 2, module: fixture("tell_task") }, async (pool) => {
    await pool.ready();
    const told = await pool.map(whoAmI, range(40), { chunkSize: 1 });
    assertEquals(new Set(told.map(([workerId]) => workerId)), new Set([0, 1]));
    assertEquals(new Set(told.map(([, attempt]) => attempt)), new Set([1]));
  });
  assertEquals(
    await Promise.resolve().then(() => whoAmI()).catch((error) => error.message.slice(0, 17)),
    'Cannot use "task"',
  );
});

// --- which worker, in which order

Deno.test("Pool runs concurrency tasks in one worker at once, and keeps their contexts apart", () =>
  withPool(
    { workers: 1, concurrency: 2, module: fixture("separate_contexts"), permissions: GATE_PERMISSIONS },
    async (pool, log) => {
      using gate = new Gate();
      const told: Record<string, unknown[]> = { a: [], b: [], c: [] };
      const results = ["a", "b", "c"].map((label) =>
        pool.apply(progressAround, [gate.port, label], { onProgress: (value) => told[label]!.push(value) })
      );
      await gate.arrived(2);
      assertEquals(told.c, []);
      gate.open();
      await gate.arrived(1);
      gate.open();
      assertEquals(await Promise.all(results), ["a", "b", "c"]);
      for (const label of ["a", "b", "c"]) assertEquals(told[label], [`${label} before`, `${label} after`]);
      assertEquals(log.pids.length, 1);
    },
  ));

Deno.test("Pool runs tasks with the same key on the same worker", () =>
  withPool({ workers: 2 }, async (pool) => {
    const keys = range(8).map((index) => `user ${index}`);
    const calls = range(80).map((index) => {
      const key = keys[index % keys.length]!;
      return pool.apply(pid, [], { key }).then((pid) => ({ key, pid }));
    });
    const byKey = Map.groupBy(await Promise.all(calls), ({ key }) => key);
    for (const [key, answers] of byKey) assertEquals(new Set(answers.map(({ pid }) => pid)).size, 1, key);
    assertEquals(new Set([...byKey.values()].map(([answer]) => answer!.pid)).size, 2);
  }));

Deno.test("Pool starts tasks of higher priority first, and of one priority in order", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const held = pool.apply(hold<number>, [gate.port, 1]);
    await gate.arrived();
    const order: string[] = [];
    const names: [string, number?][] = [["low 1", -1], ["normal 1"], ["high 1", 5], ["normal 2", 0], ["high 2", 5], [
      "low 2",
      -1,
    ]];
    const calls = names.map(([name, priority]) =>
      pool.applyAsync((name: string) => name, [name], {
        callback: (name) => order.push(name),
        ...(priority === undefined ? {} : { priority }),
      })
    );
    gate.open();
    await Promise.all([held, ...calls]);
    assertEquals(order, ["high 1", "high 2", "normal 1", "normal 2", "low 1", "low 2"]);
  }));

// --- limits of time

Deno.test("Pool rejects with TaskTimeoutError after timeoutMs, and a worker whose task reacts to it survives", () =>
  withPool({ workers: 1, module: fixture("heed_abort"), abortGraceMs: 10_000 }, async (pool, log) => {
    const error = await within(
      1000,
      () => assertRejects(() => pool.apply(heedAbort, [], { timeoutMs: 20 }), TaskTimeoutError),
    );
    assertEquals(error.timeoutMs, 20);
    assertEquals(await pool.apply(heardReasons), [error.message]);
    await assertServes(pool);
    assertEquals(log.pids.length, 1);
  }));

Deno.test("Pool replaces a worker whose task does not react to its timeout, and other tasks do not notice", () =>
  withPool(
    { workers: 2, module: fixture("loop_forever"), permissions: GATE_PERMISSIONS, taskTimeoutMs: 50, abortGraceMs: 20 },
    async (pool, log) => {
      using gate = new Gate();
      const other = pool.apply(hold<string>, [gate.port, "other"], { timeoutMs: Infinity });
      await gate.arrived();
      const stuck = assertRejects(() => pool.apply(loopForever), TaskTimeoutError, "longer than its 50 ms");
      const behind = range(5).map((x) => pool.apply(square, [x], { timeoutMs: 60_000 }));
      await within(1000, () => stuck);
      assertEquals(await Promise.all(behind), range(5).map(square));
      gate.open();
      assertEquals(await other, "other");
      assertEquals(log.of("exit").length, 1);
    },
  ));

Deno.test("Pool counts timeoutMs from when a worker has the task, not from its submission", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const held = pool.apply(hold<number>, [gate.port, 1]);
    await gate.arrived();
    const waiting = pool.applyAsync(Math.sqrt, [4], { timeoutMs: 2000 });
    assertFalse(await waiting.wait(50));
    gate.open();
    assertEquals([await held, await waiting], [1, 2]);
  }));

// --- aborts

Deno.test("Pool never runs a waiting task that is aborted, and rejects with the signal's reason at once", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool, log) => {
    using gate = new Gate();
    const held = pool.apply(hold<number>, [gate.port, 1]);
    await gate.arrived();
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = range(3).map(() => pool.apply(Math.sqrt, [4], { signal }).catch((error) => error));
    const other = pool.apply(Math.sqrt, [9]);
    const reason = { plain: "object" };
    controller.abort(reason);
    for (const error of await Promise.all(waiting)) assertStrictEquals(error, reason);
    assertStrictEquals(await pool.apply(Math.sqrt, [4], { signal }).catch((error) => error), reason);
    gate.open();
    assertEquals([await held, await other], [1, 3]);
    assertEquals(log.of("taskStart").length, 2);
  }));

Deno.test("Pool lets a worker live when its task reacts to an abort", () =>
  withPool({ workers: 1, module: fixture("heed_abort"), abortGraceMs: 10_000 }, async (pool, log) => {
    for (let round = 1; round <= 3; round++) {
      const { promise, onProgress } = firstProgress();
      const controller = new AbortController();
      const running = pool.apply(heedAbort, [], { signal: controller.signal, onProgress }).catch((error) => error);
      assertEquals(await promise, "running");
      const reason = new Error(`round ${round}`);
      controller.abort(reason);
      assertStrictEquals(await running, reason);
      assertEquals(await pool.apply(heardReasons), range(round).map((index) => `round ${index + 1}`));
    }
    assertEquals(log.pids.length, 1);
  }));

Deno.test("Pool replaces a worker whose task does not react to its abort, and other tasks do not notice", () =>
  withPool({ workers: 1, module: fixture("loop_forever"), abortGraceMs: 20 }, async (pool, log) => {
    const { promise, onProgress } = firstProgress();
    const controller = new AbortController();
    const stuck = pool.apply(loopForever, [], { signal: controller.signal, onProgress }).catch((error) => error);
    const behind = range(20).map((x) => pool.apply(square, [x]));
    await promise;
    controller.abort();
    assertStrictEquals(await stuck, controller.signal.reason);
    assertEquals(await Promise.all(behind), range(20).map(square));
    assertEquals(log.pids.length, 2);
    await assertServes(pool);
  }));

Deno.test("Pool delivers an abort whose reason cannot travel", () =>
  withPool({ workers: 1, module: fixture("heed_abort"), abortGraceMs: 10_000 }, async (pool, log) => {
    const { promise, onProgress } = firstProgress();
    const controller = new AbortController();
    const running = pool.apply(heedAbort, [], { signal: controller.signal, onProgress }).catch((error) => error);
    await promise;
    const reason = (): void => {};
    controller.abort(reason);
    assertStrictEquals(await running, reason);
    assertEquals((await pool.apply(heardReasons)).length, 1);
    assertEquals(log.pids.length, 1);
  }));

// --- retries

Deno.test("Pool tries a task again when its worker died, and tells it the attempt", () =>
  withPool(
    { workers: 1, module: fixture("report_attempt"), permissions: { run: true }, retries: 1 },
    async (pool, log) => {
      assertEquals(await pool.apply(surviveAttempt, [2]), 2);
      assertEquals(await pool.apply(surviveAttempt, [4], { retries: 3 }), 4);
      await assertRejects(
        () => pool.apply(surviveAttempt, [2], { retries: 0 }),
        WorkerExitError,
        "the task had started",
      );
      assertEquals(log.of("retry").map(({ attempt }) => attempt), [2, 2, 3, 4]);
      assertEquals([pool.stats().retried, pool.stats().workersLost], [4, 5]);
      await assertServes(pool);
    },
  ));

Deno.test("Pool does not try a task again for an error that it threw", () =>
  withPool({ workers: 1, retries: 5 }, async (pool, log) => {
    await assertRejects(() => pool.apply(throwValue, [new RangeError("thrown")]), RangeError, "thrown");
    assertEquals(log.of("taskStart").length, 1);
    assertEquals(pool.stats().retried, 0);
  }));

Deno.test("Pool breaks when a worker dies and onWorkerExit is break", () =>
  withPool({ workers: 2, onWorkerExit: "break", permissions: GATE_PERMISSIONS }, async (pool, log) => {
    using gate = new Gate();
    const running = pool.apply(hold<number>, [gate.port, 1]).catch((error) => error);
    const other = pool.apply(hold<number>, [gate.port, 2]).catch((error) => error);
    const waiting = pool.apply(Math.sqrt, [4]).catch((error) => error);
    await gate.arrived(2);
    kill(log.pids[0]!, "SIGKILL");
    for (const error of await Promise.all([running, other, waiting])) {
      assertInstanceOf(error, BrokenPoolError);
      assertInstanceOf(error.cause, WorkerExitError);
      assertEquals(error.cause.signal, "SIGKILL");
    }
    await assertRejects(() => pool.apply(Math.sqrt, [4]), BrokenPoolError);
    await assertRejects(() => pool.ready(), BrokenPoolError);
  }));

// --- the end

Deno.test("Pool.terminate() settles 10 000 pending tasks and leaves no worker within a second", async () => {
  using gate = new Gate();
  const log = new EventLog();
  const pool = new Pool({ workers: 2, permissions: GATE_PERMISSIONS, onEvent: log.listener });
  const pending = range(10_000).map(() => pool.apply(hold<number>, [gate.port, 1]));
  const settled = Promise.allSettled(pending);
  await gate.arrived(2);
  const outcomes = await within(1000, async () => (await pool.terminate(), await settled));
  assert(outcomes.every((one) => one.status === "rejected" && one.reason instanceof CancelledError));
  assertEquals(pool.stats().cancelled, 10_000);
  assertNoWorkerLeft(pool, log);
});

Deno.test("Pool.terminate() leaves no worker when workers are still starting", async () => {
  for (let round = 0; round < 5; round++) {
    const log = new EventLog();
    const pool = new Pool({ workers: 2, onEvent: log.listener });
    const ready = pool.ready().catch((error) => error);
    const call = pool.apply(Math.sqrt, [4]).catch((error) => error);
    if (round % 2 === 1) await log.reached("spawn", 2);
    await within(1000, () => pool.terminate());
    assertInstanceOf(await call, CancelledError);
    assertInstanceOf(await ready, PoolClosedError);
    assertNoWorkerLeft(pool, log);
  }
});

Deno.test("Pool.terminate() may be called from any callback", async () => {
  const log = new EventLog();
  for (const place of ["callback", "errorCallback", "onProgress", "onEvent"]) {
    let terminated: Promise<void> | undefined;
    const end = (): void => void (terminated ??= pool.terminate());
    const pool: Pool = new Pool({
      workers: 2,
      module: fixture("tell_task"),
      onEvent: (event) => (log.listener(event), place === "onEvent" && event.type === "taskEnd" && end()),
    });
    const options = place === "onEvent" ? {} : { [place]: end };
    const first = pool.applyAsync(place === "errorCallback" ? throwValue : reportProgress, [[1]], options);
    const others = range(100).map((x) => pool.apply(square, [x]).catch((error) => error));
    await first.wait();
    await first.get().catch(() => {});
    await Promise.all(others);
    assert(terminated !== undefined, place);
    await within(1000, () => terminated!);
    assertNoWorkerLeft(pool, log);
  }
});

Deno.test("Pool.join() and Pool.terminate() finish when they are called together", async () => {
  const log = new EventLog();
  const pool = new Pool({ workers: 2, onEvent: log.listener });
  const calls = range(50).map((x) => pool.apply(square, [x]).catch((error) => error));
  await calls[0];
  pool.close();
  await within(2000, () => Promise.all([pool.join(), pool.terminate(), pool.join(), pool.terminate()]));
  for (const result of await Promise.all(calls)) assert(typeof result === "number" || result instanceof CancelledError);
  assertNoWorkerLeft(pool, log);
});

Deno.test("a program that never closes its pool ends by itself with 0", async () => {
  const idle = await runProgram(`
    const pool = new Pool({ workers: 2 });
    console.log(await pool.map((x) => x * x, [1, 2, 3]));`);
  assertEquals([idle.code, idle.stdout, idle.stderr], [0, "[ 1, 4, 9 ]\n", ""]);
  const never = await runProgram("new Pool({ workers: 2 });");
  assertEquals([never.code, never.stderr], [0, ""]);
  const unawaited = await runProgram(`
    const pool = new Pool({ workers: 1 });
    pool.applyAsync((x) => x * x, [5], { callback: (value) => console.log(value) });`);
  assertEquals([unawaited.code, unawaited.stdout, unawaited.stderr], [0, "25\n", ""]);
  const open = await runProgram(`
    const pool = new Pool({ workers: 1 });
    const iterator = pool.imap((x) => x * x, (function* () { for (let n = 1;; n++) yield n; })());
    console.log((await iterator.next()).value);
    await pool.ready();`);
  assertEquals([open.code, open.stdout, open.stderr], [0, "1\n", ""]);
});

Deno.test("Pool raises the error of a result that nobody asked for as an unhandled rejection at join()", async () => {
  const pool = new Pool({ workers: 1 });
  const raised: unknown[] = [];
  const listener = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    raised.push(event.reason.message);
  };
  globalThis.addEventListener("unhandledrejection", listener);
  pool.applyAsync(throwValue, [new Error("unobserved")]);
  pool.applyAsync(throwValue, [new Error("told to a callback")], { errorCallback: () => {} });
  const observed = pool.applyAsync(throwValue, [new Error("observed later")]);
  await observed.wait();
  assertEquals(raised, []);
  await observed.get().catch(() => {});
  pool.close();
  await pool.join();
  globalThis.removeEventListener("unhandledrejection", listener);
  assertEquals(raised, ["unobserved"]);
});

Deno.test("a program fails when it ends before anybody asked for a failed result", async () => {
  const { code, stderr } = await runProgram(`
    const pool = new Pool({ workers: 1 });
    const result = pool.applyAsync(() => { throw new RangeError("nobody looked"); });
    await result.wait();`);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "nobody looked");
  const apply = await runProgram(`
    const pool = new Pool({ workers: 1 });
    pool.apply(() => { throw new RangeError("not awaited"); });`);
  assertEquals(apply.code, 1);
  assertStringIncludes(apply.stderr, "not awaited");
});

Deno.test("Pool can be made, used and ended many times over", async () => {
  for (let round = 0; round < 10; round++) {
    await withPool({ workers: 1 }, async (pool) => assertEquals(await pool.apply(Math.sqrt, [round ** 2]), round));
  }
});
