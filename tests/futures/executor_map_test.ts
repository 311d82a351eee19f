// End-to-end tests of ProcessPoolExecutor.map().
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { type ExecutorMapOptions, FunctionNotFoundError, Queue, TimeoutError } from "../../mod.ts";
import { add, square } from "../fixtures/tasks/compute.ts";
import { heedAbort } from "../fixtures/tasks/heed_abort.ts";
import { hold } from "../fixtures/tasks/hold.ts";
import { throwValue } from "../fixtures/tasks/throw_errors.ts";
import { within } from "../helpers/simulated/clock.ts";
import { CountedInput } from "../helpers/simulated/counted_input.ts";
import { Gate, GATE_PERMISSIONS } from "../helpers/pools/gate.ts";
import { shareExecutor } from "../helpers/pools/shared_pool.ts";
import { withExecutor } from "../helpers/pools/with_executor.ts";

const fixture = (name: string): string => import.meta.resolve(`../fixtures/tasks/${name}.ts`);
const shared = shareExecutor("ProcessPoolExecutor.map()", { maxWorkers: 2 });
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

shared.test("ProcessPoolExecutor.map() takes items from several inputs, and the shortest decides", async (executor) => {
  assertEquals(await Array.fromAsync(executor.map(Math.pow, range(10), range(10))), range(10).map((x) => x ** x));
  assertEquals(await Array.fromAsync(executor.map(Math.pow, [1, 2, 3], new Set([2, 3]), { chunkSize: 3 })), [1, 8]);
  const long = new CountedInput();
  assertEquals(await Array.fromAsync(executor.map(add, long, [10, 20])), [10, 21]);
  assert(long.closed);
  const later = new CountedInput();
  assertEquals(await Array.fromAsync(executor.map(add, later.later(), [10, 20], { chunkSize: 2 })), [10, 21]);
  assert(later.closed);
  assertEquals(await Array.fromAsync(executor.map((a, b, c) => a + b + c, "ab", "cd", ["e", "f"])), ["ace", "bdf"]);
});

shared.test("ProcessPoolExecutor.map() works on what its arrays had when it was called", async (executor) => {
  for (const chunkSize of [1, 7]) {
    const [bases, exponents] = [range(100), Array(100).fill(2)];
    const [one, two] = [
      executor.map(square, bases, { chunkSize }),
      executor.map(Math.pow, bases, exponents, { chunkSize }),
    ];
    bases.length = 0;
    exponents.fill(3);
    const expected = range(100).map((x) => x ** 2);
    assertEquals([await Array.fromAsync(one), await Array.fromAsync(two)], [expected, expected]);
  }
});

shared.test("ProcessPoolExecutor.map() gives the same whatever the chunk size", async (executor) => {
  const expected = range(100).map((x) => x ** 2);
  for (const chunkSize of [1, 6, 40, 50, 200]) {
    assertEquals(await Array.fromAsync(executor.map(square, range(100), { chunkSize })), expected);
    assertEquals(
      await Array.fromAsync(executor.map(Math.pow, range(100), Array(100).fill(2), { chunkSize })),
      expected,
    );
  }
});

shared.test("ProcessPoolExecutor.map() gives the results before an error, then the error, and goes on", async (executor) => {
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
});

shared.test("ProcessPoolExecutor.map() rejects for falsy errors, too", async (executor) => {
  const iterator = executor.map(throwValue, [0, undefined, ""]);
  for (const value of [0, undefined, ""]) {
    const outcome = await iterator.next().then(() => ["resolved"], (error) => ["rejected", error]);
    assertEquals(outcome, ["rejected", value]);
  }
});

shared.test("ProcessPoolExecutor.map() takes a TimeoutError of a task for an error like any other", async (executor) => {
  const iterator = executor.map(throwValue, [new TimeoutError("the task's own"), 2], { timeoutMs: 60_000 });
  await assertRejects(() => iterator.next(), TimeoutError, "the task's own");
  assertEquals(await iterator.next().catch((error) => error), 2);
});

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
    await within(10_000, () => assertRejects(() => iterator.next(), TimeoutError, "3000 ms after map()"));
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

Deno.test("ProcessPoolExecutor.map() can stop by its signal what it lets run when it is closed early, and has ended then", () =>
  withExecutor({ maxWorkers: 1, module: fixture("heed_abort"), abortGraceMs: 10_000 }, async (executor) => {
    const controller = new AbortController();
    const started = Promise.withResolvers<unknown>();
    const options = { signal: controller.signal, onProgress: started.resolve };
    const iterator = executor.map(heedAbort as (item: number) => Promise<string>, range(3), options);
    await started.promise;
    await iterator.return!();
    controller.abort(new Error("enough"));
    assertEquals(await executor.submit(square, 3), 9);
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
    assertThrows(() => executor.map(square, undefined as never as number[]), TypeError, "Cannot iterate");
    assertThrows(() => executor.map("square", [1]), FunctionNotFoundError);
    assertEquals(log.events, []);
  }));

shared.test("ProcessPoolExecutor.map() gives all results whatever the buffer", async (executor) => {
  for (const bufferSize of [1, 2, 10, 20]) {
    assertEquals(await Array.fromAsync(executor.map(square, range(10), { bufferSize })), range(10).map(square));
    const sums = executor.map(add, range(10), range(10), { bufferSize });
    assertEquals(await Array.fromAsync(sums), range(10).map((x) => x + x));
  }
});

shared.test("ProcessPoolExecutor.map() can be taken from when its inputs have no end", async (executor) => {
  for (const options of [{ bufferSize: 2 }, {}]) {
    const one = executor.map(square, new CountedInput(), options);
    const two = executor.map(add, new CountedInput(), new CountedInput().later(), options);
    for (let index = 0; index < 3; index++) {
      assertEquals((await one.next()).value, index ** 2);
      assertEquals((await two.next()).value, index * 2);
    }
  }
  // Both are left open: the executor's end must not read on.
});

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

shared.test("ProcessPoolExecutor.map() reads no more than bufferSize items ahead", async (executor) => {
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
});

shared.test("ProcessPoolExecutor.map() gives what its input throws, behind the results before it", async (executor) => {
  const reason = new Error("the input failed");
  const failing = new CountedInput();
  const other = new CountedInput();
  const iterator = executor.map(add, failing.failingAt(2, reason), other);
  assertEquals([(await iterator.next()).value, (await iterator.next()).value], [0, 2]);
  assertStrictEquals(await iterator.next().catch((error) => error), reason);
  assertEquals((await iterator.next()).done, true);
  assert(other.closed);
});

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

shared.test("ProcessPoolExecutor.map() over several inputs tells all that it is left, also while one is silent, and gives the first error", async (executor) => {
  const sum = (a: number, b: number): number => a + b;
  const [queue, closed] = [new Queue<number>(), [] as string[]];
  const input = (name: string, next: () => unknown, error?: Error): AsyncIterable<number> => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: await next() as number }),
      return: () => {
        closed.push(name);
        return error === undefined ? Promise.resolve({ done: true as const, value: undefined }) : Promise.reject(error);
      },
    }),
  });
  const mapped = executor.map(sum, input("other", () => 1), queue);
  const next = mapped.next();
  await mapped.return!();
  assertEquals([await next, closed], [{ done: true, value: undefined }, ["other"]]);
  await queue.put(7);
  assertEquals(await queue.get(), 7);
  const failing = executor.map(
    sum,
    input("closed badly", () => 1, new Error("closing")),
    input("fails", () => {
      throw new RangeError("the input's fault");
    }),
  );
  await assertRejects(() => failing.next(), RangeError, "the input's fault");
  assertEquals(closed, ["other", "closed badly"]);
  const closesBadly = [1][Symbol.iterator]();
  closesBadly.return = () => {
    throw new Error("closing");
  };
  const bad = [1][Symbol.iterator]();
  bad.next = () => {
    throw new RangeError("the input's fault");
  };
  await assertRejects(() => executor.map(sum, closesBadly, bad).next(), RangeError, "the input's fault");
  const unopened = {
    [Symbol.iterator]: () => {
      throw new RangeError("not opened");
    },
  };
  const source = [1][Symbol.iterator]();
  source.return = () => ({ done: true, value: void closed.push("first") });
  await assertRejects(
    () => executor.map(sum, source, unopened as unknown as number[]).next(),
    RangeError,
    "not opened",
  );
  assertEquals(closed.at(-1), "first");
});
