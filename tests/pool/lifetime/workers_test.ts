// End-to-end tests of Pool: how workers start and leave, and which one runs a task.
import {
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { BrokenPoolError, Pool, WorkerStartError } from "../../../mod.ts";
import { pid, square } from "../../fixtures/tasks/compute.ts";
import { hold } from "../../fixtures/tasks/hold.ts";
import { failLater, initialize, tellSettings } from "../../fixtures/tasks/initialize.ts";
import { progressAround } from "../../fixtures/tasks/separate_contexts.ts";
import { within } from "../../helpers/simulated/clock.ts";
import { EventLog } from "../../helpers/pools/events.ts";
import { Gate, GATE_PERMISSIONS } from "../../helpers/pools/gate.ts";
import { assertNoWorkerLeft, withPool } from "../../helpers/pools/with_pool.ts";

const fixture = (name: string): string => import.meta.resolve(`../../fixtures/tasks/${name}.ts`);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

// --- workers that leave

Deno.test("Pool replaces each worker after maxTasksPerChild tasks", () =>
  withPool({ workers: 2, maxTasksPerChild: 10 }, async (pool, log) => {
    const answers = await Promise.all(range(40).map((x) => pool.apply((x: number) => [x * x, Deno.pid], [x])));
    assertEquals(answers.map(([result]) => result), range(40).map(square));
    const tasks = Map.groupBy(answers, ([, pid]) => pid);
    for (const { length } of tasks.values()) assertLessOrEqual(length, 10);
    assertEquals(new Set(tasks.keys()), new Set(log.pids.filter((pid) => tasks.has(pid))));
    assertLessOrEqual(log.pids.length, 7);
    assertEquals(pool.stats().workersLost, 0);
  }));

Deno.test("Pool gives all results when it is closed at once and workers take one task each", async () => {
  const log = new EventLog();
  const pool = new Pool({ workers: 2, maxTasksPerChild: 1, onEvent: log.listener });
  const results = range(4).map((x) => pool.applyAsync(square, [x]));
  pool.close();
  await pool.join();
  assertEquals(await Promise.all(results), range(4).map(square));
  assertEquals(log.pids.length, 4);
  assertNoWorkerLeft(pool, log);
});

Deno.test("Pool works off a backlog of 8 when its one worker takes one task each time", () =>
  withPool({ workers: 1, maxTasksPerChild: 1 }, async (pool, log) => {
    assertEquals(await pool.map(square, range(8), { chunkSize: 1 }), range(8).map(square));
    assertEquals(log.pids.length, 8);
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
  const initArgs = ["a", { b: new Date(1) }];
  await withPool({ workers: 2, module, initializer: initialize, initArgs }, async (pool) => {
    await pool.ready();
    const told = await pool.map(tellSettings, range(40), { chunkSize: 1 });
    for (const [, ...settings] of told) assertEquals(settings, initArgs);
    assertEquals(new Set(told.map(([pid]) => pid)).size, 2);
  });
  await withPool({ workers: 1, module, initializer: "initialize", initArgs }, async (pool) => {
    const [, ...settings] = await pool.apply(tellSettings);
    assertEquals(settings, initArgs);
  });
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
    withPool({ workers: 1, module }, async (pool, log) => {
      const calls = range(10).map(() => pool.apply("never"));
      for (const one of await within(1000, () => Promise.allSettled(calls))) {
        const { reason } = one as PromiseRejectedResult;
        assertInstanceOf(reason, errorClass);
        assertStringIncludes(reason.message, message);
      }
      await assertRejects(() => within(1000, () => pool.ready()));
      assertLessOrEqual(log.pids.length, 3);
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
