// End-to-end tests of ListProxy, from this process and from workers.
import { assertEquals, assertRejects } from "@std/assert";
import { ClosedError, type ListProxy, Manager } from "../../mod.ts";
import { runProgram } from "../helpers/programs/program.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";

const shared = sharePool("ListProxy in workers", { workers: 3 });

const CHILDREN = 3;

shared.test("ListProxy does in a worker what Python's list proxy does", async (pool) => {
  await using manager = new Manager();
  const list = manager.list([3, 1, 2]);
  const seen = await pool.apply(async (list: ListProxy<number>) => {
    const pushed = await list.push(5, 4);
    await list.extend(new Set([9, 9, 1]));
    const asked = [await list.indexOf(1), await list.indexOf(1, 2), await list.indexOf(7), await list.count(1)];
    await list.sort();
    const sorted = await list.toArray();
    await list.sort({ descending: true });
    const descending = await list.toArray();
    await list.sort((a, b) => a % 3 - b % 3 || a - b);
    const ordered = await list.slice();
    await list.reverse();
    await list.insert(1, 100);
    await list.insert(-1, 200);
    await list.remove(1);
    const popped = [await list.pop(), await list.pop(0)];
    const spliced = await list.splice(1, 2, 7, 8);
    await list.set(-1, 6);
    const iterated: number[] = [];
    for await (const item of list) iterated.push(item);
    return { pushed, asked, sorted, descending, ordered, popped, spliced, iterated, length: await list.length() };
  }, [list]);
  assertEquals(seen, {
    pushed: 5,
    asked: [1, 6, -1, 2],
    sorted: [1, 1, 2, 3, 4, 5, 9],
    descending: [9, 5, 4, 3, 2, 1, 1],
    ordered: [3, 9, 1, 1, 4, 2, 5],
    popped: [3, 5],
    spliced: [2, 4],
    iterated: [100, 7, 8, 1, 9, 6],
    length: 6,
  });
  assertEquals([await list.at(0), await list.at(-1), await list.slice(1, -3)], [100, 6, [7, 8]]);
  assertEquals([await list.includes(8), await list.add(0, 1)], [true, 101]);
  await list.clear();
  assertEquals(await list.toArray(), []);
});

Deno.test("ListProxy.slice() and splice(), and those of an array, take infinite bounds, as Array's do", async () => {
  await using manager = new Manager();
  const [list, array] = [manager.list([1, 2, 3]), manager.array([1, 2, 3])];
  assertEquals(await list.slice(-Infinity, Infinity), [1, 2, 3]);
  assertEquals(await array.slice(1, Infinity), [2, 3]);
  assertEquals(await array.toTypedArray(1, Infinity), new Float64Array([2, 3]));
  await array.fill(9, 2, Infinity);
  assertEquals(await array.toArray(), [1, 2, 9]);
  assertEquals(await list.splice(1, -Infinity, 8), []);
  assertEquals(await list.splice(2, Infinity), [2, 3]);
  assertEquals(await list.toArray(), [1, 8]);
  await assertRejects(() => list.slice(0, NaN), TypeError, "a whole number is wanted");
  await assertRejects(() => list.at(Infinity), TypeError, "a whole number is wanted");
});

Deno.test("ListProxy rejects with RangeError where nothing is", async () => {
  await using manager = new Manager();
  const list = manager.list([1]);
  await assertRejects(() => list.at(1), RangeError, "Cannot use index 1: the list has 1 items");
  await assertRejects(() => list.set(-2, 0), RangeError, "Cannot use index -2");
  await assertRejects(() => list.pop(3), RangeError);
  await assertRejects(() => list.remove(2), RangeError, "the list does not have it");
  await assertRejects(() => list.at("0" as never), TypeError, 'Cannot use "0" as an index');
  await assertRejects(() => list.at(0.5), TypeError, "a whole number is wanted");
  await assertRejects(() => manager.list().pop(), RangeError, "the list is empty");
  assertEquals(await list.toArray(), [1]);
});

Deno.test("ListProxy.sort() leaves the list as it is when items cannot be compared", async () => {
  await using manager = new Manager();
  const list = manager.list<unknown>([2, "1", 3]);
  await assertRejects(() => list.sort(), TypeError, "pass a function that can");
  assertEquals(await list.toArray(), [2, "1", 3]);
  const rows = manager.list<unknown>([[2, "a"], [1, "b"], [1], [2n]]);
  await rows.sort();
  assertEquals(await rows.toArray(), [[1], [1, "b"], [2n], [2, "a"]]);
});

shared.test("ListProxy.sort() of a long list is atomic for all, and each sees its own", async (pool) => {
  await using manager = new Manager();
  const list = manager.list(Array.from({ length: 200_000 }, (_, n) => n * 7919 % 200_003));
  const sort = async (list: ListProxy<number>, descending: boolean): Promise<number> => {
    const [, first] = await Promise.all([list.sort({ descending }), list.at(0)]);
    return first;
  };
  await pool.ready();
  const ends = await Promise.all([
    sort(list, false),
    ...[true, false].map((descending) => pool.apply(sort, [list, descending])),
  ]);
  // Another's sort may come between the two calls.
  for (const first of ends) assertEquals(first < 3 || first > 199_999, true, `${first} is first`);
  await list.sort({ descending: true });
  assertEquals(await pool.apply(async (list: ListProxy<number>) => await list.at(-1), [list]), 0);
  assertEquals((await list.toArray()).slice(0, 2), [200_002, 200_001]);
});

Deno.test("A program that waits for nothing but the sort of a list lives until that is done", async () => {
  const { stdout } = await runProgram(`
    const list = new corral.Manager().list(Array.from({ length: 300_000 }, (_, n) => \`\${n * 7919 % 300_007}\`));
    const [, first] = await Promise.all([list.sort(), list.at(0)]);
    console.log(first, await list.length());
  `);
  assertEquals(stdout, "0 300000\n");
});

Deno.test("ListProxy.close() ends a sort that goes on", async () => {
  const manager = new Manager();
  const list = manager.list(Array.from({ length: 1_000_000 }, (_, n) => `${n * 7919 % 1_000_003}`));
  const sorting = list.sort();
  list.close();
  await assertRejects(() => sorting, ClosedError, "was closed");
  manager.close();
});

shared.test("ListProxy finds items by their data, and proxies by what they stand for", async (pool) => {
  await using manager = new Manager();
  const inner = manager.list<number>();
  const list = manager.list<unknown>([
    { a: [1] },
    NaN,
    new Date(0),
    new Uint8Array([1]),
    inner,
    manager.list(),
    "x",
    0,
  ]);
  const needles = [{ a: [1] }, NaN, new Date(0), new Uint8Array([1]), inner, manager.list(), "x", -0, { a: [2] }];
  const find = async (list: ListProxy, needles: unknown[]) => {
    const places: number[] = [];
    for (const needle of needles) places.push(await list.indexOf(needle));
    return places;
  };
  const places = [0, 1, 2, 3, 4, -1, 6, 7, -1];
  assertEquals(await find(list, needles), places);
  assertEquals(await pool.apply(find, [list, needles]), places);
});

Deno.test("ListProxy iterates once over what was there at the first item", async () => {
  await using manager = new Manager();
  const list = manager.list([0, 1, 2]);
  const iterator = list[Symbol.asyncIterator]();
  await list.set(0, 100);
  assertEquals(await Array.fromAsync(iterator), [100, 1, 2]);
  assertEquals(await Array.fromAsync(iterator), []);
});

shared.test("ListProxy.update() and sort() hold against changes of three workers", async (pool) => {
  await using manager = new Manager();
  const list = manager.list([0, 0]);
  await pool.ready();
  await pool.map(
    async (list: ListProxy<number>) => {
      for (let n = 0; n < 10; n++) {
        await list.update(0, (item) => item + 1);
        await list.add(1, 1);
      }
      await list.push(-1);
      await list.sort((a, b) => b - a);
    },
    Array(CHILDREN).fill(list),
    { chunkSize: 1 },
  );
  assertEquals(await list.toArray(), [30, 30, ...Array(CHILDREN).fill(-1)]);
});

Deno.test("ListProxy.push() takes as many items as can be passed on to the owner", async () => {
  await using manager = new Manager();
  const list = manager.list<number>();
  // As arguments of one call more than a third of V8's stack, so three times is too often.
  const items = Array.from({ length: 48_000 }, (_, n) => n);
  assertEquals(await list.push(...items), items.length);
  assertEquals(await list.at(-1), items.length - 1);
});
