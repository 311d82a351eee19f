/** End-to-end tests of queues between processes. */
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLessOrEqual,
  assertRejects,
} from "@std/assert";
import {
  ClosedError,
  type Connection,
  EncodingError,
  EndOfStreamError,
  JoinableQueue,
  Pipe,
  Queue,
  QueueEmptyError,
  QueueFullError,
  SimpleQueue,
  TimeoutError,
} from "../../mod.ts";
import { killWorker } from "../helpers/programs/kill_worker.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const shared = sharePool("queues between the program and a pool", { workers: 1 });

shared.test("Queue.put() fills a bounded queue in every form of the call, then QueueFullError", async (pool) => {
  const queue = new Queue<number>(6);
  const started = new Queue<void>();
  const drain = pool.apply(async (queue: Queue<number>, go: Queue<void>) => {
    await go.get();
    const items = [];
    for (let n = 0; n < 6; n++) items.push(await queue.get());
    return items;
  }, [queue, started]);
  assert(await queue.empty() && !await queue.full());
  await queue.put(1);
  await queue.put(2, {});
  await queue.put(3, { timeoutMs: 1000 });
  await queue.put(4, { timeoutMs: 0 });
  await queue.put(5, { signal: new AbortController().signal });
  await queue.putNowait(6);
  assert(!await queue.empty() && await queue.full());
  await assertRejects(() => queue.putNowait(7), QueueFullError);
  for (const timeoutMs of [0, -1, 20]) await assertRejects(() => queue.put(7, { timeoutMs }), QueueFullError);
  await started.put();
  assertEquals(await drain, [1, 2, 3, 4, 5, 6]);
  assert(await queue.empty() && !await queue.full());
});

shared.test("Queue.get() takes in every form of the call, then QueueEmptyError", async (pool) => {
  const queue = new Queue<number>();
  await pool.apply(async (queue: Queue<number>) => {
    for (const n of [2, 3, 4, 5]) await queue.put(n);
  }, [queue]);
  const items = [
    await queue.get(),
    await queue.get({ timeoutMs: 1000 }),
    await queue.get({ timeoutMs: 0 }),
    await queue.getNowait(),
  ];
  assertEquals(items, [2, 3, 4, 5]);
  await assertRejects(() => queue.getNowait(), QueueEmptyError);
  for (const timeoutMs of [0, -1, 20]) await assertRejects(() => queue.get({ timeoutMs }), QueueEmptyError);
  const names = await pool.apply(async (queue: Queue<number>) => {
    const nameOf = (error: Error) => `${error.name} ${error.constructor.name}`;
    return [
      await queue.getNowait().catch(nameOf),
      await queue.get({ timeoutMs: 0 }).catch(nameOf),
      await queue.get({ timeoutMs: 10 }).catch(nameOf),
      await queue.get({ signal: AbortSignal.abort(new RangeError("no")) }).catch(nameOf),
    ];
  }, [queue]);
  assertEquals(names, [...Array(3).fill("QueueEmptyError QueueEmptyError"), "RangeError RangeError"]);
});

Deno.test("Queue keeps the items of a writer that exits right after put(), in order", () =>
  withPool({ workers: 1, maxTasksPerChild: 1 }, async (pool) => {
    const queue = new Queue<number>();
    for (let n = 0; n < 10; n++) await queue.put(n);
    await pool.apply(async (queue: Queue<number>) => {
      for (let n = 10; n < 20; n++) await queue.put(n);
    }, [queue]);
    for (let n = 0; n < 20; n++) assertEquals(await queue.get(), n);
    await assertRejects(() => queue.getNowait(), QueueEmptyError);
  }));

Deno.test("Queue.qsize() counts 0, 1, 2, 1, 0", async () => {
  const queue = new Queue<number>();
  const sizes = [await queue.qsize()];
  await queue.put(1);
  sizes.push(await queue.qsize());
  await queue.put(5);
  sizes.push(await queue.qsize());
  await queue.get();
  sizes.push(await queue.qsize());
  await queue.get();
  sizes.push(await queue.qsize());
  assertEquals(sizes, [0, 1, 2, 1, 0]);
});

Deno.test("JoinableQueue.join() waits until 3 workers have reported 10 items; sentinels stop the workers", () =>
  withPool({ workers: 3 }, async (pool) => {
    const queue = new JoinableQueue<number | null>();
    const done = new Queue<number>();
    const work = async (queue: JoinableQueue<number | null>, done: Queue<number>) => {
      for (let item; (item = await queue.get()) !== null;) {
        await done.put(item);
        await queue.taskDone();
      }
      await queue.taskDone();
    };
    const workers = Array.from({ length: 3 }, () => pool.apply(work, [queue, done]));
    for (let n = 0; n < 10; n++) await queue.put(n);
    await assertRejects(() => queue.join({ timeoutMs: 0 }), TimeoutError).catch(() => {});
    await queue.join();
    assertEquals(await done.qsize(), 10);
    for (let n = 0; n < 3; n++) await queue.put(null);
    await Promise.all(workers);
    await queue.join();
    await assertRejects(() => queue.taskDone(), Error, "all items that were put");
  }));

Deno.test("Queue.get() with a timeout does not give up early", async () => {
  const queue = new Queue<number>();
  const startedAt = performance.now();
  await assertRejects(() => queue.get({ timeoutMs: 200 }), QueueEmptyError);
  assertGreaterOrEqual(performance.now() - startedAt, 199);
});

shared.test("Queue.put() of what cannot travel rejects in a child, later items flow, and the count is right", async (pool) => {
  const queue = new Queue<unknown>(2);
  const name = await pool.apply(async (queue: Queue<unknown>) => {
    const error = await queue.put([() => {}]).catch((error) => error);
    await queue.put(true);
    return error.name;
  }, [queue]);
  assertEquals(name, "EncodingError");
  await assertRejects(() => queue.put(Symbol("no")), EncodingError);
  assertEquals([await queue.qsize(), await queue.get(), await queue.qsize()], [1, true, 0]);
});

for (const QueueClass of [Queue, JoinableQueue, SimpleQueue]) {
  Deno.test(`${QueueClass.name} rejects calls with ClosedError once it is closed`, async () => {
    const queue = new QueueClass<number>();
    await queue.put(1);
    assertEquals([await queue.get(), queue.closed], [1, false]);
    queue.close();
    queue.close();
    assertEquals(queue.closed, true);
    await assertRejects(() => queue.put(1), ClosedError, "closed");
    await assertRejects(() => queue.get(), ClosedError, "closed");
    await assertRejects(() => queue.empty(), ClosedError, "closed");
  });
}

shared.test("SimpleQueue.empty() tells the same in parent and child", async (pool) => {
  const queue = new SimpleQueue<boolean>();
  assertEquals(await queue.empty(), true);
  const look = async (queue: SimpleQueue<boolean>) => {
    const before = await queue.empty();
    await queue.put(before);
    return [before, await queue.empty()];
  };
  assertEquals(await pool.apply(look, [queue]), [true, false]);
  assertEquals([await queue.empty(), await queue.get(), await queue.empty()], [false, true, true]);
});

shared.test("Queue carries binary data, special values and large items as they are", async (pool) => {
  const [questions, answers] = [new Queue<unknown>(), new Queue<unknown>()];
  const echo = pool.apply(async (questions: Queue<unknown>, answers: Queue<unknown>) => {
    for await (const item of questions) await answers.put(item);
  }, [questions, answers]);
  const items = [
    new Uint8Array(),
    new Float64Array([1.5, NaN]),
    crypto.getRandomValues(new Uint8Array(60_000)),
    new Uint8Array(5_000_000).fill(7),
    undefined,
    null,
    NaN,
    -0,
    10n ** 30n,
    "",
    "é".repeat(100_000),
    new Map([[{ key: 1 }, new Date(0)]]),
    { $: "undefined", nested: [[], {}] },
  ];
  for (const item of items) {
    await questions.put(item);
    assertEquals(await answers.get(), item);
  }
  questions.close();
  await echo;
});

Deno.test("Queue keeps the items of a writer that is killed after put()", () =>
  withPool({ workers: 2 }, async (pool, log) => {
    const queue = new Queue<number>();
    const done = new Queue<string>();
    const write = pool.apply(async (queue: Queue<number>, done: Queue<string>) => {
      for (let n = 0; n < 100; n++) await queue.put(n);
      await done.put("all are put");
      return await new Promise(() => setInterval(() => {}, 1000));
    }, [queue, done]);
    await done.get();
    await killWorker(pidOf(log), write);
    const read = await pool.apply(async (queue: Queue<number>) => {
      const items = [];
      while (!await queue.empty()) items.push(await queue.get());
      return items;
    }, [queue]);
    assertEquals(read, Array.from({ length: 100 }, (_, n) => n));
  }));

Deno.test("Queue loses no item, whenever its readers are killed", () =>
  withPool({ workers: 2 }, async (pool, log) => {
    const queue = new Queue<number>(10);
    const seen = new Queue<number>();
    const read = async (queue: Queue<number>, seen: Queue<number>) => {
      // Not awaited in between: what was taken is on its way out before more is asked for.
      for await (const item of queue) seen.put(item);
      return "end";
    };
    const TOTAL = 600;
    const writer = (async () => {
      for (let n = 0; n < TOTAL; n++) await queue.put(n);
    })();
    const count = async (limit: number): Promise<void> => {
      while (await seen.qsize() < limit && await queue.qsize() > 0) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    for (let round = 1; round <= 4; round++) {
      const reader = pool.apply(read, [queue, seen]);
      await count(round * 100);
      const started = log.of("taskStart").at(-1)!;
      await killWorker(started.pid, reader);
    }
    const rest = pool.apply(read, [queue, seen]);
    await writer;
    queue.close();
    assertEquals(await rest, "end");
    const items: number[] = [];
    while (!await seen.empty()) items.push(await seen.get());
    assertEquals(new Set(items).size, items.length, "an item came twice");
    // A reader that was killed between taking an item and reporting it took that one with it: at most one each.
    assertGreaterOrEqual(items.length, TOTAL - 4);
  }));

Deno.test("Queue gives what waits to a reader that lives, when one that waited before it was killed", () =>
  withPool({ workers: 2 }, async (pool, log) => {
    const queue = new Queue<string>();
    const ready = new Queue<number>();
    const read = async (queue: Queue<string>, ready: Queue<number>) => {
      const item = queue.get();
      await ready.put(1);
      return await item;
    };
    const first = pool.apply(read, [queue, ready]);
    await ready.get();
    const pid = pidOf(log);
    const second = pool.apply(read, [queue, ready]);
    await ready.get();
    await killWorker(pid, first);
    await queue.put("item");
    assertEquals(await second, "item");
  }));

Deno.test("Queue of a task ends with EndOfStreamError when the task's process ends", () =>
  withPool({ workers: 2, module: import.meta.resolve("../fixtures/shared/share_objects.ts") }, async (pool, log) => {
    const queue = await pool.apply("makeQueue", [["a", "b"]]) as Queue;
    assertInstanceOf(queue, Queue);
    assertEquals(await queue.get(), "a");
    const wait = assertRejects(() => Promise.all([queue.get(), queue.get()]), EndOfStreamError);
    Deno.kill(pidOf(log), "SIGKILL");
    await wait;
    await assertRejects(() => queue.put(1), EndOfStreamError);
    for await (const _ of queue) throw new Error("It has ended");
  }));

Deno.test("Queue with two writers and two readers over room for 10 moves each item once", () =>
  withPool({ workers: 4 }, async (pool) => {
    const EACH = 500;
    const queue = new Queue<number>(10);
    const write = async (queue: Queue<number>, from: number, count: number) => {
      for (let n = 0; n < count; n++) await queue.put(from + n);
    };
    const ready = new Queue<number>();
    const read = async (queue: Queue<number>, ready: Queue<number>) => {
      // Waits before the first item is there: each reader gets one, however late its process goes on.
      const first = queue.get();
      await ready.put(1);
      const items = [await first];
      let largest = 0;
      for await (const item of queue) {
        items.push(item);
        if (items.length % 50 === 0) largest = Math.max(largest, await queue.qsize());
      }
      return { items, largest };
    };
    const readers = [1, 2].map(() => pool.apply(read, [queue, ready]));
    await Promise.all([ready.get(), ready.get()]);
    await Promise.all([0, EACH].map((from) => pool.apply(write, [queue, from, EACH])));
    queue.close();
    const results = await Promise.all(readers);
    const items = results.flatMap(({ items }) => items).sort((a, b) => a - b);
    assertEquals(items, Array.from({ length: 2 * EACH }, (_, n) => n));
    for (const { items, largest } of results) {
      assertLessOrEqual(largest, 10);
      // Each writer's items come in its order.
      for (const own of [items.filter((n) => n < EACH), items.filter((n) => n >= EACH)]) {
        assertEquals(own, own.toSorted((a, b) => a - b));
      }
    }
  }));

/** The process that got the last task. */
function pidOf(log: { of(type: "taskStart"): { pid: number }[] }): number {
  return log.of("taskStart").at(-1)!.pid;
}

shared.test("A loop over a queue or a pipe that is left while it waits takes nothing that comes later", async (pool) => {
  const [queue, [reader, writer]] = [new Queue<number>(), Pipe<number>()];
  for (
    const [input, give, take] of [
      [queue, (n: number) => queue.put(n), () => queue.get()],
      [reader, (n: number) => writer.send(n), () => reader.recv()],
    ] as [AsyncIterable<number>, (n: number) => Promise<void>, () => Promise<number>][]
  ) {
    const done = { done: true, value: undefined } as const;
    const loop = input[Symbol.asyncIterator]();
    const next = loop.next();
    assertEquals(await loop.return!(), done);
    await give(1);
    assertEquals([await next, await loop.next(), await take()], [done, done, 1]);
    // The same where a pool reads it.
    await give(2);
    const results = pool.imap((item: number) => item * 10, input);
    assertEquals((await results.next()).value, 20);
    await results.return!();
    await give(3);
    assertEquals(await take(), 3);
  }
  const leave = async (queue: Queue<number>, reader: Connection<number>): Promise<boolean[]> => {
    const loops = [queue[Symbol.asyncIterator](), reader[Symbol.asyncIterator]()];
    const steps = loops.map((loop) => loop.next());
    // When this is answered, they wait at the owner.
    await queue.qsize();
    for (const loop of loops) await loop.return!();
    return (await Promise.all(steps)).map(({ done }) => done === true);
  };
  assertEquals(await pool.apply(leave, [queue, reader]), [true, true]);
  await queue.put(4);
  await writer.send(5);
  assertEquals([await queue.get(), await reader.recv()], [4, 5]);
});
