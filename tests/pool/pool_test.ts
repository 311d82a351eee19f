// End-to-end tests of Pool: calls, maps, results, errors, and which function runs.
import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertLess,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { fileURLToPath } from "node:url";
import {
  CancelledError,
  EncodingError,
  FunctionNotFoundError,
  PayloadTooLargeError,
  Pool,
  PoolClosedError,
  type PoolOptions,
  type TaskOptions,
  TimeoutError,
} from "../../mod.ts";
import * as compute from "../fixtures/tasks/compute.ts";
import { countCalls, moduleUrl } from "../fixtures/tasks/count_calls.ts";
import { hold, holdThenThrow } from "../fixtures/tasks/hold.ts";
import { throwUploadError, throwValue } from "../fixtures/tasks/throw_errors.ts";
import { catchErrors } from "../helpers/pools/catch_errors.ts";
import { within } from "../helpers/simulated/clock.ts";
import { CountedInput } from "../helpers/simulated/counted_input.ts";
import { EventLog } from "../helpers/pools/events.ts";
import { Gate, GATE_PERMISSIONS } from "../helpers/pools/gate.ts";
import { assertNoWorkerLeft, assertServes, withPool } from "../helpers/pools/with_pool.ts";

const HOLD = import.meta.resolve("../fixtures/tasks/hold.ts");
const COMPUTE = import.meta.resolve("../fixtures/tasks/compute.ts");
const COUNT_CALLS = import.meta.resolve("../fixtures/tasks/count_calls.ts");
const THROW_ERRORS = import.meta.resolve("../fixtures/tasks/throw_errors.ts");

// --- one call

Deno.test("Pool.apply() gives the result of the call", () =>
  withPool({ workers: 1 }, async (pool) => {
    assertEquals(await pool.apply((a: number, b: number) => a - b, [7, 5]), 2);
    assertEquals(await pool.apply(() => "no arguments"), "no arguments");
    assertEquals(await pool.apply(async (x: number) => await Promise.resolve(x + 1), [1]), 2);
    assertEquals(await pool.apply(() => undefined), undefined);
    const odd = { when: new Date(5), bytes: new Uint8Array([1, 2]), big: 2n ** 70n, map: new Map([[NaN, -0]]) };
    assertEquals(await pool.apply((value: typeof odd) => value, [odd]), odd);
  }));

Deno.test("Pool.apply() rejects with TypeError when the arguments are not an array", () =>
  withPool({ workers: 1 }, async (pool) => {
    await assertRejects(() => pool.apply(Math.sqrt, 4 as never), TypeError, "the arguments must be an array");
    await assertRejects(() => pool.apply(5 as never), TypeError, "Cannot run number 5");
    await assertRejects(() => pool.apply(null as never), TypeError, "Cannot run null");
  }));

Deno.test("Pool.applyAsync() returns a result that can be awaited and asked", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const result = pool.applyAsync(hold<string>, [gate.port, "done"]);
    await gate.arrived();
    assertFalse(result.ready());
    assertThrows(() => result.successful(), Error, "the result is not ready");
    assertFalse(await within(1000, () => result.wait(10)));
    await within(1000, () => assertRejects(() => result.get(10), TimeoutError, "not ready after 10 ms"));
    assertFalse(await result.wait(0));
    gate.open();
    assert(await result.wait());
    assert(result.ready() && result.successful());
    assertEquals([await result, await result.get(), await result.get(0)], ["done", "done", "done"]);
  }));

Deno.test("AsyncResult.successful() is false when the task threw", () =>
  withPool({ workers: 1 }, async (pool) => {
    const result = pool.applyAsync(throwValue, [new RangeError("too far")]);
    assert(await result.wait(10_000));
    assert(result.ready());
    assertFalse(result.successful());
    await assertRejects(() => result.get(), RangeError, "too far");
    await assertRejects(() => Promise.resolve(result), RangeError, "too far");
  }));

Deno.test("Pool.applyAsync() tells the callbacks before the waiters, once", () =>
  withPool({ workers: 1 }, async (pool) => {
    const order: unknown[] = [];
    const good = pool.applyAsync(Math.sqrt, [9], {
      callback: (value) => order.push("callback", value),
      errorCallback: () => order.push("wrong"),
    });
    await good.then((value) => order.push("waiter", value));
    const bad = pool.applyAsync(throwValue, [new Error("bad")], {
      callback: () => order.push("wrong"),
      errorCallback: (error) => order.push("errorCallback", (error as Error).message),
    });
    await bad.then(undefined, (error) => order.push("waiter", (error as Error).message));
    assertEquals(order, ["callback", 3, "waiter", 3, "errorCallback", "bad", "waiter", "bad"]);
  }));

Deno.test("Pool.applyAsync() reports a callback that throws, and the result is unharmed", () =>
  withPool({ workers: 1 }, async (pool) => {
    const reported: [string, unknown][] = [];
    using _ = catchErrors((text, error) => reported.push([text, error]));
    const fault = new Error("the callback's fault");
    const callback = (): never => {
      throw fault;
    };
    assertEquals(await pool.applyAsync(Math.sqrt, [16], { callback }), 4);
    await assertRejects(
      () => pool.applyAsync(throwValue, [new Error("bad")], { errorCallback: callback }).get(),
      Error,
      "bad",
    );
    assertEquals(reported, [
      ["Error in the callback of a pool, which goes on:", fault],
      ["Error in the errorCallback of a pool, which goes on:", fault],
    ]);
    await assertServes(pool);
  }));

// --- many calls

Deno.test("Pool.map() and Pool.starmap() give the results in the order of the items", () =>
  withPool({ workers: 2 }, async (pool) => {
    const items = Array.from({ length: 1000 }, (_, index) => index);
    const squares = items.map(compute.square);
    for (const chunkSize of [undefined, 1, 7, 1000, 5000]) {
      const options = chunkSize === undefined ? {} : { chunkSize };
      assertEquals(await pool.map(compute.square, items, options), squares);
      assertEquals(await pool.map(compute.twice, new Set(items), options), items.map((x) => 2 * x));
      assertEquals(await pool.starmap(Math.pow, items.map((x): [number, number] => [x, 2]), options), squares);
    }
    assertEquals(await pool.mapAsync(compute.square, items).get(), squares);
    assertEquals(await pool.starmapAsync(compute.add, [[1, 2], [3, 4]]), [3, 7]);
  }));

Deno.test("Pool.map() reads generators and async iterables", () =>
  withPool({ workers: 2 }, async (pool) => {
    function* numbers(): Generator<number> {
      for (let n = 0; n < 500; n++) yield n;
    }
    async function* later(): AsyncGenerator<number> {
      for (const n of numbers()) yield await Promise.resolve(n);
    }
    const squares = [...numbers()].map(compute.square);
    assertEquals(await pool.map(compute.square, numbers()), squares);
    assertEquals(await pool.map(compute.square, later()), squares);
    assertEquals(await pool.map(compute.square, later(), { chunkSize: 100 }), squares);
  }));

Deno.test("Pool gives nothing for an empty input", () =>
  withPool({ workers: 1 }, async (pool, log) => {
    assertEquals(await pool.map(Math.sqrt, []), []);
    assertEquals(await pool.map(Math.sqrt, [], { chunkSize: 10 }), []);
    assertEquals(await pool.starmap(Math.pow, []), []);
    assertEquals(await pool.mapAsync(Math.sqrt, []).get(), []);
    assertEquals(await Array.fromAsync(pool.imap(Math.sqrt, [])), []);
    assertEquals(await Array.fromAsync(pool.imapUnordered(Math.sqrt, new Set<number>())), []);
    assertEquals(log.pids, []);
  }));

Deno.test("Pool.mapAsync() calls its callback once with all results, its errorCallback once with the error", () =>
  withPool({ workers: 2 }, async (pool) => {
    const told: unknown[] = [];
    await pool.mapAsync(compute.square, [1, 2, 3], { callback: (all) => told.push(all) });
    const failing = (x: number): number => {
      if (x > 1) throw new RangeError(`item ${x}`);
      return x;
    };
    await pool.mapAsync(failing, [1, 2], { errorCallback: (error) => told.push((error as Error).message) }).wait();
    assertEquals(told, [[1, 4, 9], "item 2"]);
  }));

Deno.test("Pool.map() rejects with the input's own error when the input throws", () =>
  withPool({ workers: 2 }, async (pool) => {
    const fault = new SyntaxError("the input's fault");
    function* throwsAt(index: number): Generator<number> {
      for (let n = 0;; n++) {
        if (n === index) throw fault;
        yield n;
      }
    }
    async function* later(index: number): AsyncGenerator<number> {
      for (const n of throwsAt(index)) yield await Promise.resolve(n);
    }
    for (const index of [0, 3]) {
      for (const chunkSize of [1, 2]) {
        assertStrictEquals(await pool.map(compute.square, throwsAt(index), { chunkSize }).catch((e) => e), fault);
        assertStrictEquals(await pool.map(compute.square, later(index), { chunkSize }).catch((e) => e), fault);
      }
    }
    await assertServes(pool);
  }));

Deno.test("Pool.map() rejects with the first error after what had started has ended, and closes the input", () =>
  withPool({ workers: 2, module: HOLD, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    let pulled = 0;
    let closed = false;
    function* inputs(): Generator<[number, string]> {
      try {
        for (;; pulled++) yield [gate.port, `item ${pulled}`];
      } finally {
        closed = true;
      }
    }
    let rejected = false;
    const failed = assertRejects(() => pool.starmap(holdThenThrow, inputs(), { chunkSize: 1 }), Error, "item ")
      .then((error) => (rejected = true, error));
    await gate.arrived(2);
    assertFalse(rejected);
    gate.open();
    assertMatch((await failed).message, /^item [01]$/);
    assert(closed);
    assertLess(pulled, 20);
    await assertServes(pool);
  }));

Deno.test("Pool.map() waits for all chunks when items fail with large errors, and the pool ends", () =>
  withPool({ workers: 2 }, async (pool) => {
    const fail = (): never => {
      throw Object.assign(new Error("large"), { payload: "x".repeat(1024 * 1024) });
    };
    await assertRejects(() => pool.map(fail, [1, 2, 3, 4, 5, 6], { chunkSize: 1 }), Error, "large");
    await assertServes(pool);
  }));

Deno.test("Pool.map() rejects with TypeError when the input cannot be iterated", () =>
  withPool({ workers: 1 }, async (pool) => {
    for (const input of [5, null, undefined, {}]) {
      await assertRejects(() => pool.map(Math.sqrt, input as never), TypeError, "Cannot iterate");
      assertThrows(() => pool.imap(Math.sqrt, input as never), TypeError, "Cannot iterate");
    }
    await assertServes(pool);
  }));

Deno.test("Pool.map() rejects with the signal's reason when it is aborted, and closes the input", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    let closed = 0;
    function* inputs(): Generator<[number, number]> {
      try {
        for (let n = 0;; n++) yield [gate.port, n];
      } finally {
        closed++;
      }
    }
    const controller = new AbortController();
    const result = pool.starmap(hold<number>, inputs(), { signal: controller.signal, chunkSize: 1 });
    await gate.arrived();
    const reason = new Error("changed my mind");
    controller.abort(reason);
    assertStrictEquals(await result.catch((error) => error), reason);
    assertEquals(closed, 1);
    const late = pool.map(Math.sqrt, [1], { signal: controller.signal });
    assertStrictEquals(await late.catch((error) => error), reason);
    gate.open();
    await assertServes(pool);
  }));

// --- options

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

// --- which function runs

Deno.test("Pool runs an export of its module by name", () =>
  withPool<typeof compute>({ workers: 1, module: COMPUTE }, async (pool) => {
    assertEquals(await pool.apply("square", [4]), 16);
    assertEquals(await pool.apply("twice", [4]), 8);
    assertEquals(await pool.applyAsync("add", [4, 5]), 9);
    assertEquals(await pool.map("square", [1, 2]), [1, 4]);
    assertEquals(await pool.starmap("add", [[1, 2], [3]]), [3, 3]);
    assertEquals(await Array.fromAsync(pool.imap("square", [1, 2])), [1, 4]);
  }));

Deno.test("Pool runs an exported function that is passed as a value by reference", () =>
  withPool({ workers: 1, module: COUNT_CALLS }, async (pool) => {
    assertEquals(await pool.apply(countCalls), 1);
    assertEquals(await pool.apply(countCalls), 2);
    assertEquals(await pool.apply("countCalls"), 3);
    assertEquals(await pool.apply(moduleUrl), COUNT_CALLS);
    assertEquals(await pool.apply("isMain"), false);
  }));

Deno.test("Pool runs a self-contained function of any form", () =>
  withPool({ workers: 1 }, async (pool) => {
    const holder = {
      method(x: number): number {
        return x + 1;
      },
      async later(x: number): Promise<number> {
        return await Promise.resolve(x + 2);
      },
      ["computed name"](x: number): number {
        return x + 3;
      },
      async: (x: number): number => x + 4,
      get(x: number): number {
        return x + 5;
      },
    };
    function named(x: number): number {
      return x === 0 ? 0 : 1 + named(x - 1);
    }
    class Tools {
      static help(x: number): number {
        return x + 6;
      }
      work(x: number): number {
        return x + 7;
      }
    }
    const results = [
      await pool.apply(holder.method, [1]),
      await pool.apply(holder.later, [1]),
      await pool.apply(holder["computed name"], [1]),
      await pool.apply(holder.async, [1]),
      await pool.apply(holder.get, [1]),
      await pool.apply(Tools.help, [1]),
      await pool.apply(new Tools().work, [1]),
      await pool.apply(named, [9]),
      await pool.apply(function (x: number) {
        return x + 9;
      }, [1]),
      await pool.apply(async (x: number) => await Promise.resolve(x + 10), [1]),
    ];
    assertEquals(results, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  }));

Deno.test("Pool runs built-ins", () =>
  withPool({ workers: 1 }, async (pool) => {
    assertEquals(await pool.map(Math.sqrt, [1, 4]), [1, 2]);
    assertEquals(await pool.apply(JSON.parse, ["[1]"]), [1]);
    assertEquals(await pool.apply(structuredClone, [{ a: 1 }]), { a: 1 });
    assertEquals(await pool.apply(Object.keys, [{ a: 1 }]), ["a"]);
    assertEquals(await pool.apply(parseInt, ["ff", 16]), 255);
  }));

Deno.test("Pool says in a ReferenceError why a function cannot see variables outside itself", () =>
  withPool({ workers: 1 }, async (pool) => {
    const outside = 5;
    const usesOutside = (x: number): number => x + outside;
    const hint = "is not an export of the pool's module";
    await assertRejects(() => pool.apply(usesOutside, [1]), ReferenceError, `usesOutside ${hint}`);
    await assertRejects(() => pool.map(usesOutside, [1]), ReferenceError, hint);
    const later = async (): Promise<number> => await Promise.resolve(outside);
    await assertRejects(() => pool.apply(later), ReferenceError, "outside is not defined");
  }));

Deno.test("Pool rejects with FunctionNotFoundError when there is nothing to run", () =>
  withPool({ workers: 1, module: COMPUTE }, async (pool) => {
    await assertRejects(() => pool.apply("squar"), FunctionNotFoundError, '"square"');
    await assertRejects(() => pool.apply("toString"), FunctionNotFoundError, "the module has no such export");
    await assertRejects(() => pool.apply("notAFunction"), FunctionNotFoundError, "the export is not a function");
    await assertRejects(() => pool.map("nothing", [1, 2]), FunctionNotFoundError);
    await assertRejects(() => pool.apply(compute.add.bind(null), [1]), FunctionNotFoundError, "bound or native");
    await assertServes(pool);
    await withPool({ workers: 1 }, async (bare, log) => {
      await assertRejects(() => bare.apply("square"), FunctionNotFoundError, "a name needs a module");
      assertEquals(log.pids, []);
    });
  }));

// --- what cannot travel

Deno.test("Pool refuses arguments that cannot travel at once, and nothing else is lost", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const running = pool.apply(hold<number>, [gate.port, 1]);
    const waiting = pool.apply(Math.sqrt, [4]);
    await gate.arrived();
    const bad = { rows: [1, 2, 3, { when: () => 5 }] };
    const identity = (value: unknown): unknown => value;
    const error = await assertRejects(() => pool.apply(identity, [bad]), EncodingError, "a function");
    assertEquals(error.path, "$[0].rows[3].when");
    assertThrows(() => pool.applyAsync(identity, [Symbol("s")]), EncodingError, "a symbol");
    class Point {
      x = 1;
    }
    const mapped = await assertRejects(() => pool.map(identity, [1, 2, new Point()]), EncodingError, "Point");
    assertEquals(mapped.path, "$[2]");
    gate.open();
    assertEquals([await running, await waiting], [1, 2]);
  }));

Deno.test("Pool refuses arguments that are too large, and the worker goes on", () =>
  withPool({ workers: 1, maxFrameBytes: 100_000 }, async (pool, log) => {
    const length = (text: string): number => text.length;
    await assertRejects(() => pool.apply(length, ["x".repeat(200_000)]), PayloadTooLargeError, "100000");
    const count = (bytes: Uint8Array): number => bytes.length;
    await assertRejects(() => pool.apply(count, [new Uint8Array(200_000)]), PayloadTooLargeError);
    await assertRejects(() => pool.apply((size: number) => "x".repeat(size), [200_000]), PayloadTooLargeError);
    await assertRejects(() => pool.apply(length, ["ä".repeat(60_000)]), PayloadTooLargeError);
    await assertRejects(() => pool.apply(() => "ä".repeat(60_000)), PayloadTooLargeError);
    await assertRejects(() => pool.map(length, ["x".repeat(200_000)]), PayloadTooLargeError);
    await assertRejects(() => pool.apply(new Function(`"${"x".repeat(100_000)}"`) as () => void), PayloadTooLargeError);
    for (const text of ["x".repeat(99_000), "ä".repeat(49_500), "\u0001".repeat(16_000)]) {
      assertEquals(await pool.apply(length, [text]), text.length);
      assertEquals(await pool.apply((text: string) => text, [text]), text);
    }
    const texts = Array.from({ length: 100 }, (_, index) => "ä".repeat(20_000) + index);
    assertEquals(await Promise.all(texts.map((text) => pool.apply(length, [text]))), texts.map(length));
    assertEquals(log.pids.length, 1);
  }));

Deno.test("Pool rejects with EncodingError when a result cannot travel, and the worker survives", () =>
  withPool({ workers: 1 }, async (pool, log) => {
    for (let round = 0; round < 20; round++) {
      const error = await assertRejects(() => pool.apply(() => ({ list: [() => 1] })), EncodingError);
      assertEquals(error.path, "$.list[0]");
    }
    await assertRejects(() => pool.map((x: number) => x > 1 ? Symbol("s") : x, [1, 2]), EncodingError);
    await assertServes(pool);
    assertEquals(log.pids.length, 1);
  }));

// --- errors

Deno.test("Pool.apply() rejects with the task's error as itself", () =>
  withPool({ workers: 1, module: THROW_ERRORS }, async (pool) => {
    const error = await assertRejects(() => pool.apply(throwUploadError, [507]), RangeError, "upload failed with 507");
    assertEquals(error.name, "UploadError");
    const { code, rows } = error as unknown as { code: number; rows: number[] };
    assertEquals([code, rows], [507, [1, 2]]);
    assertInstanceOf(error.cause, TypeError);
    assertEquals(error.cause.message, "the root");
    const notFound = await assertRejects(() => pool.apply(() => Deno.readTextFileSync("/etc/passwd")));
    assertInstanceOf(notFound, Deno.errors.NotCapable);
    const all = await assertRejects(() => pool.apply(throwValue, [new AggregateError([new URIError("u")], "all")]));
    assertInstanceOf(all, AggregateError);
    assertInstanceOf(all.errors[0], URIError);
    await assertRejects(() => pool.map(throwValue, [new TypeError("t")]), TypeError, "t");
  }));

Deno.test("Pool puts the caller's stack above the worker's", () =>
  withPool({ workers: 1, module: THROW_ERRORS }, async (pool) => {
    async function callerOfApply(): Promise<void> {
      await pool.apply(throwUploadError, [1]);
    }
    async function callerOfMap(): Promise<void> {
      await pool.map(throwUploadError, [1]);
    }
    for (const caller of [callerOfApply, callerOfMap]) {
      const { stack } = await assertRejects(caller, RangeError);
      const places = [caller.name, "in the worker", "throw_errors.ts"].map((text) => stack!.indexOf(text));
      assert(places.every((place) => place > 0), stack);
      assertEquals(places, places.toSorted((a, b) => a - b), stack);
      assertMatch(stack!, /^UploadError: upload failed with 1\n/);
    }
  }));

Deno.test("Pool leaves the stack of a caller's own error alone", () =>
  withPool({ workers: 2, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error("changed my mind");
    const fault = new Error("the input's fault");
    const stacks = [reason.stack, fault.stack];
    const calls = [1, 2, 3].map(() => pool.apply(hold<number>, [gate.port, 1], { signal }).catch((error) => error));
    await gate.arrived(2);
    controller.abort(reason);
    for (const error of await Promise.all(calls)) assertStrictEquals(error, reason);
    assertStrictEquals(
      await pool.map(Math.sqrt, new CountedInput().failingAt(0, fault)).catch((error) => error),
      fault,
    );
    assertEquals([reason.stack, fault.stack], stacks);
    gate.open();
  }));

Deno.test("Pool rejects with thrown values that are not errors", () =>
  withPool({ workers: 1 }, async (pool) => {
    for (const value of [undefined, 0, "", null, NaN, "text", { code: 5 }]) {
      const wrapped = { value };
      assertEquals(await pool.apply(throwValue, [value]).then(() => "resolved", (value) => ({ value })), wrapped);
      const later = async (value: unknown): Promise<never> => {
        await Promise.resolve();
        throw value;
      };
      assertEquals(await pool.apply(later, [value]).then(() => "resolved", (value) => ({ value })), wrapped);
      assertEquals(await pool.map(throwValue, [value]).then(() => "resolved", (value) => ({ value })), wrapped);
      const iterator = pool.imap(throwValue, [value]);
      assertEquals(await iterator.next().then(() => "resolved", (value) => ({ value })), wrapped);
      assertEquals((await iterator.next()).done, true);
    }
    const result = pool.applyAsync(throwValue, [undefined]);
    assertEquals([await result.wait(), result.successful()], [true, false]);
    assertEquals(await result.get().then(() => "resolved", (value) => ({ value })), { value: undefined });
  }));

Deno.test("Pool.apply() rejects when the thrown value cannot travel, and the worker survives", () =>
  withPool({ workers: 1 }, async (pool, log) => {
    const throwFunction = (): never => {
      throw () => 1;
    };
    await assertRejects(() => pool.apply(throwFunction), EncodingError);
    await assertRejects(() => pool.map(throwFunction, [1]), EncodingError);
    const throwOdd = (): never => {
      throw Object.assign(new TypeError("odd"), { field: () => 1, kept: 2 });
    };
    const odd = await assertRejects(() => pool.apply(throwOdd), TypeError, "odd");
    assertEquals({ ...odd } as unknown, { kept: 2 });
    await assertServes(pool);
    assertEquals(log.pids.length, 1);
  }));

// --- close, terminate, join

Deno.test("Pool refuses work when it was closed, and finishes what it had accepted", async () => {
  const log = new EventLog();
  const pool = new Pool({ workers: 2, onEvent: log.listener });
  const accepted = pool.map(compute.square, [1, 2, 3]);
  pool.close();
  pool.close();
  await assertRejects(() => pool.apply(Math.sqrt, [4]), PoolClosedError, "closed");
  assertThrows(() => pool.applyAsync(Math.sqrt, [4]), PoolClosedError);
  await assertRejects(() => pool.map(Math.sqrt, [4]), PoolClosedError);
  assertThrows(() => pool.mapAsync(Math.sqrt, [4]), PoolClosedError);
  assertThrows(() => pool.imap(Math.sqrt, [4]), PoolClosedError);
  await assertRejects(() => pool.ready(), PoolClosedError);
  assertEquals(await accepted, [1, 4, 9]);
  await pool.join();
  await pool.join();
  assertNoWorkerLeft(pool, log);
});

Deno.test("Pool.join() rejects when the pool is open", () =>
  withPool({ workers: 1 }, async (pool) => {
    await assertRejects(() => pool.join(), Error, "Cannot join pool: it is running");
    await assertServes(pool);
  }));

Deno.test("Pool finishes accepted work at the end of an await using scope", async () => {
  const log = new EventLog();
  let pool: Pool;
  let result: Promise<number>;
  {
    await using scoped = new Pool({ workers: 1, onEvent: log.listener });
    pool = scoped;
    result = scoped.apply(Math.sqrt, [81]);
  }
  assertEquals(await result, 9);
  await assertRejects(() => pool.apply(Math.sqrt, [4]), PoolClosedError);
  assertNoWorkerLeft(pool, log);
});

Deno.test("Pool.terminate() cancels what runs and what waits", async () => {
  using gate = new Gate();
  const log = new EventLog();
  const pool = new Pool({ workers: 1, permissions: GATE_PERMISSIONS, onEvent: log.listener });
  const running = pool.apply(hold<number>, [gate.port, 1]).catch((error) => error);
  const waiting = pool.apply(Math.sqrt, [4]).catch((error) => error);
  const mapped = pool.map(Math.sqrt, [4]).catch((error) => error);
  const iterator = pool.imap(Math.sqrt, [4]);
  await gate.arrived();
  await within(1000, () => pool.terminate());
  for (const error of [await running, await waiting, await mapped]) assertInstanceOf(error, CancelledError);
  await assertRejects(() => iterator.next(), CancelledError);
  await assertRejects(() => pool.apply(Math.sqrt, [4]), PoolClosedError, "terminated");
  await pool.terminate();
  await pool.join();
  assertNoWorkerLeft(pool, log);
});

Deno.test("Pool.terminate(), Pool.close() and Pool.join() do nothing harmful on a pool that never worked", async () => {
  const terminated = new Pool({ workers: 2 });
  await terminated.terminate();
  await terminated.join();
  const closed = new Pool({ workers: 2 });
  closed.close();
  await closed.join();
  await closed.terminate();
});

Deno.test("Pool.map() hands out a large chunk before it encodes the next", async () => {
  const events: string[] = [];
  const record = (item: number): { readonly text: string } => ({
    get text() {
      if (events.at(-1) !== `encode ${item}`) events.push(`encode ${item}`);
      return "x".repeat(200_000);
    },
  });
  await withPool({ workers: 2 }, async (pool) => {
    pool.observe({ sent: () => void events.push("hand out") });
    await pool.ready();
    const lengths = await pool.map(({ text }) => text.length, [1, 2, 3, 4].map(record), { chunkSize: 1 });
    assertEquals(lengths, [200_000, 200_000, 200_000, 200_000]);
  });
  assertEquals(events.slice(0, 4), ["encode 1", "hand out", "encode 2", "hand out"]);
});
