/** What a pool must do over every backend: `map`, `imap` and aborts, and the events of it all. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CancelledError, EncodingError, Pool, PoolClosedError, type PoolOptions, Queue } from "../../mod.ts";
import type { BackendAbilities, BackendSettings, TaskBackend } from "../../src/pool/backend.ts";
import { makeLocalBackend } from "../../src/pool/make_local_backend.ts";
import { within } from "../helpers/simulated/clock.ts";
import { SharingTests } from "../helpers/pools/shared_pool.ts";
import { CountedInput } from "../helpers/simulated/counted_input.ts";
import { assertLegalLives, LifeLog } from "../helpers/pools/life_log.ts";

const LIMIT_MS = 60_000;

/** One kind of pool to be tested. */
export interface PoolSubject {
  /** What each test makes its pool with; its workers compile functions that are sent as text. `release()` gives back what the pool needed. */
  open(): Promise<{ readonly options: PoolOptions; release?(): Promise<void> }>;
  /** Whether this machine lacks what it needs. @default false */
  readonly ignore?: boolean;
}

/** What a rule is checked on. */
interface Bench {
  readonly pool: Pool;
  readonly options: PoolOptions;
  /** What the pool's backend says of itself. */
  readonly abilities: BackendAbilities;
  /** What messages call the backend. */
  readonly where: string;
}

/** Runs the contract of a pool. */
export function poolContract(name: string, subject: PoolSubject): void {
  const withBench = async (body: (bench: Bench) => Promise<void>): Promise<void> => {
    const lives = new LifeLog();
    const { options, release } = await subject.open();
    const { watched, abilities } = watchAbilities(options);
    const pool = new Pool(watched);
    pool.observe(lives);
    const where = options.backend?.description.name ?? "this machine";
    try {
      await body({ pool, options, abilities: await abilities(), where });
    } finally {
      await within(LIMIT_MS, () => pool.terminate());
      await release?.();
    }
    assertLegalLives(lives);
    const { submitted, completed, failed, cancelled, waiting, running } = pool.stats();
    assertEquals([completed + failed + cancelled, waiting, running], [submitted, 0, 0]);
    assertEquals(lives.ends, submitted);
  };

  const ignore = subject.ignore === true;
  const shared = new SharingTests(name, withBench, ignore);
  const rule = (title: string, body: (pool: Pool, bench: Bench) => Promise<void>): void =>
    shared.test(`${name}: ${title}`, (bench) => within(LIMIT_MS, () => body(bench.pool, bench)));
  const lastRule = (title: string, body: (pool: Pool) => Promise<void>): void =>
    Deno.test(`${name}: ${title}`, { ignore }, () => withBench(({ pool }) => within(LIMIT_MS, () => body(pool))));

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
    const items = numbers(300);
    const squares = items.map((x) => x * x);
    for (const options of [{}, { chunkSize: 1 }, { chunkSize: 7 }, { chunkSize: 1000 }]) {
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

  lastRule("close() and join() let accepted work finish; nothing is taken any more", async (pool) => {
    const results = pool.mapAsync((x: number) => x + 1, numbers(50));
    pool.close();
    assertThrows(() => pool.applyAsync(Math.sqrt, [1]), PoolClosedError);
    await pool.join();
    assertEquals(await results.get(), numbers(50).map((x) => x + 1));
  });

  lastRule("terminate() cancels what has not ended", async (pool) => {
    const hold = () => new Promise<never>(() => {});
    const calls = numbers(10).map(() => pool.apply(hold));
    const ended = Promise.allSettled(calls);
    await pool.terminate();
    for (const outcome of await ended) {
      assert(outcome.status === "rejected" && outcome.reason instanceof CancelledError);
    }
  });

  rule(
    "takes keys, shared objects and runs' ids where its backend can, and refuses them at the call elsewhere",
    async (pool, bench) => {
      const { abilities: { keys, handles, runIds }, where } = bench;
      const square = (x: number): number => x * x;
      const keyed = () => pool.apply(square, [3], { key: "a" });
      if (keys) assertEquals(await keyed(), 9);
      else await assertRejects(keyed, TypeError, `"key" has no meaning on ${where}`);

      const queue = new Queue<number>();
      const shared = () => pool.apply((queue: Queue<number>) => queue.put(4), [queue]);
      if (handles) assertEquals([await shared(), await queue.get()], [undefined, 4]);
      else await assertRejects(shared, EncodingError, where);
      queue.close();

      const runId = `contract-${crypto.randomUUID()}`;
      const named = () => pool.map(square, [1, 2, 3], { runId, chunkSize: 1 });
      if (runIds) assertEquals([await named(), await named()], [[1, 4, 9], [1, 4, 9]]);
      else await assertRejects(named, TypeError, `"runId" has no meaning on ${where}`);
    },
  );

  rule("takes the options that say how workers are started only where they are started here", async (_pool, bench) => {
    const { options } = bench;
    const others: PoolOptions[] = [{ cwd: Deno.cwd() }, { workers: 2 }, { permissions: "none" }, {
      initializer: Math.sqrt,
    }];
    for (const other of others) {
      const [name] = Object.keys(other);
      const make = () => new Pool({ ...options, ...other });
      if (options.backend === undefined) await make().terminate();
      else assertThrows(make, TypeError, `Cannot make a pool: "${name}" has no meaning on ${bench.where}`);
    }
  });
}

/** Options whose backend can be asked, once the pool is made. */
function watchAbilities(options: PoolOptions): { watched: PoolOptions; abilities(): Promise<BackendAbilities> } {
  const { backend: provider } = options;
  if (provider === undefined) return { watched: options, abilities: () => abilitiesHere(options) };
  let backend: TaskBackend | undefined;
  const { description, takes } = provider;
  const connect = (settings: BackendSettings): TaskBackend => backend = provider.connect(settings);
  return {
    watched: { ...options, backend: { description, takes, connect } },
    abilities: () => Promise.resolve(backend!.abilities),
  };
}

async function abilitiesHere(options: PoolOptions): Promise<BackendAbilities> {
  const backend = makeLocalBackend(options);
  backend.close();
  await backend.ended;
  return backend.abilities;
}
