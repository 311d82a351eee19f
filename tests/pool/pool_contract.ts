/** What a pool must do over every backend: `map`, `imap` and aborts, and the events of it all. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CancelledError, EncodingError, Pool, PoolClosedError, type PoolOptions, Queue } from "../../mod.ts";
import { within } from "../helpers/clock.ts";
import { CountedInput } from "../helpers/counted_input.ts";
import { assertLegalLives, LifeLog } from "../helpers/life_log.ts";

const LIMIT_MS = 60_000;

/** Runs the contract of a pool made with these options. */
export function poolContract(name: string, options: PoolOptions): void {
  const rule = (title: string, body: (pool: Pool) => Promise<void>): void =>
    Deno.test(`${name}: ${title}`, async () => {
      const lives = new LifeLog();
      const pool = new Pool(options);
      pool.observe(lives);
      try {
        await within(LIMIT_MS, () => body(pool));
      } finally {
        await within(LIMIT_MS, () => pool.terminate());
      }
      assertLegalLives(lives);
      const { submitted, completed, failed, cancelled, waiting, running } = pool.stats();
      assertEquals([completed + failed + cancelled, waiting, running], [submitted, 0, 0]);
      assertEquals(lives.ends, submitted);
    });

  const numbers = (size: number): number[] => Array.from({ length: size }, (_, index) => index);

  rule("apply() gives the result, and what the task threw", async (pool) => {
    assertEquals(await pool.apply((x: number) => x * x, [7]), 49);
    assertEquals(await pool.apply(Math.sqrt, [16]), 4);
    const fail = (): never => {
      throw new RangeError("too bad");
    };
    await assertRejects(() => pool.apply(fail), RangeError, "too bad");
  });

  rule("map() gives the results in order, whatever the chunks", async (pool) => {
    const items = numbers(2000);
    const squares = items.map((x) => x * x);
    for (const options of [{}, { chunkSize: 1 }, { chunkSize: 7 }, { chunkSize: 5000 }]) {
      assertEquals(await pool.map((x: number) => x * x, items, options), squares);
    }
    assertEquals(await pool.starmap(Math.pow, [[2, 3], [3, 2]]), [8, 9]);
    assertEquals(await pool.map((x: number) => x, []), []);
  });

  rule("map() rejects with the first error, reads no further, and leaves the pool usable", async (pool) => {
    const input = new CountedInput();
    const failAtFive = (x: number): number => {
      if (x === 5) throw new Error("five");
      return x;
    };
    await assertRejects(() => pool.map(failAtFive, input, { chunkSize: 1 }), Error, "five");
    assert(input.closed);
    assertEquals(await pool.map((x: number) => x, [1, 2]), [1, 2]);
  });

  rule("map() with settle gives an outcome for each item", async (pool) => {
    const even = (x: number): number => {
      if (x % 2 === 1) throw new Error(`${x} is odd`);
      return x;
    };
    const outcomes = await pool.map(even, numbers(6), { settle: true, chunkSize: 4 });
    assertEquals(outcomes.map(({ status }) => status === "fulfilled"), [true, false, true, false, true, false]);
  });

  rule("map() rejects with the reason of its signal at once", async (pool) => {
    const controller = new AbortController();
    const hold = () => new Promise<never>(() => {});
    const running = pool.map(hold, numbers(10), { signal: controller.signal });
    const calls = numbers(20).map(() => pool.apply(hold, [], { signal: controller.signal }));
    await Promise.resolve();
    controller.abort(new Error("enough"));
    await assertRejects(() => running, Error, "enough");
    for (const call of calls) await assertRejects(() => call, Error, "enough");
    await assertRejects(() => pool.apply(hold, [], { signal: controller.signal }), Error, "enough");
    assertEquals(await pool.apply((x: number) => x + 1, [1]), 2);
  });

  rule("imap() reads its input as results are taken, and gives them in order", async (pool) => {
    const input = new CountedInput();
    const taken: number[] = [];
    for await (const value of pool.imap((x: number) => x * 2, input, { bufferSize: 6 })) {
      taken.push(value);
      assert(input.pulled <= taken.length + 6, `${input.pulled} read, ${taken.length} taken`);
      if (taken.length === 40) break;
    }
    assertEquals(taken, numbers(40).map((x) => x * 2));
    assert(input.closed);
  });

  rule("imapUnordered() gives every result once, and goes on behind an error", async (pool) => {
    const failAtThree = (x: number): number => {
      if (x === 3) throw new Error("three");
      return x;
    };
    const iterator = pool.imapUnordered(failAtThree, numbers(10));
    const values: number[] = [];
    let errors = 0;
    for (let n = 0; n < 10; n++) await iterator.next().then(({ value }) => values.push(value), () => errors++);
    assertEquals([values.toSorted((a, b) => a - b), errors], [[0, 1, 2, 4, 5, 6, 7, 8, 9], 1]);
    assertEquals((await iterator.next()).done, true);
  });

  rule("close() and join() let accepted work finish; nothing is taken any more", async (pool) => {
    const results = pool.mapAsync((x: number) => x + 1, numbers(50));
    pool.close();
    assertThrows(() => pool.applyAsync(Math.sqrt, [1]), PoolClosedError);
    await pool.join();
    assertEquals(await results.get(), numbers(50).map((x) => x + 1));
  });

  rule("terminate() cancels what has not ended", async (pool) => {
    const hold = () => new Promise<never>(() => {});
    const calls = numbers(10).map(() => pool.apply(hold));
    const ended = Promise.allSettled(calls);
    await pool.terminate();
    for (const outcome of await ended) {
      assert(outcome.status === "rejected" && outcome.reason instanceof CancelledError);
    }
  });

  if (options.backend === undefined) return;

  rule("refuses at the call what its backend cannot do", async (pool) => {
    await assertRejects(() => pool.apply(Math.sqrt, [1], { key: "a" }), TypeError, '"key" has no meaning on a fake');
    const queue = new Queue<number>();
    await assertRejects(() => pool.apply((q: Queue<number>) => q, [queue]), EncodingError, "a fake");
    queue.close();
  });

  Deno.test(`${name}: options that say how workers are started have no meaning`, () => {
    assertThrows(
      () => new Pool({ ...options, cwd: "/tmp" }),
      TypeError,
      'Cannot make a pool: "cwd" has no meaning on a fake, it is all in memory',
    );
    for (const option of [{ workers: 2 }, { permissions: "none" }, { initializer: Math.sqrt }] as PoolOptions[]) {
      assertThrows(() => new Pool({ ...options, ...option }), TypeError, "has no meaning");
    }
  });
}
