// End-to-end tests of Pool.imap() and Pool.imapUnordered(): order, bounds, early ends, errors.
import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { CancelledError, EncodingError, Pool, PoolClosedError, WorkerExitError } from "../../../mod.ts";
import { square } from "../../fixtures/tasks/compute.ts";
import { hold } from "../../fixtures/tasks/hold.ts";
import { within } from "../../helpers/simulated/clock.ts";
import { CountedInput } from "../../helpers/simulated/counted_input.ts";
import { EventLog } from "../../helpers/pools/events.ts";
import { Gate, GATE_PERMISSIONS } from "../../helpers/pools/gate.ts";
import { sharePool } from "../../helpers/pools/shared_pool.ts";
import { assertNoWorkerLeft, assertServes, isAlive, withPool } from "../../helpers/pools/with_pool.ts";

const shared = sharePool("Pool.imap() and imapUnordered()", { workers: 2 });

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

// --- results

shared.test("Pool.imap() yields the results in the order of the items", async (pool) => {
  assertEquals(await Array.fromAsync(pool.imap(square, range(10))), range(10).map(square));
  const stepwise = pool.imap(square, range(3));
  assertEquals(await stepwise.next(), { done: false, value: 0 });
  assertEquals(await stepwise.next(), { done: false, value: 1 });
  assertEquals(await stepwise.next(), { done: false, value: 4 });
  assertEquals(await stepwise.next(), { done: true, value: undefined });
  assertEquals(await stepwise.next(), { done: true, value: undefined });
  for (const chunkSize of [1, 7, 100, 2000]) {
    const squares = await Array.fromAsync(pool.imap(square, range(1000), { chunkSize }));
    assertEquals(squares, range(1000).map(square));
  }
});

shared.test("Pool.imap() answers calls of next() that were made at once, in order", async (pool) => {
  const iterator = pool.imap(square, range(5));
  const results = await Promise.all(range(7).map(() => iterator.next()));
  assertEquals(results.map(({ value }) => value), [0, 1, 4, 9, 16, undefined, undefined]);
});

shared.test("Pool.imapUnordered() yields the same results in any order", async (pool) => {
  for (const chunkSize of [1, 7, 100]) {
    const squares = await Array.fromAsync(pool.imapUnordered(square, range(500), { chunkSize }));
    assertEquals(squares.toSorted((a, b) => a - b), range(500).map(square));
  }
});

Deno.test("Pool.imapUnordered() yields a result while an earlier item still runs", () =>
  withPool({ workers: 2, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const holdSome = async (port: number): Promise<string> => {
      if (port === 0) return "quick";
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.read(new Uint8Array(1));
      connection.close();
      return "held";
    };
    const iterator = pool.imapUnordered(holdSome, [gate.port, 0, 0]);
    assertEquals([(await iterator.next()).value, (await iterator.next()).value], ["quick", "quick"]);
    await gate.arrived();
    gate.open();
    assertEquals((await iterator.next()).value, "held");
    assertEquals((await iterator.next()).done, true);
  }));

shared.test("Pool.imap() reads async iterables", async (pool) => {
  for (const options of [{}, { chunkSize: 3 }, { chunkSize: 3, bufferSize: 4 }, { bufferSize: 1 }]) {
    const input = new CountedInput(50);
    assertEquals(await Array.fromAsync(pool.imap(square, input.later(), options)), range(50).map(square));
    assert(input.closed);
  }
});

// --- bounds

shared.test("Pool.imap() reads no more of an endless input than bufferSize ahead", async (pool) => {
  for (const ordered of [true, false]) {
    for (
      const [options, bound] of [[{}, 4], [{ bufferSize: 10 }, 10], [{ chunkSize: 5 }, 20], [
        { bufferSize: 1 },
        1,
      ]] as const
    ) {
      for (const asynchronous of [false, true]) {
        const input = new CountedInput();
        const items = asynchronous ? input.later() : input;
        const iterator = ordered ? pool.imap(square, items, options) : pool.imapUnordered(square, items, options);
        for (let taken = 0; taken < 30; taken++) {
          assertLessOrEqual(input.pulled, taken + bound);
          assertEquals((await iterator.next()).done, false);
        }
        await iterator.return!();
        assert(input.closed);
        assertLessOrEqual(input.pulled, 30 + bound);
      }
    }
  }
});

Deno.test("Pool.imap() reads ahead while nobody takes results, up to bufferSize", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS, concurrency: 6 }, async (pool) => {
    using gate = new Gate();
    let pulled = 0;
    function* ports(): Generator<number> {
      for (;; pulled++) yield gate.port;
    }
    const wait = async (port: number): Promise<void> => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.read(new Uint8Array(1));
      connection.close();
    };
    const iterator = pool.imap(wait, ports(), { bufferSize: 5 });
    await gate.arrived(5);
    assertEquals(pulled, 4);
    gate.open();
    await iterator.next();
    await gate.arrived(1);
    await iterator.return!();
    gate.open();
    await assertServes(pool);
  }));

// --- early ends

shared.test("Pool.imap() cancels the rest and closes the input when the loop is left early", async (pool) => {
  for (const asynchronous of [false, true]) {
    const input = new CountedInput();
    for await (const value of pool.imap(square, asynchronous ? input.later() : input)) if (value > 50) break;
    assert(input.closed);
    assertLessOrEqual(input.pulled, 14);
  }
  assertEquals(pool.stats().waiting, 0);
  await assertServes(pool);
});

shared.test("Pool.imap() closes the input when the loop's body throws", async (pool) => {
  const input = new CountedInput();
  const fault = new Error("the body's fault");
  const loop = async (): Promise<void> => {
    for await (const value of pool.imap(square, input)) if (value > 3) throw fault;
  };
  assertStrictEquals(await loop().catch((error) => error), fault);
  assert(input.closed);
  const iterator = pool.imap(square, new CountedInput());
  assertStrictEquals(await iterator.throw!(fault).catch((error) => error), fault);
  assertEquals((await iterator.next()).done, true);
  await assertServes(pool);
});

Deno.test("Pool.imap() ends waiting calls of next() when return() is called", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const iterator = pool.imap((port: number) => Deno.connect({ port }).then((c) => c.read(new Uint8Array(1))), [
      gate.port,
    ]);
    const waiting = iterator.next();
    await gate.arrived();
    await iterator.return!();
    assertEquals((await waiting).done, true);
    gate.open();
    await assertServes(pool);
  }));

shared.test("Pool.imap() rejects with the signal's reason when it is aborted, and closes the input", async (pool) => {
  const input = new CountedInput();
  const controller = new AbortController();
  const iterator = pool.imap(square, input, { signal: controller.signal });
  assertEquals((await iterator.next()).value, 0);
  const reason = new Error("changed my mind");
  controller.abort(reason);
  // What was computed before the abort comes first.
  let outcome: unknown = 0;
  while (typeof outcome === "number") outcome = await iterator.next().then(({ value }) => value, (error) => error);
  assertStrictEquals(outcome, reason);
  assertEquals((await iterator.next()).done, true);
  assert(input.closed);
  const late = pool.imap(square, new CountedInput(), { signal: controller.signal });
  assertStrictEquals(await late.next().catch((error) => error), reason);
  await assertServes(pool);
});

Deno.test("Pool.imap() rejects waiting calls of next() when it is aborted", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS, abortGraceMs: 0 }, async (pool) => {
    using gate = new Gate();
    const controller = new AbortController();
    const wait = (port: number): Promise<unknown> =>
      Deno.connect({ hostname: "127.0.0.1", port }).then((connection) => connection.read(new Uint8Array(1)));
    const iterator = pool.imap(wait, [gate.port], { signal: controller.signal });
    const waiting = iterator.next().catch((error) => error);
    await gate.arrived();
    controller.abort();
    assertStrictEquals(await waiting, controller.signal.reason);
    assertEquals((await iterator.next()).done, true);
    await assertServes(pool);
  }));

/** An input that gives one item, and never answers again. */
async function* silentBehind<T>(item: T): AsyncGenerator<T, void, void> {
  yield item;
  await new Promise<never>(() => {});
}

Deno.test("Pool.imap() does not wait for an input that is silent when it is aborted, left, or its pool ends", () =>
  withPool({ workers: 1 }, async (pool) => {
    const controller = new AbortController();
    const aborted = pool.imap(square, silentBehind(2), { signal: controller.signal });
    assertEquals((await aborted.next()).value, 4);
    const waiting = aborted.next();
    controller.abort();
    assertStrictEquals(await waiting.catch((error) => error), controller.signal.reason);
    for await (const value of pool.imap(square, silentBehind(3))) {
      assertEquals(value, 9);
      break;
    }
    await assertServes(pool);
    const ended = pool.imap(square, silentBehind(4));
    assertEquals((await ended.next()).value, 16);
    const cut = ended.next().catch((error) => error);
    await pool[Symbol.asyncDispose]();
    assertInstanceOf(await cut, PoolClosedError);
  }));

Deno.test("Pool.imap() rejects when its pool is terminated while its input is silent", () =>
  withPool({ workers: 1 }, async (pool) => {
    const iterator = pool.imap(square, silentBehind(2));
    assertEquals((await iterator.next()).value, 4);
    const waiting = iterator.next().catch((error) => error);
    await pool.terminate();
    assertInstanceOf(await waiting, CancelledError);
  }));

// --- errors

shared.test("Pool.imap() yields what comes before the input's error, then rejects with it, then is done", async (pool) => {
  for (const index of [0, 3]) {
    for (const chunkSize of [1, 2]) {
      const fault = new SyntaxError("the input's fault");
      const iterator = pool.imap(square, new CountedInput().failingAt(index, fault), { chunkSize });
      const whole = index - index % chunkSize;
      for (let item = 0; item < whole; item++) assertEquals((await iterator.next()).value, item * item);
      assertStrictEquals(await iterator.next().catch((error) => error), fault);
      assertEquals((await iterator.next()).done, true);
      const unordered = pool.imapUnordered(square, new CountedInput().failingAt(index, fault), { chunkSize });
      const values = [];
      for (let item = 0; item < whole; item++) values.push((await unordered.next()).value);
      assertEquals(values.toSorted((a, b) => a! - b!), range(whole).map(square));
      assertStrictEquals(await unordered.next().catch((error) => error), fault);
    }
  }
  await assertServes(pool);
});

shared.test("Pool.imap() rejects the next() of an item that failed, and goes on behind it", async (pool) => {
  const picky = (x: number): number => {
    if (x % 3 === 1) throw new RangeError(`item ${x}`);
    return x;
  };
  for (const chunkSize of [1, 2, 4, 100]) {
    const outcomes: unknown[] = [];
    const iterator = pool.imap(picky, range(8), { chunkSize });
    for (const _ of range(8)) {
      outcomes.push(await iterator.next().then(({ value }) => value, (error) => error.message));
    }
    assertEquals(outcomes, [0, "item 1", 2, 3, "item 4", 5, 6, "item 7"]);
    assertEquals((await iterator.next()).done, true);
  }
  await assertServes(pool);
});

Deno.test("Pool.imap() rejects the next() of an item that cannot travel, and goes on behind it", () =>
  withPool({ workers: 1 }, async (pool, log) => {
    const identity = (value: unknown): unknown => value;
    const iterator = pool.imap(identity, [1, () => 2, 3]);
    assertEquals((await iterator.next()).value, 1);
    await assertRejects(() => iterator.next(), EncodingError);
    assertEquals((await iterator.next()).value, 3);
    assertEquals((await iterator.next()).done, true);
    const odd = (x: number): unknown => x === 1 ? Symbol("s") : x;
    for (const chunkSize of [1, 3]) {
      const results = pool.imap(odd, range(3), { chunkSize });
      assertEquals((await results.next()).value, 0);
      await assertRejects(() => results.next(), EncodingError);
      assertEquals((await results.next()).value, 2);
      assertEquals((await results.next()).done, true);
    }
    assertEquals(log.pids.length, 1);
  }));

shared.test("Pool.imap() rejects the next() of an item whose worker died, and goes on behind it", async (pool) => {
  const dieAtOne = (x: number): number => x === 1 ? Deno.exit(7) : x;
  const iterator = pool.imap(dieAtOne, range(3));
  assertEquals((await iterator.next()).value, 0);
  const error = await assertRejects(() => iterator.next(), WorkerExitError);
  assertEquals([error.exitCode, error.taskStarted], [7, true]);
  assertEquals((await iterator.next()).value, 2);
  assertEquals((await iterator.next()).done, true);
  await assertServes(pool);
});

// --- the end of the pool

Deno.test("Pool.join() reads an open iterator's input to its end, and the results are kept", async () => {
  const log = new EventLog();
  const pool = new Pool({ workers: 2, onEvent: log.listener });
  const input = new CountedInput(100);
  const iterator = pool.imap(square, input);
  pool.close();
  await pool.join();
  assert(input.closed);
  assertNoWorkerLeft(pool, log);
  assertEquals(await Array.fromAsync(iterator), range(100).map(square));
});

Deno.test("Pool.join() finishes when an iterator is read at the same time", async () => {
  const log = new EventLog();
  const pool = new Pool({ workers: 2, onEvent: log.listener });
  const all = Array.fromAsync(pool.imap(square, new CountedInput(300).later()));
  pool.close();
  const joined = pool.join();
  assertEquals(await all, range(300).map(square));
  await joined;
  assertNoWorkerLeft(pool, log);
});

Deno.test("Pool.join() finishes after a loop was left because of an item's error", async () => {
  const log = new EventLog();
  const pool = new Pool({ workers: 1, onEvent: log.listener });
  const picky = (x: number): number => {
    if (x === 2) throw new RangeError("item 2");
    return x;
  };
  const input = new CountedInput();
  await assertRejects(() => Array.fromAsync(pool.imap(picky, input)), RangeError, "item 2");
  pool.close();
  await within(5000, () => pool.join());
  assert(input.closed);
  assertNoWorkerLeft(pool, log);
});

Deno.test("Pool closes an open iterator at the end of its scope, also over an endless input", async () => {
  const log = new EventLog();
  const input = new CountedInput();
  let iterator: AsyncIterableIterator<number>;
  {
    await using pool = new Pool({ workers: 2, onEvent: log.listener });
    iterator = pool.imap(square, input);
    assertEquals((await iterator.next()).value, 0);
  }
  assert(input.closed);
  const rest = await Array.fromAsync(iterator).catch((error) => error);
  assertInstanceOf(rest, PoolClosedError);
  for (const pid of log.pids) assertFalse(isAlive(pid));
});

Deno.test("Pool gives a loop that runs at the end of its scope what was submitted, then PoolClosedError", async () => {
  const values: number[] = [];
  let loop: Promise<unknown>;
  const input = new CountedInput();
  {
    await using pool = new Pool({ workers: 2 });
    const iterator = pool.imap(square, input);
    loop = (async () => {
      for await (const value of iterator) values.push(value);
    })().catch((error) => error);
    await pool.apply(Math.sqrt, [4]);
  }
  assertInstanceOf(await loop, PoolClosedError);
  assert(input.closed);
  assertEquals(values, range(input.pulled).map(square));
});

Deno.test("Pool.imap() rejects when the pool is terminated, and closes the input", async () => {
  using gate = new Gate();
  const log = new EventLog();
  const pool = new Pool({ workers: 1, permissions: GATE_PERMISSIONS, onEvent: log.listener });
  const iterator = pool.imap((port: number) => port, [0]);
  assertEquals((await iterator.next()).value, 0);
  const held = pool.applyAsync(hold<number>, [gate.port, 1]);
  await gate.arrived();
  const input = new CountedInput();
  const open = pool.imap(square, input);
  const waiting = open.next().catch((error) => error.name);
  await within(1000, () => pool.terminate());
  assertEquals(await waiting, "CancelledError");
  assertEquals((await open.next()).done, true);
  assertEquals(await held.get().catch((error) => error.name), "CancelledError");
  assert(input.closed);
  assertNoWorkerLeft(pool, log);
});
