// End-to-end tests of ValueProxy and ArrayProxy, from this process and from workers.
import { Buffer } from "node:buffer";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { type ArrayProxy, Manager, type ValueProxy } from "../../mod.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";

const shared = sharePool("ValueProxy and ArrayProxy in workers", { workers: 3 });

shared.test("ValueProxy holds what a worker sets", async (pool) => {
  await using manager = new Manager();
  const cases: [unknown, unknown][] = [[35, 42], [3.5, -0], [2n ** 70n, 1n], ["a", "ü€"], [null, { x: [NaN] }]];
  for (const [before, after] of cases) {
    const value = manager.value(before);
    const seen = await pool.apply(async (value: ValueProxy, after: unknown) => {
      const seen = await value.get();
      await value.set(after);
      return seen;
    }, [value, after]);
    assertEquals([seen, await value.get()], [before, after]);
  }
});

shared.test("ValueProxy.add() and update() lose no change of three workers", async (pool) => {
  await using manager = new Manager();
  const value = manager.value(0);
  const record = manager.value({ count: 0 });
  await pool.ready();
  await pool.starmap(
    async (value: ValueProxy<number>, record: ValueProxy<{ count: number }>) => {
      for (let n = 0; n < 20; n++) {
        await value.add(1);
        await record.update(({ count }) => ({ count: count + 1 }));
      }
    },
    Array(3).fill([value, record]),
    { chunkSize: 1 },
  );
  assertEquals([await value.get(), await record.get()], [60, { count: 60 }]);
});

Deno.test("ValueProxy.add() adds to numbers and bigints only", async () => {
  await using manager = new Manager();
  assertEquals(await manager.value(1.5).add(-2), -0.5);
  assertEquals(await manager.value(1n).add(2n), 3n);
  await assertRejects(() => manager.value(1 as unknown).add(2n as never), TypeError, "Cannot add 2n to 1");
  await assertRejects(() => manager.value("1").add("2" as never), TypeError, "two numbers or two bigints are wanted");
});

shared.test("ArrayProxy shows here the prefix sums that a worker made", async (pool) => {
  await using manager = new Manager();
  const array = manager.array([680, 626, 934, 821, 150, 233, 548, 982, 714, 831]);
  assertEquals([await array.length(), await array.at(0), await array.at(-1)], [10, 680, 831]);
  assertEquals([await array.slice(1, 4), await array.slice(-2)], [[626, 934, 821], [714, 831]]);
  await array.set(1, [13, 14]);
  await pool.apply(async (array: ArrayProxy) => {
    const items = await array.toArray();
    for (let i = 1; i < items.length; i++) await array.set(i, await array.at(i - 1) + items[i]!);
  }, [array]);
  assertEquals(await array.toArray(), [680, 693, 707, 1528, 1678, 1911, 2459, 3441, 4155, 4986]);
});

Deno.test("ArrayProxy made from a size holds zeros", async () => {
  await using manager = new Manager();
  for (let round = 0; round < 3; round++) {
    const array = manager.array(10);
    assertEquals(await array.toArray(), Array(10).fill(0));
    await array.fill(round + 1);
    await array.fill(-1, 1, -1);
    assertEquals(await array.toArray(), [round + 1, ...Array(8).fill(-1), round + 1]);
  }
  assertThrows(() => manager.array(-1), RangeError);
  assertThrows(() => manager.array(["1"] as never), TypeError, 'Cannot store "1" in the array: a number is wanted');
});

shared.test("ArrayProxy keeps the kind of a typed array, and copies it", async (pool) => {
  await using manager = new Manager();
  const bytes = new Uint8Array([1, 2, 255]);
  const array = manager.array(bytes);
  bytes[0] = 9;
  assertEquals(await array.add(2, 2), 1); // as a byte
  const big = manager.array(new BigInt64Array([1n, 2n]));
  const copy = await pool.apply((array: ArrayProxy) => array.toTypedArray(), [array]);
  assertInstanceOf(copy, Uint8Array);
  assertEquals(copy, new Uint8Array([1, 2, 1]));
  assertEquals(await pool.apply((big: ArrayProxy<bigint>) => big.update(0, (n) => n + 5n), [big]), 6n);
  assertEquals(await big.toArray(), [6n, 2n]);
  await assertRejects(() => big.set(0, 1 as never), TypeError, "Cannot store 1 in the array: a bigint is wanted");
});

Deno.test("ArrayProxy copies a Buffer of Node, whose slices are no copies", async () => {
  await using manager = new Manager();
  const buffer = Buffer.from([1, 2, 3]);
  const array = manager.array(buffer);
  buffer[0] = 9;
  assertEquals(await array.toTypedArray(), new Uint8Array([1, 2, 3]));
});

Deno.test("ArrayProxy takes all numbers of a call or none", async () => {
  await using manager = new Manager();
  const array = manager.array([1, 2, 3]);
  await assertRejects(() => array.set(2, [7, 8]), RangeError, "Cannot store 2 items at index 2: the array has 3 items");
  await assertRejects(() => array.set(0, [7, "8" as never]), TypeError);
  await assertRejects(() => array.at(3), RangeError, "Cannot use index 3: the array has 3 items");
  await assertRejects(() => array.fill("0" as never), TypeError);
  await array.set(0, []);
  assertEquals(await Array.fromAsync(array), [1, 2, 3]);
});

shared.test("ArrayProxy.add() and update() lose no change of three workers", async (pool) => {
  await using manager = new Manager();
  const array = manager.array(2);
  await pool.ready();
  await pool.map(
    async (array: ArrayProxy) => {
      for (let n = 0; n < 20; n++) {
        await array.add(0, 1);
        await array.update(1, (item) => item + 1);
      }
    },
    Array(3).fill(array),
    { chunkSize: 1 },
  );
  assertEquals(await array.toArray(), [60, 60]);
});
