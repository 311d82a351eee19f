// End-to-end tests of ProcessPoolExecutor: submit(), map(), its options and its workers.
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  EncodingError,
  type ExecutorMapOptions,
  type ExecutorOptions,
  FunctionNotFoundError,
  ProcessPoolExecutor,
  TaskTimeoutError,
  TimeoutError,
} from "../../mod.ts";
import { add, pid, square } from "../fixtures/tasks/compute.ts";
import { heedAbort } from "../fixtures/tasks/heed_abort.ts";
import { hold } from "../fixtures/tasks/hold.ts";
import { initialize, tellSettings } from "../fixtures/tasks/initialize.ts";
import { throwValue } from "../fixtures/tasks/throw_errors.ts";
import { within } from "../helpers/simulated/clock.ts";
import { CountedInput } from "../helpers/simulated/counted_input.ts";
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
  for (const [maxWorkers, maxTasksPerChild, tasks] of [[1, 2, 6], [2, 2, 8], [1, 1, 20]] as const) {
    await withExecutor({ maxWorkers, maxTasksPerChild }, async (executor, log) => {
      const futures = range(tasks).map((x) => executor.submit(square, x));
      assertEquals(await Promise.all(futures), range(tasks).map(square));
      assertEquals(log.of("spawn").length >= tasks / maxTasksPerChild, true);
    });
  }
});

// --- map()

Deno.test("ProcessPoolExecutor.map() takes items from several inputs, and the shortest decides", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    assertEquals(await Array.fromAsync(executor.map(Math.pow, range(10), range(10))), range(10).map((x) => x ** x));
    assertEquals(await Array.fromAsync(executor.map(Math.pow, [1, 2, 3], new Set([2, 3]), { chunkSize: 3 })), [1, 8]);
    const long = new CountedInput();
    assertEquals(await Array.fromAsync(executor.map(add, long, [10, 20])), [10, 21]);
    assert(long.closed);
    const later = new CountedInput();
    assertEquals(await Array.fromAsync(executor.map(add, later.later(), [10, 20], { chunkSize: 2 })), [10, 21]);
    assert(later.closed);
    assertEquals(await Array.fromAsync(executor.map((a, b, c) => a + b + c, "ab", "cd", ["e", "f"])), ["ace", "bdf"]);
  }));

Deno.test("ProcessPoolExecutor.map() gives the same whatever the chunk size", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    const expected = range(100).map((x) => x ** 2);
    for (const chunkSize of [1, 6, 40, 50, 200]) {
      assertEquals(await Array.fromAsync(executor.map(square, range(100), { chunkSize })), expected);
      assertEquals(
        await Array.fromAsync(executor.map(Math.pow, range(100), Array(100).fill(2), { chunkSize })),
        expected,
      );
    }
  }));

Deno.test("ProcessPoolExecutor.map() gives the results before an error, then the error, and goes on", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    const inverse = (x: number): number => {
      if (x === 0) throw new RangeError("divided by zero");
      return 1 / x;
    };
    for (const options of [{}, { chunkSize: 3 }, { bufferSize: 1 }]) {
      const iterator = executor.map(inverse, [1, 2, 0, 4], options);
      assertEquals(await iterator.next(), { done: false, value: 1 });
      assertEquals(await iterator.next(), { done: false, value: 0.5 });
      await assertRejects(() => iterator.next(), RangeError, "divided by zero");
      assertEquals(await iterator.next(), { done: false, value: 0.25 });
      assertEquals((await iterator.next()).done, true);
    }
  }));

Deno.test("ProcessPoolExecutor.map() rejects for falsy errors, too", () =>
  withExecutor({ maxWorkers: 1 }, async (executor) => {
    const iterator = executor.map(throwValue, [0, undefined, ""]);
    for (const value of [0, undefined, ""]) {
      const outcome = await iterator.next().then(() => ["resolved"], (error) => ["rejected", error]);
      assertEquals(outcome, ["rejected", value]);
    }
  }));

Deno.test("ProcessPoolExecutor.map() takes a TimeoutError of a task for an error like any other", () =>
  withExecutor({ maxWorkers: 1 }, async (executor) => {
    const iterator = executor.map(throwValue, [new TimeoutError("the task's own"), 2], { timeoutMs: 60_000 });
    await assertRejects(() => iterator.next(), TimeoutError, "the task's own");
    assertEquals(await iterator.next().catch((error) => error), 2);
  }));

Deno.test("ProcessPoolExecutor.map() rejects when its time is over, keeps what was there, and has ended then", () =>
  withExecutor({ maxWorkers: 1, permissions: GATE_PERMISSIONS }, async (executor, log) => {
    using gate = new Gate();
    const input = new CountedInput();
    const holdSome = async (index: number, port: number): Promise<number> => {
      if (index < 2) return index;
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.read(new Uint8Array(1));
      connection.close();
      return index;
    };
    await executor.submit(square, 1);
    const ports = Array(5).fill(gate.port);
    const iterator = executor.map(holdSome, input, ports, { timeoutMs: 3000, bufferSize: 5 });
    await gate.arrived();
    assertEquals((await iterator.next()).value, 0);
    assertEquals((await iterator.next()).value, 1);
    await within(10_000, () => assertRejects(() => iterator.next(), TimeoutError, "after 3000 ms"));
    assertEquals(await iterator.next(), { done: true, value: undefined });
    assert(input.closed);
    // What ran may finish; what had not started never does.
    gate.open();
    assertEquals(await executor.submit(square, 5), 25);
    assertEquals(log.of("exit").length, 0);
    assertEquals(log.of("taskStart").length, 5);
  }));

Deno.test("ProcessPoolExecutor.map() cancels what waits, closes its inputs and leaves the executor usable when it is closed early", () =>
  withExecutor({ maxWorkers: 1, permissions: GATE_PERMISSIONS, abortGraceMs: 10_000 }, async (executor, log) => {
    using gate = new Gate();
    const input = new CountedInput();
    const other = new CountedInput();
    const iterator = executor.map(add, input, other.later(), { bufferSize: 4 });
    assertEquals((await iterator.next()).value, 0);
    await iterator.return!();
    assert(input.closed && other.closed);
    assertEquals(await iterator.next(), { done: true, value: undefined });

    const held = executor.map(hold<string>, Array(50).fill(gate.port), range(50).map(String));
    await gate.arrived();
    await held.return!();
    const next = executor.submit(square, 3);
    // What was sent ahead may start before its worker hears that it was cancelled.
    gate.openForGood();
    assertEquals(await next, 9);
    assertEquals(log.of("exit").length, 0);
    for await (const x of executor.map(square, new CountedInput())) if (x > 100) break;
    assertEquals(await executor.submit(square, 4), 16);
  }));

Deno.test("ProcessPoolExecutor.map() throws when an option is wrong", () =>
  withExecutor({ maxWorkers: 1 }, (executor, log) => {
    const cases: [ExecutorMapOptions, typeof TypeError | typeof RangeError][] = [
      [{ bufferSize: "foo" as never }, TypeError],
      [{ bufferSize: 2n as never }, TypeError],
      [{ bufferSize: 2.5 }, RangeError],
      [{ bufferSize: 0 }, RangeError],
      [{ bufferSize: -1 }, RangeError],
      [{ chunkSize: "1" as never }, TypeError],
      [{ chunkSize: 0 }, RangeError],
      [{ chunkSize: -1 }, RangeError],
      [{ timeoutMs: -1 }, RangeError],
      [{ buffersize: 3 } as never, TypeError],
    ];
    for (const [options, errorClass] of cases) {
      assertThrows(() => executor.map(square, [1, 2], options), errorClass);
      assertThrows(() => executor.map(() => 1, options), errorClass);
    }
    assertThrows(() => executor.map(square, 4 as never as number[]), TypeError, "Cannot iterate");
    assertThrows(() => executor.map(square, [1], null as never), TypeError, "Cannot iterate");
    assertThrows(() => executor.map("square", [1]), FunctionNotFoundError);
    assertEquals(log.events, []);
  }));

Deno.test("ProcessPoolExecutor.map() gives all results whatever the buffer", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    for (const bufferSize of [1, 2, 10, 20]) {
      assertEquals(await Array.fromAsync(executor.map(square, range(10), { bufferSize })), range(10).map(square));
      const sums = executor.map(add, range(10), range(10), { bufferSize });
      assertEquals(await Array.fromAsync(sums), range(10).map((x) => x + x));
    }
  }));

Deno.test("ProcessPoolExecutor.map() can be taken from when its inputs have no end", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    for (const options of [{ bufferSize: 2 }, {}]) {
      const one = executor.map(square, new CountedInput(), options);
      const two = executor.map(add, new CountedInput(), new CountedInput().later(), options);
      for (let index = 0; index < 3; index++) {
        assertEquals((await one.next()).value, index ** 2);
        assertEquals((await two.next()).value, index * 2);
      }
    }
    // Both are left open: the executor's end must not read on.
  }));

Deno.test("ProcessPoolExecutor.map() ends at once when there is nothing to map", () =>
  withExecutor({ maxWorkers: 1 }, async (executor, log) => {
    for (const options of [{}, { bufferSize: 3 }]) {
      assertEquals(await Array.fromAsync(executor.map(square, [], options)), []);
      assertEquals(await Array.fromAsync(executor.map(() => 1, options)), []);
    }
    assertEquals(await Array.fromAsync(executor.map(() => 1)), []);
    assertEquals(await Array.fromAsync(executor.map(add, [], new CountedInput())), []);
    assertEquals(log.events, []);
  }));

Deno.test("ProcessPoolExecutor.map() reads no more than bufferSize items ahead", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    const input = new CountedInput();
    const iterator = executor.map(square, input, { bufferSize: 3 });
    assertEquals(input.pulled, 3);
    await executor.submit(square, 1);
    assertEquals(input.pulled, 3);
    await iterator.next();
    assertEquals(input.pulled, 4);
    await iterator.return!();
    const unbounded = new CountedInput();
    const other = executor.map(square, unbounded, { chunkSize: 5 });
    assertEquals(unbounded.pulled, 20);
    await other.return!();
  }));

Deno.test("ProcessPoolExecutor.map() gives what its input throws, behind the results before it", () =>
  withExecutor({ maxWorkers: 1 }, async (executor) => {
    const reason = new Error("the input failed");
    const failing = new CountedInput();
    const other = new CountedInput();
    const iterator = executor.map(add, failing.failingAt(2, reason), other);
    assertEquals([(await iterator.next()).value, (await iterator.next()).value], [0, 2]);
    assertStrictEquals(await iterator.next().catch((error) => error), reason);
    assertEquals((await iterator.next()).done, true);
    assert(other.closed);
  }));

Deno.test("ProcessPoolExecutor.map() stops also what runs when its signal is aborted", () =>
  withExecutor({ maxWorkers: 1, module: fixture("heed_abort"), abortGraceMs: 10_000 }, async (executor) => {
    const controller = new AbortController();
    const started = Promise.withResolvers<unknown>();
    const options = { signal: controller.signal, onProgress: started.resolve };
    const iterator = executor.map(heedAbort, [], options);
    assertEquals((await iterator.next()).done, true);
    const running = executor.map(heedAbort as (item: number) => Promise<string>, range(3), options);
    await started.promise;
    const reason = new Error("enough");
    controller.abort(reason);
    assertStrictEquals(await running.next().catch((error) => error), reason);
    const future = executor.submit(square, 3);
    assertEquals(await future, 9);
    assertInstanceOf(reason, Error);
  }));
