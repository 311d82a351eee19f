// End-to-end tests of Pool: many calls.
import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import * as compute from "../../fixtures/tasks/compute.ts";
import { hold, holdThenThrow } from "../../fixtures/tasks/hold.ts";
import { Gate, GATE_PERMISSIONS } from "../../helpers/pools/gate.ts";
import { sharePool } from "../../helpers/pools/shared_pool.ts";
import { assertServes, withPool } from "../../helpers/pools/with_pool.ts";

const shared = sharePool("Pool.map()", { workers: 2 });

const HOLD = import.meta.resolve("../../fixtures/tasks/hold.ts");

shared.test("Pool.map() and Pool.starmap() give the results in the order of the items", async (pool) => {
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
});

shared.test("Pool.map() works on the items that an array had when it was called", async (pool) => {
  const batch = Array.from({ length: 500 }, (_, index) => index);
  const doubled = pool.map(compute.twice, batch, { chunkSize: 1 });
  const squares = pool.mapAsync(compute.square, batch);
  batch.length = 0;
  batch.push(7);
  assertEquals(await doubled, Array.from({ length: 500 }, (_, index) => 2 * index));
  assertEquals(await squares, Array.from({ length: 500 }, (_, index) => index * index));
});

shared.test("Pool.map() reads generators and async iterables", async (pool) => {
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
});

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

shared.test("Pool.mapAsync() calls its callback once with all results, its errorCallback once with the error", async (pool) => {
  const told: unknown[] = [];
  await pool.mapAsync(compute.square, [1, 2, 3], { callback: (all) => told.push(all) });
  const failing = (x: number): number => {
    if (x > 1) throw new RangeError(`item ${x}`);
    return x;
  };
  await pool.mapAsync(failing, [1, 2], { errorCallback: (error) => told.push((error as Error).message) }).wait();
  assertEquals(told, [[1, 4, 9], "item 2"]);
});

shared.test("Pool.map() rejects with the input's own error when the input throws", async (pool) => {
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
});

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

shared.test("Pool.map() rejects with the first error also while its input is silent", async (pool) => {
  async function* silentBehind(item: number): AsyncGenerator<number, void, void> {
    yield item;
    await new Promise<never>(() => {});
  }
  const refuse = (item: number): never => {
    throw new RangeError(`item ${item} is refused`);
  };
  await assertRejects(() => pool.map(refuse, silentBehind(7), { chunkSize: 1 }), RangeError, "item 7 is refused");
  await assertServes(pool);
});

Deno.test("Pool.map() waits for all chunks when items fail with large errors, and the pool ends", () =>
  withPool({ workers: 2 }, async (pool) => {
    const fail = (): never => {
      throw Object.assign(new Error("large"), { payload: "x".repeat(1024 * 1024) });
    };
    await assertRejects(() => pool.map(fail, [1, 2, 3, 4, 5, 6], { chunkSize: 1 }), Error, "large");
    await assertServes(pool);
  }));

shared.test("Pool.map() rejects with TypeError when the input cannot be iterated", async (pool) => {
  for (const input of [5, null, undefined, {}]) {
    await assertRejects(() => pool.map(Math.sqrt, input as never), TypeError, "Cannot iterate");
    assertThrows(() => pool.imap(Math.sqrt, input as never), TypeError, "Cannot iterate");
  }
  await assertServes(pool);
});

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
