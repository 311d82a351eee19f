/**
 * End-to-end tests under fake timers: a program's tests may replace its clock and its timers, and let them stand still,
 * while its workers go on in real time.
 */
import { assertEquals, assertRejects } from "@std/assert";
import FakeTimers from "@sinonjs/fake-timers";
import {
  asCompleted,
  Barrier,
  Condition,
  Lock,
  Pipe,
  Pool,
  Process,
  ProcessPoolExecutor,
  Queue,
  QueueEmptyError,
  TaskTimeoutError,
  TimeoutError,
  wait,
  waitFutures,
} from "../mod.ts";

/** All that such libraries replace, in their ways; nothing that was replaced ever calls back, and no clock moves. */
const FAKES: Record<string, () => () => void> = {
  "functions that do nothing": () =>
    replace({ ...inert(), Date: fakeDate(), performance: { now: () => 0, timeOrigin: 0 } }),
  "functions that throw": () => {
    const fail = (): never => {
      throw new Error("The program's fake was called");
    };
    return replace({ ...Object.fromEntries(Object.keys(inert()).map((name) => [name, fail])) });
  },
  "methods replaced in place": () => {
    const [now, dateNow] = [performance.now, Date.now];
    performance.now = () => 0;
    Date.now = () => 0;
    return () => Object.assign(performance, { now }) && Object.assign(Date, { now: dateNow });
  },
  "sinon's, as jest and vitest use it": () => {
    const clock = FakeTimers.install({ now: 0, shouldAdvanceTime: false });
    return () => clock.uninstall();
  },
};

const inert = (): Record<string, unknown> => ({
  setTimeout: () => 0,
  clearTimeout: () => {},
  setInterval: () => 0,
  clearInterval: () => {},
  setImmediate: () => 0,
  clearImmediate: () => {},
  queueMicrotask: () => {},
});

function fakeDate(): unknown {
  return class extends Date {
    constructor() {
      super(0);
    }
    static override now = () => 0;
  };
}

function replace(fakes: Record<string, unknown>): () => void {
  const real = Object.fromEntries(
    Object.keys(fakes).map((name) => [name, globalThis[name as keyof typeof globalThis]]),
  );
  Object.assign(globalThis, fakes);
  return () => void Object.assign(globalThis, real);
}

const never = (): Promise<never> => new Promise<never>(() => setInterval(() => {}, 1000));
const square = (x: number): number => x * x;
const count = async (queue: Queue<number>, to: number): Promise<void> => {
  for (let n = 0; n < to; n++) await queue.put(n);
};

for (const [name, install] of Object.entries(FAKES)) {
  /** Runs `body` under fakes that stand still. */
  const underFakes = async (body: () => Promise<void>): Promise<void> => {
    const undo = install();
    try {
      await body();
    } finally {
      undo();
    }
  };

  Deno.test(`Pool works under fake timers: ${name}`, () =>
    underFakes(async () => {
      await using pool = new Pool({ workers: 1, abortGraceMs: 10, killGraceMs: 10 });
      assertEquals(await pool.map(square, [1, 2, 3], { chunkSize: 1 }), [1, 4, 9]);
      assertEquals(await pool.map(Math.sqrt, Array.from({ length: 2000 }, (_, n) => n * n)), [...Array(2000).keys()]);
      assertEquals(await Array.fromAsync(pool.imap(square, [1, 2, 3])), [1, 4, 9]);
      await assertRejects(() => pool.apply(never, [], { timeoutMs: 20 }), TaskTimeoutError);
      await assertRejects(() => pool.applyAsync(never, [], { timeoutMs: 100 }).get(10), TimeoutError);
      assertEquals(await pool.applyAsync(square, [3]).get(10_000), 9);
      const controller = new AbortController();
      const aborted = pool.apply(never, [], { signal: controller.signal });
      controller.abort(new Error("enough"));
      await assertRejects(() => aborted, Error, "enough");
      // Its worker was ended, and a new one started.
      assertEquals(await pool.apply(() => Deno.exit(3), []).catch((error) => error.exitCode), 3);
      assertEquals(await pool.map(square, [5, 6], { chunkSize: 1 }), [25, 36]);
    }));

  Deno.test(`Queues, pipes and locks work under fake timers: ${name}`, () =>
    underFakes(async () => {
      await using pool = new Pool({ workers: 1 });
      const queue = new Queue<number>();
      const writer = pool.apply(count, [queue, 200]);
      for (let n = 0; n < 200; n++) assertEquals(await queue.get({ timeoutMs: 10_000 }), n);
      await writer;
      await assertRejects(() => queue.get({ timeoutMs: 5 }), QueueEmptyError);
      const lock = new Lock();
      using _guard = await lock.acquire();
      await assertRejects(() => lock.acquire({ timeoutMs: 5 }), TimeoutError);
      await assertRejects(() => pool.apply((lock: Lock) => lock.acquire({ timeoutMs: 5 }), [lock]), TimeoutError);
      const condition = new Condition();
      assertEquals(await condition.use(() => condition.waitFor(() => false, { timeoutMs: 5 })), false);
      await assertRejects(() => new Barrier(2).wait({ timeoutMs: 5 }), Error);
      // Both ends are kept: a pipe whose other end was collected has come to its end.
      const [reader, other] = Pipe();
      assertEquals(await reader.poll(5), false);
      assertEquals(await wait([reader, new Promise(() => {})], 5), []);
      assertEquals((await wait([reader, Promise.resolve()])).length, 1);
      other.close();
    }));

  Deno.test(`ProcessPoolExecutor and Process work under fake timers: ${name}`, () =>
    underFakes(async () => {
      await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
      const futures = [1, 2, 3].map((n) => executor.submit(square, n));
      assertEquals((await waitFutures(futures, { timeoutMs: 10_000 })).notDone.size, 0);
      const results = [];
      for await (const future of asCompleted(futures)) results.push(await future.result());
      assertEquals(results.sort(), [1, 4, 9]);
      const done = Promise.withResolvers<void>();
      executor.submit(square, 4).addDoneCallback(() => done.resolve());
      await done.promise;
      const queue = new Queue<number>();
      const waiting = executor.submit(async (queue: Queue<number>) => await queue.get(), queue);
      await assertRejects(() => waiting.result(5), TimeoutError);
      await queue.put(1);
      assertEquals(await waiting, 1);
      await using process = new Process({ target: never, killGraceMs: 10 });
      process.start();
      assertEquals(await process.join(5), false);
      process.terminate();
      assertEquals(await process.join(60_000), true);
    }));
}

Deno.test("a worker whose task has sinon's fake timers goes on in real time: its limits, its waits and its next tasks", async () => {
  const module = import.meta.resolve("./fixtures/programs/fake_timers.ts");
  await using pool = new Pool<typeof import("./fixtures/programs/fake_timers.ts")>({ workers: 1, module });
  assertEquals([await pool.apply("install"), await pool.apply("sleepFaked")], [0, "woke"]);
  assertEquals(await pool.apply("useHandles", [new Queue<number>(), new Lock()]), [7, "QueueEmptyError"]);
  assertEquals(await Promise.all([1, 2, 3].map((x) => pool.apply(square, [x]))), [1, 4, 9]);
  // The task waits for its own clock, which stands still; its worker does not.
  await assertRejects(() => pool.apply("never", [], { timeoutMs: 100 }), TaskTimeoutError);
  assertEquals(await pool.map(square, [1, 2, 3]), [1, 4, 9]);
});
