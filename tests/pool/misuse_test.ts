// End-to-end, but no worker is started. Options that are not what their names say.
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  asCompleted,
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  Lock,
  Manager,
  Pipe,
  Pool,
  type PoolOptions,
  Process,
  ProcessPoolExecutor,
  Queue,
  RLock,
  Semaphore,
  SimpleQueue,
  wait,
  waitFutures,
} from "../../mod.ts";
import { traceTo } from "../../src/trace_file/mod.ts";
import { square } from "../fixtures/tasks/compute.ts";

/** An object as JavaScript sees it. */
type Loose = Record<string, (argument?: unknown) => Promise<unknown>>;

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
  [{ timeout: 4 }, 'wanted "taskTimeoutMs"'],
  [{ chunksize: 4 }, '"chunksize" is not an option of a pool, "chunkSize" is one of map()'],
  [{ priority: 4 }, '"priority" is one of a call'],
  [{ memoryMB: 64 }, 'wanted "memoryLimitMiB"'],
  [{ name: 5 }, '"name" is 5, a string is wanted'],
  [{ initArgs: [1] }, '"initArgs" are given without an "initializer"'],
  [{ name: null }, '"name" is null, a string is wanted'],
  [{ env: ["A"] }, '"env" is an array'],
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
  [{ chunkSize: 5 }, '"chunkSize" is not an option of a task, "chunkSize" is one of map()'],
  [{ memoryLimitMiB: 50 }, '"memoryLimitMiB" is one of the pool'],
  [{ signal: new AbortController() }, '"signal" must be an AbortSignal, wanted its signal'],
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
  // Python's third argument.
  for (const call of [pool.map, pool.mapAsync, pool.imap] as ((...args: unknown[]) => unknown)[]) {
    const error = await assertRejects(async () => await call.call(pool, square, [1], 5), TypeError);
    assertStringIncludes((error as Error).message, "the options are 5, wanted { chunkSize: 5 }");
  }
  await assertRejects(() => pool.map(square, [1], { bufferSize: 2 } as object), TypeError, "not an option of map");
  await assertRejects(() => pool.map(square, [1], { runId: "a" }), TypeError, 'needs "chunkSize"');
  await assertRejects(
    () => pool.map(square, [1], { runId: "a", chunkSize: 1 }),
    TypeError,
    "no meaning on this machine",
  );
});

Deno.test("Pool.apply() and map() refuse callbacks, which nobody would call, and applyAsync() and mapAsync() take them", async () => {
  await using pool = new Pool({ workers: 1 });
  const told: unknown[] = [];
  const options = { callback: (value: unknown) => told.push(value) };
  const one = '"callback" is not an option of a task, "callback" is one of applyAsync()';
  const all = '"callback" is not an option of map, "callback" is one of mapAsync()';
  await assertRejects(() => pool.apply(square, [2], options as object), TypeError, one);
  await assertRejects(() => pool.map(square, [2], options as object), TypeError, all);
  await assertRejects(() => pool.starmap(square, [[2]], options as object), TypeError, all);
  await assertRejects(
    async () => await pool.imap(square, [2], options as object),
    TypeError,
    "is not an option of imap",
  );
  assertEquals(told, []);
  await pool.applyAsync(square, [2], options).get();
  await pool.mapAsync(square, [3], options).get();
  assertEquals(told, [4, [9]]);
});

Deno.test("Pool.map() and imap() say what is wrong with an input that cannot be iterated", async () => {
  await using pool = new Pool({ workers: 1 });
  const inputs: [input: unknown, message: string][] = [
    [3, "Cannot iterate over 3: an iterable or async iterable is wanted"],
    [Promise.resolve([1]), "an iterable or async iterable is wanted; await it first"],
    [{ [Symbol.iterator]: 3 }, "Cannot iterate over an object: an iterable or async iterable is wanted"],
    [{ [Symbol.iterator]: () => 3 }, "its iterator is 3, one with a next() is wanted"],
    [{ [Symbol.asyncIterator]: () => ({}) }, "its iterator is an object, one with a next() is wanted"],
    // Each would be read without end.
    [{ [Symbol.iterator]: () => ({ next: () => 3 }) }, 'next() gave 3, an object with "done" and "value" is wanted'],
    [{ [Symbol.asyncIterator]: () => ({ next: () => null }) }, "next() gave null"],
  ];
  for (const [input, message] of inputs) {
    const items = input as Iterable<number>;
    await assertRejects(() => pool.map(square, items), TypeError, message);
    await assertRejects(async () => await Array.fromAsync(pool.imap(square, items)), TypeError, message);
  }
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

Deno.test("Pool refuses an AbortSignal or a Map in the place of options", async () => {
  assertThrows(() => new Pool(new Map([["workers", 2]]) as PoolOptions), TypeError, "the options are of the kind Map");
  await using pool = new Pool({ workers: 1 });
  const signal = new AbortController().signal as object;
  await assertRejects(() => pool.apply(square, [1], signal), TypeError, "the options are of the kind AbortSignal");
  await assertRejects(() => pool.map(square, [1], signal), TypeError, "of the kind AbortSignal");
  await assertRejects(() => pool.drain({ signal: 5 } as never), TypeError, '"signal" is 5, an AbortSignal is wanted');
  await assertRejects(() => pool.serveDashboard(5 as never), TypeError, "the options are 5");
});

Deno.test("Pool.untrusted() refuses to be trusted, and anything that is not an object of options", () => {
  assertThrows(() => Pool.untrusted(import.meta.url, { trust: "trusted" }), TypeError, '"trust" is "trusted"');
  assertThrows(() => Pool.untrusted(import.meta.url, 4 as never), TypeError, "the options are 4");
});

/** A backend that has workers of its own. */
const ELSEWHERE = { connect: () => {}, takes: [], description: { name: "elsewhere", why: "others decide" } };

Deno.test("ProcessPoolExecutor, waitFutures() and asCompleted() word what is wrong with their options", async () => {
  const wrong: [options: unknown, message: string][] = [
    [{ maxWorkers: 2n }, 'Cannot make an executor: "maxWorkers" is 2n'],
    [{ maxWorkers: NaN }, 'Cannot make an executor: "maxWorkers" is NaN'],
    [{ maxTasksPerChild: 0.5 }, 'Cannot make an executor: "maxTasksPerChild" is 0.5'],
    [
      { maxWorkers: 70_000 },
      'Cannot make an executor: "maxWorkers" is 70000, a whole number from 1 to 65536 is wanted',
    ],
    [{ maxWorkers: 1, backend: {} }, 'Cannot make an executor: "backend" is object'],
    [{ maxWorkers: 1, backend: ELSEWHERE }, '"maxWorkers" has no meaning on elsewhere, others decide'],
  ];
  for (const [options, message] of wrong) {
    assertThrows(() => new ProcessPoolExecutor(options as object), Error, message);
  }
  await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
  const future = executor.submit(square, 2);
  for (const options of [{ timeout: 1 }, { return_when: "x" }, { timeoutMs: "1" }, { signal: 1 }, 5, null] as never[]) {
    await assertRejects(() => waitFutures([future], options), TypeError, "Cannot wait");
    assertThrows(() => asCompleted([future], options), TypeError, "Cannot wait");
  }
  for (const futures of [future, 5, null, {}] as never[]) {
    await assertRejects(() => waitFutures(futures), TypeError, "a list of futures is wanted");
    assertThrows(() => asCompleted(futures), TypeError, "a list of futures is wanted");
  }
  await assertRejects(() => executor.shutdown({ wait: 1 } as never), TypeError, '"wait" is number');
  await assertRejects(() => future.result(2n as never), TypeError, '"timeoutMs" is 2n');
});

Deno.test("Process refuses invalid permissions at once, and a wrong limit when it has ended", async () => {
  assertThrows(() => new Process({ permissions: "all" as never }), TypeError, 'Cannot use "all" as permissions');
  const process = new Process({ target: square, args: [1] });
  process.start();
  await process.join();
  await assertRejects(() => process.join("5" as never), TypeError, '"timeoutMs" is "5"');
});

Deno.test("Handles and the manager refuse options and values that they would ignore", async () => {
  const [connection, end] = Pipe();
  const condition = new Condition();
  await condition.acquire();
  using manager = new Manager();
  const calls: [call: () => unknown, message: string][] = [
    [() => new Barrier(1, { timeout: 5 } as never), '"timeout" is not an option of a barrier'],
    [() => new Barrier(1, 5 as never), "the options are 5"],
    [() => new Barrier("3" as never), 'Cannot make a barrier for "3"'],
    [() => new Semaphore("3" as never), 'Cannot make a semaphore of "3"'],
    [() => new Queue("3" as never), 'Cannot make a queue of size "3"'],
    [() => condition.notify("3" as never), 'Cannot notify "3"'],
    [() => end.sendBytes("text" as never), 'Cannot send "text" as bytes: a Uint8Array or an ArrayBuffer is wanted'],
    [() => end.sendBytes(new SharedArrayBuffer(1) as never), "Cannot send an object as bytes"],
    [() => Pipe([] as never), "the options are an array"],
    [() => connection.recvBytes(5 as never), "the options are 5"],
    [() => connection.recvBytes({ maxLength: 1.5 }), "Cannot receive at most 1.5 bytes"],
    [() => connection.poll(0, { timeoutMs: 5 } as never), "the time comes first"],
    [() => connection.poll(0, AbortSignal.abort() as never), "the options are an AbortSignal, wanted { signal }"],
    [() => connection.recvBytes(AbortSignal.abort() as never), "the options are an AbortSignal, wanted { signal }"],
    [() => connection.recvBytes({ maxSize: 5 } as never), '"maxSize" is not an option of it, wanted "maxLength"'],
    [() => end.sendBytes(new Uint8Array(3), 5), "offset 5 was asked for, there are 3 bytes"],
    [() => end.sendBytes(new Uint8Array(3), 1, 4), "offset 1, size 4 was asked for, there are 3 bytes"],
    [() => new Queue().get(false as never), "the options are false, wanted { timeoutMs: 0 }"],
    [() => new Condition(5 as never), "the lock is 5, a Lock or an RLock is wanted"],
    [() => new Condition(null as never), "the lock is null, a Lock or an RLock is wanted"],
    [() => new Condition(new Semaphore(1) as never), "the lock is of the kind Semaphore, a Lock or an RLock is wanted"],
    [() => new Barrier(2, (() => {}) as never), "wanted { action }"],
    [() => new Queue().get({ signal: 5 as never }), '"signal" is 5, an AbortSignal is wanted'],
    [() => new Lock().acquire({ signal: null as never }), '"signal" is null'],
    [() => new Lock().use(5 as never), "Cannot call use() with 5: a function is wanted"],
    [() => condition.waitFor(() => true, { timeout: 5 } as never), '"timeout" is not an option of a wait'],
    [() => condition.waitFor(5 as never), "the predicate is 5"],
    [() => wait([5] as never, 0), "a connection or a promise is wanted"],
    [() => wait(5 as never, 0), "a list of connections and promises is wanted"],
    [() => manager.list({} as never), "Cannot take items from an object"],
    [() => manager.array(NaN), "Cannot make an array of NaN numbers"],
    [() => manager.array(1.5), "Cannot make an array of 1.5 numbers"],
    [() => manager.namespace(5 as never), "Cannot fill a namespace from 5"],
    [() => manager.namespace([1] as never), "Cannot fill a namespace from an array"],
    [() => manager.dict(manager.dict({ a: 1 }) as never), "Cannot fill a dict from an object without keys"],
    [() => manager.dict().update(manager.dict({ a: 1 }).toObject() as never), "await the content first"],
    [() => manager.namespace(manager.dict({ a: 1 })), "Cannot fill a namespace from an object without keys"],
    [() => manager.namespace().update(Promise.resolve({ a: 1 }) as never), "await the content first"],
    [() => manager.array(2).set(0, Promise.resolve([1]) as never), "Cannot take items from an object"],
    [() => manager.array(2).set(0, null as never), "Cannot take items from null"],
    [() => manager.list([2, 1]).sort({ reverse: true } as never), 'Cannot sort by {"reverse":true}'],
    [() => manager.list([2, 1]).sort(5 as never), "Cannot sort by 5"],
    [() => manager.dict().delete({} as never), "Cannot use an object as a key"],
    [() => manager.dict().pop({} as never, 1), "Cannot use an object as a key"],
    [() => manager.value(1).update(5 as never), "Cannot update with 5: a function that makes"],
    [() => manager.register("A", Pool, { exposed: ["a"] } as never), '"exposed" is not an option of register()'],
    [() => manager.register("A", Pool, { expose: "a" }), '"expose" is "a", a list of names is wanted'],
    [() => traceTo("trace.json", { every: 1 } as never), '"every" is not an option of a trace file'],
    [() => traceTo(5 as never), "the path is 5"],
  ];
  for (const [call, message] of calls) await assertRejects(async () => await call(), Error, message);
});

Deno.test("Calls without parameters refuse a limit or options that they would ignore", async () => {
  await using pool = new Pool({ workers: 1 });
  const [lock, event, permits] = [new Lock(), new Event(), new BoundedSemaphore(5)] as never as Loose[];
  const calls: [call: () => unknown, message: string][] = [
    ...[Lock, RLock, Event, SimpleQueue, Manager].map((shared): [() => unknown, string] => [
      () => new (shared as new (_: unknown) => unknown)({ timeoutMs: 5 }),
      `Cannot call new ${shared.name}() with an object: it takes no arguments`,
    ]),
    [() => new (Lock as new (_: number) => Lock)(5), "Cannot call new Lock() with 5"],
    [() => lock!.tryAcquire!({ timeoutMs: 5 }), "it takes no arguments and never waits, acquire({ timeoutMs }) does"],
    [() => permits!.release!(3), "Cannot call release() with 3: it takes no arguments, call it once for each permit"],
    [() => event!.set!(false), "Cannot call set() with false: it takes no arguments, clear() clears it"],
    ...["ready", "join", "terminate"].map((name): [() => unknown, string] => [
      () => (pool as never as Loose)[name]!({ timeoutMs: 5 }),
      `Cannot call ${name}() with an object: it takes no arguments`,
    ]),
    [() => new Pool({ workers: 2 ** 40 }), "a whole number from 1 to 65536 is wanted"],
  ];
  for (const [call, message] of calls) await assertRejects(async () => await call(), Error, message);
  // What a promise or an event passes to a callback is not meant.
  await Promise.resolve(new Date()).then(event!.set!.bind(event));
  await Promise.resolve(undefined).then(pool.ready.bind(pool));
  assertEquals([await event!.isSet!(), await permits!.value!()], [true, 5]);
});

Deno.test("Pool.observe() refuses anything that is not an observer, and goes on with those that it has", async () => {
  await using pool = new Pool({ workers: 1 });
  const wrong: [observer: unknown, message: string][] = [
    [() => {}, "the observer is not an object"],
    [{ settled: 1 }, '"settled" is number, a function is wanted'],
    [{ setled: () => {} }, '"setled" is not an event of a pool, the events are submitted'],
  ];
  for (const [observer, message] of wrong) assertThrows(() => pool.observe(observer as never), TypeError, message);
  const outcomes: unknown[] = [];
  pool.observe({ settled: (_, outcome) => void outcomes.push(outcome) });
  await pool.apply(square, [3]);
  assertStringIncludes(outcomes.join(), "completed");
});

Deno.test("applyAsync() refuses a callback in the place that Python has for it", async () => {
  await using pool = new Pool({ workers: 1 });
  const call = pool.applyAsync.bind(pool) as unknown as (...args: unknown[]) => unknown;
  assertThrows(() => call(square, [2], {}, () => {}), TypeError, "wanted applyAsync(fn, args, { callback })");
});

Deno.test("imap().next() refuses Python's limit of time, and takes what a generator passes on", async () => {
  await using pool = new Pool({ workers: 1 });
  const results = pool.imap(square, [1, 2]) as unknown as AsyncGenerator<number, void, unknown>;
  for (const limit of [1000, { timeoutMs: 1000 }]) {
    await assertRejects(() => results.next(limit), TypeError, "Cannot call next() with");
  }
  async function* all() {
    yield* results;
  }
  const through = all();
  assertEquals([await through.next(), await through.next("heard by nobody")].map(({ value }) => value), [1, 4]);
});
