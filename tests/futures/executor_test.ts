// End-to-end tests of ProcessPoolExecutor: submit(), its options and its workers.
import { assertEquals, assertLessOrEqual, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import {
  EncodingError,
  type ExecutorOptions,
  FunctionNotFoundError,
  ProcessPoolExecutor,
  TaskTimeoutError,
} from "../../mod.ts";
import { add, pid, square } from "../fixtures/tasks/compute.ts";
import { heedAbort } from "../fixtures/tasks/heed_abort.ts";
import { hold } from "../fixtures/tasks/hold.ts";
import { initialize, tellSettings } from "../fixtures/tasks/initialize.ts";
import { Gate, GATE_PERMISSIONS } from "../helpers/pools/gate.ts";
import { withExecutor } from "../helpers/pools/with_executor.ts";
import { isAlive } from "../helpers/pools/with_pool.ts";

const fixture = (name: string): string => import.meta.resolve(`../fixtures/tasks/${name}.ts`);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

// --- submit()

Deno.test("ProcessPoolExecutor.submit() gives a future of the result", () =>
  withExecutor<typeof import("../fixtures/tasks/compute.ts")>(
    { maxWorkers: 1, module: fixture("compute") },
    async (executor) => {
      assertEquals(await executor.submit("add", 2, 3), 5);
      assertEquals(await executor.submit("add", 2), 2);
      assertEquals(await executor.submit(add, 2, 4), 6);
      assertEquals(await executor.submit(Math.pow, 2, 8), 256);
      assertEquals(await executor.submit((options: { times: number }) => options.times, { times: 4 }), 4);
    },
  ));

Deno.test("ProcessPoolExecutor.submit() throws when the function can never run", () =>
  withExecutor({ maxWorkers: 1 }, async (executor, log) => {
    assertThrows(() => executor.submit("square", 2), FunctionNotFoundError);
    assertThrows(() => executor.submit(undefined as never), TypeError);
    assertThrows(() => executor.submit(Math.sqrt.bind(null), 2), FunctionNotFoundError);
    assertEquals(log.events, []);
    await assertRejects(() => executor.submit(square, (() => {}) as never).result(), EncodingError);
    assertEquals(await executor.submit(square, 2), 4);
  }));

Deno.test("ProcessPoolExecutor.submitWith() passes the options on to the task", () =>
  withExecutor({ maxWorkers: 1, module: fixture("heed_abort"), abortGraceMs: 10_000 }, async (executor) => {
    const progress: unknown[] = [];
    const options = { timeoutMs: 1000, onProgress: (value: unknown) => progress.push(value) };
    const future = executor.submitWith(options, heedAbort);
    await assertRejects(() => future.result(), TaskTimeoutError);
    assertEquals([future.cancelled(), progress], [false, ["running"]]);
    assertThrows(() => executor.submitWith({ timeoutMs: -1 }, square, 2), RangeError);
    assertThrows(() => executor.submitWith({ key: 4 as never }, square, 2), TypeError);
  }));

// --- construction

Deno.test("ProcessPoolExecutor throws when an option is wrong", () => {
  const cases: [ExecutorOptions, typeof TypeError | typeof RangeError, string][] = [
    [{ maxWorkers: 0 }, RangeError, '"maxWorkers" is 0'],
    [{ maxWorkers: -1 }, RangeError, '"maxWorkers" is -1'],
    [{ maxWorkers: 70_000 }, RangeError, '"maxWorkers" is 70000, a whole number from 1 to 65536 is wanted'],
    [{ maxWorkers: 1.5 }, RangeError, '"maxWorkers" is 1.5'],
    [{ maxWorkers: "2" as never }, TypeError, '"maxWorkers" is "2"'],
    [4 as never, TypeError, "the options are 4, wanted { maxWorkers: 4 }"],
    [{ workers: 2 } as never, TypeError, '"workers" is not an option of an executor, wanted "maxWorkers"'],
    [{ max_workers: 2 } as never, TypeError, 'wanted "maxWorkers"'],
    [{ processes: 2 } as never, TypeError, 'wanted "maxWorkers"'],
    [{ maxTasksPerChild: 0 }, RangeError, "maxTasksPerChild"],
    [{ initializer: 3 as never }, TypeError, "initializer"],
    [{ onWorkerExit: "ignore" as never }, TypeError, "onWorkerExit"],
    [{ sentAhead: true } as never, TypeError, "sentAhead"],
  ];
  for (const [options, errorClass, text] of cases) {
    assertThrows(() => new ProcessPoolExecutor(options), errorClass, text);
  }
});

Deno.test("ProcessPoolExecutor.map() and shutdown() name the option that was meant", async () => {
  const executor = new ProcessPoolExecutor({ maxWorkers: 1 });
  assertThrows(() => executor.map(square, [1], { chunksize: 2 } as never), TypeError, 'wanted "chunkSize"');
  await assertRejects(() => executor.shutdown({ cancel_futures: true } as never), TypeError, 'wanted "cancelFutures"');
  await executor.shutdown();
});

Deno.test("ProcessPoolExecutor runs its initializer in every worker", () =>
  withExecutor(
    {
      maxWorkers: 2,
      module: fixture("initialize"),
      initializer: initialize,
      initArgs: ["initialized"],
      permissions: GATE_PERMISSIONS,
    },
    async (executor) => {
      using gate = new Gate();
      const held = executor.submit(hold<number>, gate.port, 1);
      await gate.arrived();
      const there = await executor.submit(tellSettings);
      const other = executor.submit(hold<number>, gate.port, 1);
      await gate.arrived(2);
      gate.open();
      await Promise.all([held, other]);
      const told = await Promise.all(range(10).map(() => executor.submit(tellSettings)));
      for (const [, ...settings] of [there, ...told]) assertEquals(settings, ["initialized"]);
    },
  ));

// --- workers

Deno.test("ProcessPoolExecutor starts no more than maxWorkers when more tasks are blocked", () =>
  withExecutor({ maxWorkers: 2, permissions: GATE_PERMISSIONS }, async (executor, log) => {
    using gate = new Gate();
    const futures = range(30).map((index) => executor.submit(hold<number>, gate.port, index));
    for (let left = 30; left > 0; left -= 2) {
      await gate.arrived(2);
      assertEquals(futures.filter((future) => future.running()).length, 2);
      gate.open();
    }
    assertEquals(await Promise.all(futures), range(30));
    assertEquals(log.pids.length, 2);
  }));

Deno.test("ProcessPoolExecutor uses one worker for tasks that follow one another", () =>
  withExecutor({ maxWorkers: 3 }, async (executor, log) => {
    const pids = [];
    for (let call = 0; call < 3; call++) pids.push(await executor.submit(pid));
    assertEquals(new Set(pids), new Set(log.pids));
    assertEquals(log.pids.length, 1);
  }));

Deno.test("ProcessPoolExecutor starts at most maxWorkers for a mixed load", () =>
  withExecutor({ maxWorkers: 3 }, async (executor, log) => {
    await executor.submit(square, 12);
    await Promise.all(range(20).map((x) => executor.submit(square, x)));
    await executor.submit(square, 7);
    assertLessOrEqual(log.pids.length, 3);
  }));

Deno.test("ProcessPoolExecutor replaces a worker after maxTasksPerChild tasks", () =>
  withExecutor({ maxWorkers: 1, maxTasksPerChild: 3 }, async (executor, log) => {
    const pids = [];
    for (let call = 0; call < 4; call++) pids.push(await executor.submit(pid));
    assertEquals(new Set(pids.slice(0, 3)).size, 1);
    assertNotEquals(pids[3], pids[2]);
    assertEquals(log.pids.filter(isAlive), [pids[3]]);
  }));

Deno.test("ProcessPoolExecutor works off a backlog that is longer than its workers may do", async () => {
  for (const [maxWorkers, maxTasksPerChild, tasks] of [[2, 2, 6], [1, 1, 5]] as const) {
    await withExecutor({ maxWorkers, maxTasksPerChild }, async (executor, log) => {
      const futures = range(tasks).map((x) => executor.submit(square, x));
      assertEquals(await Promise.all(futures), range(tasks).map(square));
      assertEquals(log.of("spawn").length >= tasks / maxTasksPerChild, true);
    });
  }
});
