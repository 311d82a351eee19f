// End-to-end tests of Pool: its options, and those of calls.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fileURLToPath } from "node:url";
import { EncodingError, FunctionNotFoundError, Pool, type PoolOptions, type TaskOptions } from "../../../mod.ts";
import * as compute from "../../fixtures/tasks/compute.ts";
import { withPool } from "../../helpers/pools/with_pool.ts";

const COMPUTE = import.meta.resolve("../../fixtures/tasks/compute.ts");

// deno-lint-ignore no-explicit-any -- error classes take different parameters
type BadOptions = [options: Record<string, unknown>, errorClass: new (...args: any[]) => Error];

const BAD_OPTIONS: BadOptions[] = [
  ...[0, -1, 0.5, NaN, "2", null].map((workers): BadOptions => [{ workers }, RangeError]),
  ...[0, -1, 0.5, "12"].map((maxTasksPerChild): BadOptions => [{ maxTasksPerChild }, RangeError]),
  [{ concurrency: 0 }, RangeError],
  [{ retries: -1 }, RangeError],
  [{ retries: 1.5 }, RangeError],
  [{ taskTimeoutMs: -1 }, RangeError],
  [{ taskTimeoutMs: NaN }, RangeError],
  [{ idleTimeoutMs: "1s" }, RangeError],
  [{ abortGraceMs: -5 }, RangeError],
  [{ killGraceMs: -5 }, RangeError],
  [{ maxFrameBytes: 0 }, RangeError],
  [{ maxFrameBytes: 2 ** 31 + 1 }, RangeError],
  [{ memoryLimitMiB: 1 }, RangeError],
  [{ memoryLimitMiB: "1" }, TypeError],
  [{ initializer: 5 }, TypeError],
  [{ initializer: "setUp" }, FunctionNotFoundError],
  [{ initializer: Math.sqrt.bind(Math) }, FunctionNotFoundError],
  [{ initArgs: "abc" }, TypeError],
  [{ initializer: () => {}, initArgs: [() => 1] }, EncodingError],
  [{ onEvent: "log" }, TypeError],
  [{ onWorkerExit: "ignore" }, TypeError],
  [{ trust: "some" }, TypeError],
  [{ module: "./tasks.ts" }, TypeError],
  [{ module: "tasks" }, TypeError],
  [{ module: "blob:null/1" }, TypeError],
  [{ module: 5 }, TypeError],
  [{ env: { A: 1 } }, TypeError],
  [{ cwd: 5 }, TypeError],
  [{ processes: 4 }, TypeError],
];

Deno.test("new Pool() throws when an option is wrong", () => {
  for (const [options, errorClass] of BAD_OPTIONS) assertThrows(() => new Pool(options as PoolOptions), errorClass);
});

const BAD_TASK_OPTIONS: BadOptions[] = [
  [{ timeoutMs: -1 }, RangeError],
  [{ timeoutMs: NaN }, RangeError],
  [{ retries: 0.5 }, RangeError],
  [{ priority: "high" }, RangeError],
  [{ key: 5 }, TypeError],
  [{ signal: {} }, TypeError],
  [{ onProgress: "log" }, TypeError],
  [{ callback: "log" }, TypeError],
  [{ errorCallback: {} }, TypeError],
];

Deno.test("Pool.apply(), Pool.map() and Pool.imap() refuse wrong options", () =>
  withPool({ workers: 1 }, async (pool, log) => {
    for (const [options, errorClass] of BAD_TASK_OPTIONS) {
      const taskOptions = options as TaskOptions;
      await assertRejects(() => pool.apply(Math.sqrt, [1], taskOptions), errorClass, Object.keys(options)[0]!);
      assertThrows(() => pool.applyAsync(Math.sqrt, [1], taskOptions), errorClass);
      await assertRejects(() => pool.map(Math.sqrt, [1], taskOptions), errorClass);
      assertThrows(() => pool.imap(Math.sqrt, [1], taskOptions), errorClass);
    }
    for (const chunkSize of [0, -1, 1.5, Infinity, "3" as never]) {
      await assertRejects(() => pool.map(Math.sqrt, [1], { chunkSize }), RangeError, "chunkSize");
      assertThrows(() => pool.imap(Math.sqrt, [1], { chunkSize }), RangeError, "chunkSize");
      assertThrows(() => pool.imap(Math.sqrt, [1], { bufferSize: chunkSize }), RangeError, "bufferSize");
    }
    assertEquals(log.pids, []);
  }));

Deno.test("new Pool() takes a module as URL, as text, as path and as import.meta", async () => {
  for (const module of [new URL(COMPUTE), COMPUTE, fileURLToPath(COMPUTE), compute.meta]) {
    await withPool<typeof compute>({ workers: 1, module }, async (pool) => {
      assertEquals(await pool.apply("square", [5]), 25);
    });
  }
  await withPool({ workers: 1, module: "data:text/javascript,export const one = () => 1" }, async (pool) => {
    assertEquals(await pool.apply("one"), 1);
  });
});
