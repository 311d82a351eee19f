// Kind: end-to-end, but no worker is started. Options that are not what their names say.
import { assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { Pool, type PoolOptions, ProcessPoolExecutor } from "../../mod.ts";
import { square } from "../fixtures/compute.ts";

const POOL_OPTIONS: [options: unknown, message: string][] = [
  [4, "Cannot make a pool: the options are 4, wanted { workers: 4 }"],
  [null, "Cannot make a pool: the options are null"],
  [[], "an object is wanted"],
  ["4", "an object is wanted"],
  [{ processes: 4 }, '"processes" is not an option of a pool, wanted "workers"'],
  [{ maxWorkers: 4 }, 'wanted "workers"'],
  [{ Workers: 4 }, 'wanted "workers"'],
  [{ taskTimeout: 4 }, 'wanted "taskTimeoutMs"'],
  [{ max_tasks_per_child: 4 }, 'wanted "maxTasksPerChild"'],
  [{ initargs: [] }, 'wanted "initArgs"'],
  [{ permission: {} }, '"permission" is not an option of a pool, wanted "permissions"'],
  [{ worker: 2 }, 'wanted "workers"'],
  [{ retires: 2 }, 'wanted "retries"'],
  [{ memoryLimit: 64 }, 'wanted "memoryLimitMiB"'],
  [{ colour: "red" }, '"colour" is not an option of a pool'],
];

for (const [options, message] of POOL_OPTIONS) {
  Deno.test(`new Pool(${JSON.stringify(options)}) throws TypeError`, () => {
    assertStringIncludes(assertThrows(() => new Pool(options as PoolOptions), TypeError).message, message);
  });
}

const CALL_OPTIONS: [options: object, message: string][] = [
  [{ timeout: 5 }, '"timeout" is not an option of a task, wanted "timeoutMs"'],
  [{ timeoutMS: 5 }, 'wanted "timeoutMs"'],
  [{ abortSignal: undefined }, 'wanted "signal"'],
  [{ on_progress: () => {} }, 'wanted "onProgress"'],
  [{ chunkSize: 5 }, '"chunkSize" is not an option of a task'],
];

for (const [options, message] of CALL_OPTIONS) {
  Deno.test(`Pool.apply() with ${Object.keys(options)} rejects with TypeError`, async () => {
    await using pool = new Pool({ workers: 1 });
    const error = await assertRejects(() => pool.apply(square, [1], options), TypeError);
    assertStringIncludes((error as Error).message, message);
  });
}

Deno.test("Pool.map(), imap() and their kin reject options that they do not have", async () => {
  await using pool = new Pool({ workers: 1 });
  const wrong = { chunksize: 2 } as object;
  const calls: (() => unknown)[] = [
    () => pool.map(square, [1], wrong),
    () => pool.mapAsync(square, [1], wrong),
    () => pool.imap(square, [1], wrong),
    () => pool.imapUnordered(square, [1], wrong),
  ];
  for (const call of calls) {
    const error = await assertRejects(async () => await call(), TypeError);
    assertStringIncludes((error as Error).message, 'wanted "chunkSize"');
  }
  await assertRejects(() => pool.map(square, [1], { bufferSize: 2 } as object), TypeError, "not an option of map");
  await assertRejects(() => pool.map(square, [1], { runId: "a" }), TypeError, 'needs "chunkSize"');
  await assertRejects(
    () => pool.map(square, [1], { runId: "a", chunkSize: 1 }),
    TypeError,
    "no meaning on this machine",
  );
});

Deno.test("Pool.starmap() says which item is not a list of arguments", async () => {
  await using pool = new Pool({ workers: 1 });
  const starmap = (items: unknown) => pool.starmap(Math.max, items as Iterable<[number]>);
  await assertRejects(() => starmap([1, 2]), TypeError, "item 0 is a number, a list of arguments is wanted");
  await assertRejects(() => starmap([[1], "ab"]), TypeError, "item 1 is a string");
  await assertRejects(() => starmap([[1], [2], null]), TypeError, "item 2 is null");
  await assertRejects(() => starmap([{ a: 1 }]), TypeError, "item 0 is an object");
});

Deno.test("ProcessPoolExecutor rejects options that it does not have", async () => {
  assertThrows(() => new ProcessPoolExecutor({ processes: 4 } as object), TypeError, "not an option of an executor");
  await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
  assertThrows(() => executor.submitWith({ timeout: 5 } as object, square, 1), TypeError, 'wanted "timeoutMs"');
});

Deno.test("Pool.observe() refuses anything that is not an observer, and goes on with those that it has", async () => {
  await using pool = new Pool({ workers: 1 });
  const wrong: [observer: unknown, message: string][] = [
    [() => {}, "the observer is not an object"],
    [{ settled: 1 }, '"settled" is number, a function is wanted'],
    [{ setled: () => {} }, '"setled" is not an event of a pool, known are submitted'],
  ];
  for (const [observer, message] of wrong) assertThrows(() => pool.observe(observer as never), TypeError, message);
  const outcomes: unknown[] = [];
  pool.observe({ settled: (_, outcome) => void outcomes.push(outcome) });
  await pool.apply(square, [3]);
  assertStringIncludes(outcomes.join(), "completed");
});
