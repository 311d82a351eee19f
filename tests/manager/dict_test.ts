// End-to-end tests of DictProxy, from this process and from workers.
import { assertEquals, assertFalse, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { type DictKey, type DictProxy, EncodingError, Manager } from "../../mod.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";

const shared = sharePool("DictProxy in workers", { workers: 3 });

const CHILDREN = 3;

shared.test("DictProxy tells a key whose value is null or undefined from one that is not there", async (pool) => {
  await using manager = new Manager();
  const dict = manager.dict<string, unknown>({ empty: null });
  await dict.set("undefined", undefined);
  const read = async (dict: DictProxy<string, unknown>) => [
    await dict.get("empty"),
    await dict.get("empty", 5),
    await dict.get("undefined", 5),
    await dict.get("absent", 5),
    await dict.setDefault("empty", 6),
    await dict.pop("empty", 7),
    await dict.pop("empty", 8),
  ];
  assertEquals(await pool.apply(read, [dict]), [null, null, undefined, 5, null, null, 8]);
  await dict.set("empty", null);
  assertEquals(await read(dict), [null, null, undefined, 5, null, null, 8]);
  await dict.set("empty", null);
  await assertRejects(() => dict.add("empty", 1), TypeError);
});

shared.test("DictProxy does in a worker what Python's dict proxy does", async (pool) => {
  await using manager = new Manager();
  const dict = manager.dict<string, number>({ a: 1, b: 2 });
  const seen = await pool.apply(async (dict: DictProxy<string, number>) => {
    await dict.set("c", 3);
    const before = [await dict.entries(), await dict.keys(), await dict.values(), await dict.toObject()];
    const popped = [await dict.popItem(), await dict.pop("a"), await dict.pop("z", -1)];
    await dict.update({ d: 4, b: 20 });
    const set = [
      await dict.setDefault("b", 5),
      await dict.setDefault("e", 5),
      await dict.get("x"),
      await dict.get("x", 0),
    ];
    const rest = [
      await dict.has("a"),
      await dict.has("e"),
      await dict.delete("e"),
      await dict.delete("e"),
      await dict.size(),
    ];
    return { before, popped, set, rest };
  }, [dict]);
  assertEquals(seen, {
    before: [[["a", 1], ["b", 2], ["c", 3]], ["a", "b", "c"], [1, 2, 3], { a: 1, b: 2, c: 3 }],
    popped: [["c", 3], 1, -1],
    set: [20, 5, undefined, 0],
    rest: [false, true, true, false, 2],
  });
  assertEquals(await dict.toObject(), { b: 20, d: 4 });
  await dict.clear();
  assertEquals(await dict.size(), 0);
});

Deno.test("DictProxy fills from objects, Maps and pairs, and keeps every kind of key apart", async () => {
  await using manager = new Manager();
  const keys: DictKey[] = [1, "1", true, "true", 1n, "__proto__", "constructor", ""];
  const dict = manager.dict(keys.map((key, index) => [key, index] as const));
  assertEquals(await dict.keys(), keys);
  for (const [index, key] of keys.entries()) assertEquals(await dict.get(key), index);
  assertEquals(await manager.dict(new Map([["m", 1]])).toMap(), new Map([["m", 1]]));
  assertThrows(() => manager.dict(7 as never), TypeError, "Cannot fill a dict from 7");
  assertThrows(() => manager.dict([[{}, 1]] as never), TypeError, "Cannot use an object as a key");
  assertThrows(() => manager.dict(["ab"] as never), TypeError, "pairs of key and value are wanted");
});

shared.test('DictProxy stores the key "__proto__" as data, and changes no prototype', async (pool) => {
  await using manager = new Manager();
  const dict = manager.dict<string, unknown>();
  const polluted = await pool.apply(async (dict: DictProxy<string, unknown>) => {
    await dict.set("__proto__", { polluted: true });
    await dict.update(JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}}'));
    const object = await dict.toObject();
    return "polluted" in object || "polluted" in {};
  }, [dict]);
  assertFalse(polluted);
  assertEquals(await dict.keys(), ["__proto__", "constructor"]);
  const object = await dict.toObject();
  assertStrictEquals(Object.getPrototypeOf(object), Object.prototype);
  assertEquals(Object.getOwnPropertyDescriptor(object, "__proto__")?.value, { polluted: 1 });
  assertFalse("polluted" in {});
});

shared.test("DictProxy says which key is missing, or cannot be one", async (pool) => {
  await using manager = new Manager();
  const dict = manager.dict<string, unknown>({ text: "a" });
  for (const target of [dict, undefined]) {
    const pop = (dict: DictProxy<string, unknown>) => dict.pop("gone");
    const run = () => target === undefined ? pool.apply(pop, [dict]) : pop(target);
    await assertRejects(run, RangeError, 'Cannot pop "gone": the dict has no such key');
  }
  await assertRejects(() => dict.get(null as never), TypeError, "Cannot use null as a key");
  await assertRejects(() => dict.set({} as never, 1), TypeError, "Cannot use an object as a key");
  await assertRejects(() => dict.add("text", 1 as never), TypeError, 'Cannot add 1 to "a"');
  await assertRejects(() => dict.set("f", () => {}), EncodingError, "a function");
  await assertRejects(() => manager.dict().popItem(), RangeError, "the dict is empty");
  assertEquals(await dict.toObject(), { text: "a" });
});

Deno.test("DictProxy.update() sets all keys or none", async () => {
  await using manager = new Manager();
  const dict = manager.dict<DictKey, number>();
  await assertRejects(() => dict.update([["a", 1], [null as never, 2]]), TypeError);
  assertEquals(await dict.size(), 0);
});

Deno.test("DictProxy iterates over what was there when the iteration began", async () => {
  await using manager = new Manager();
  const dict = manager.dict({ a: 1, b: 2 });
  const seen: [string, number][] = [];
  for await (const entry of dict) {
    seen.push(entry);
    await dict.clear();
  }
  assertEquals(seen, [["a", 1], ["b", 2]]);
});

Deno.test("DictProxy copies what it stores and what it gives, in the owner's process too", async () => {
  await using manager = new Manager();
  const row = { cells: [1], bytes: new Uint8Array([1, 2]) };
  const dict = manager.dict<string, typeof row>({ init: row });
  await dict.set("set", row);
  row.cells.push(2);
  row.bytes[0] = 9;
  (await dict.get("set"))!.cells.push(3);
  for (const key of ["init", "set"]) {
    assertEquals(await dict.get(key), { cells: [1], bytes: new Uint8Array([1, 2]) });
  }
});

shared.test("DictProxy takes changes of three workers without a lock and loses none", async (pool) => {
  await using manager = new Manager();
  const dict = manager.dict<string, number>();
  await pool.ready();
  await pool.starmap(
    async (dict: DictProxy<string, number>, child: number) => {
      for (let n = 0; n < 20; n++) {
        await dict.set(`${child}:${n}`, n);
        await dict.add("added", 1);
        await dict.update("updated", (value = 0) => value + 1);
      }
    },
    Array.from({ length: CHILDREN }, (_, child) => [dict, child] as const),
    { chunkSize: 1 },
  );
  assertEquals(await dict.get("added"), 60);
  assertEquals(await dict.get("updated"), 60);
  assertEquals(await dict.size(), 62);
});

shared.test("DictProxy.setDefault() gives all callers the value of the first", async (pool) => {
  await using manager = new Manager();
  const dict = manager.dict<string, number>();
  await pool.ready();
  const values = await pool.starmap(
    (dict: DictProxy<string, number>, n: number) => dict.setDefault("first", n),
    [1, 2, 3, 4].map((n) => [dict, n] as const),
    { chunkSize: 1 },
  );
  assertEquals(new Set(values), new Set([await dict.get("first")]));
});

Deno.test("DictProxy.update() runs the function again when the value changed meanwhile", async () => {
  await using manager = new Manager();
  const dict = manager.dict({ n: 1, other: 0 });
  const calls: (number | undefined)[] = [];
  const result = await dict.update("n", async (n = 0) => {
    calls.push(n);
    await dict.set("other", calls.length); // another key does not count
    if (calls.length === 1) await dict.set("n", 10);
    return n + 1;
  });
  assertEquals([result, calls, await dict.get("n")], [11, [1, 10], 11]);
  await assertRejects(() => dict.update("n", () => Promise.reject(new Error("no"))), Error, "no");
  assertEquals(await dict.get("n"), 11);
});
