// End-to-end tests of DictProxy, ListProxy and NamespaceProxy, from this process and from workers.
import { assertEquals, assertFalse, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  ClosedError,
  type DictKey,
  type DictProxy,
  EncodingError,
  type ListProxy,
  Manager,
  type NamespaceProxy,
  type Queue,
} from "../../mod.ts";
import { runProgram } from "../helpers/programs/program.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const CHILDREN = 10;

// --- dict

Deno.test("DictProxy tells a key whose value is null or undefined from one that is not there", async () => {
  await using manager = new Manager();
  const dict = manager.dict<string, unknown>({ empty: null });
  await dict.set("undefined", undefined);
  await withPool({ workers: 1 }, async (pool) => {
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
  });
  await dict.set("empty", null);
  await assertRejects(() => dict.add("empty", 1), TypeError);
});

Deno.test("DictProxy does in a worker what Python's dict proxy does", async () => {
  await using manager = new Manager();
  const dict = manager.dict<string, number>({ a: 1, b: 2 });
  await withPool({ workers: 1 }, async (pool) => {
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

Deno.test('DictProxy stores the key "__proto__" as data, and changes no prototype', async () => {
  await using manager = new Manager();
  const dict = manager.dict<string, unknown>();
  await withPool({ workers: 1 }, async (pool) => {
    const polluted = await pool.apply(async (dict: DictProxy<string, unknown>) => {
      await dict.set("__proto__", { polluted: true });
      await dict.update(JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}}'));
      const object = await dict.toObject();
      return "polluted" in object || "polluted" in {};
    }, [dict]);
    assertFalse(polluted);
  });
  assertEquals(await dict.keys(), ["__proto__", "constructor"]);
  const object = await dict.toObject();
  assertStrictEquals(Object.getPrototypeOf(object), Object.prototype);
  assertEquals(Object.getOwnPropertyDescriptor(object, "__proto__")?.value, { polluted: 1 });
  assertFalse("polluted" in {});
});

Deno.test("DictProxy says which key is missing, or cannot be one", async () => {
  await using manager = new Manager();
  const dict = manager.dict<string, unknown>({ text: "a" });
  await withPool({ workers: 1 }, async (pool) => {
    for (const target of [dict, undefined]) {
      const pop = (dict: DictProxy<string, unknown>) => dict.pop("gone");
      const run = () => target === undefined ? pool.apply(pop, [dict]) : pop(target);
      await assertRejects(run, RangeError, 'Cannot pop "gone": the dict has no such key');
    }
  });
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

Deno.test("DictProxy takes changes of ten workers without a lock and loses none", async () => {
  await using manager = new Manager();
  const dict = manager.dict<string, number>();
  await withPool({ workers: CHILDREN }, async (pool) => {
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
  });
  assertEquals(await dict.get("added"), 200);
  assertEquals(await dict.get("updated"), 200);
  assertEquals(await dict.size(), 202);
});

Deno.test("DictProxy.setDefault() gives all callers the value of the first", async () => {
  await using manager = new Manager();
  const dict = manager.dict<string, number>();
  await withPool({ workers: 4 }, async (pool) => {
    const values = await pool.starmap(
      (dict: DictProxy<string, number>, n: number) => dict.setDefault("first", n),
      [1, 2, 3, 4].map((n) => [dict, n] as const),
      { chunkSize: 1 },
    );
    assertEquals(new Set(values), new Set([await dict.get("first")]));
  });
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

// --- list

Deno.test("ListProxy does in a worker what Python's list proxy does", async () => {
  await using manager = new Manager();
  const list = manager.list([3, 1, 2]);
  await withPool({ workers: 1 }, async (pool) => {
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
  });
  assertEquals([await list.at(0), await list.at(-1), await list.slice(1, -3)], [100, 6, [7, 8]]);
  assertEquals([await list.includes(8), await list.add(0, 1)], [true, 101]);
  await list.clear();
  assertEquals(await list.toArray(), []);
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

Deno.test("ListProxy.sort() of a long list is atomic for all, and each sees its own", async () => {
  await using manager = new Manager();
  const list = manager.list(Array.from({ length: 200_000 }, (_, n) => n * 7919 % 200_003));
  await withPool({ workers: 2 }, async (pool) => {
    const sort = async (list: ListProxy<number>, descending: boolean): Promise<number> => {
      const [, first] = await Promise.all([list.sort({ descending }), list.at(0)]);
      return first;
    };
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

Deno.test("ListProxy finds items by their data, and proxies by what they stand for", async () => {
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
  await withPool({ workers: 1 }, async (pool) => {
    const find = async (list: ListProxy, needles: unknown[]) => {
      const places: number[] = [];
      for (const needle of needles) places.push(await list.indexOf(needle));
      return places;
    };
    const places = [0, 1, 2, 3, 4, -1, 6, 7, -1];
    assertEquals(await find(list, needles), places);
    assertEquals(await pool.apply(find, [list, needles]), places);
  });
});

Deno.test("ListProxy iterates once over what was there at the first item", async () => {
  await using manager = new Manager();
  const list = manager.list([0, 1, 2]);
  const iterator = list[Symbol.asyncIterator]();
  await list.set(0, 100);
  assertEquals(await Array.fromAsync(iterator), [100, 1, 2]);
  assertEquals(await Array.fromAsync(iterator), []);
});

Deno.test("ListProxy.update() and sort() hold against changes of ten workers", async () => {
  await using manager = new Manager();
  const list = manager.list([0, 0]);
  await withPool({ workers: CHILDREN }, async (pool) => {
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
  });
  assertEquals(await list.toArray(), [100, 100, ...Array(CHILDREN).fill(-1)]);
});

// --- nesting

Deno.test("ListProxy holds lists that ten workers append to, each to its own", async () => {
  await using manager = new Manager();
  const table = manager.list(Array.from({ length: CHILDREN }, () => manager.list<number>()));
  await withPool({ workers: CHILDREN }, async (pool) => {
    await pool.starmap(
      async (table: ListProxy<ListProxy<number>>, row: number) => {
        for (let n = 0; n < 10; n++) await (await table.at(row)).push(row * 100 + n);
      },
      Array.from({ length: CHILDREN }, (_, row) => [table, row] as const),
      { chunkSize: 1 },
    );
  });
  for (let row = 0; row < CHILDREN; row++) {
    assertEquals(await (await table.at(row)).toArray(), Array.from({ length: 10 }, (_, n) => row * 100 + n));
  }
});

Deno.test("ListProxy keeps inner lists apart, and may hold itself", async () => {
  await using manager = new Manager();
  const inner = Array.from({ length: 5 }, () => manager.list<number>());
  const outer = manager.list<ListProxy>(inner as ListProxy[]);
  await inner[0]!.push(7);
  assertEquals(await (await outer.at(0)).toArray(), [7]);
  assertEquals(await (await outer.at(1)).toArray(), []);
  await outer.push(outer as ListProxy);
  await withPool({ workers: 1 }, async (pool) => {
    const length = await pool.apply(async (outer: ListProxy<ListProxy>) => {
      const itself = await (await outer.at(-1)).at(-1) as ListProxy;
      return await itself.length();
    }, [outer]);
    assertEquals(length, 6);
  });
});

Deno.test("DictProxy keeps nested proxies live, and plain nested values plain", async () => {
  await using manager = new Manager();
  const pets = manager.dict<string, number>({ ferrets: 2 });
  const people = manager.dict<string, unknown>({ pets, plain: ["a"], deep: { pets: [pets] } });
  await withPool({ workers: 2 }, async (pool) => {
    await pool.apply(async (people: DictProxy<string, unknown>) => {
      await (await people.get("pets") as DictProxy<string, number>).add("ferrets", 1);
      (await people.get("plain") as string[]).push("b");
    }, [people]);
    const seen = await pool.apply(async (people: DictProxy<string, unknown>) => {
      const { pets: [pets] } = await people.get("deep") as { pets: [DictProxy<string, number>] };
      return [await pets.get("ferrets"), await people.get("plain")];
    }, [people]);
    assertEquals(seen, [3, ["a"]]);
  });
  assertStrictEquals(await people.get("pets"), pets);
  assertEquals(await pets.toObject(), { ferrets: 3 });
  await people.delete("pets");
  assertEquals(await pets.get("ferrets"), 3);
});

Deno.test("DictProxy and ListProxy hold queues", async () => {
  await using manager = new Manager();
  const list = manager.list(Array.from({ length: 3 }, () => manager.queue<number>()));
  const dict = manager.dict({ queues: list });
  await withPool({ workers: 1 }, async (pool) => {
    await pool.apply(async (dict: DictProxy<string, ListProxy<Queue<number>>>) => {
      const queues = (await dict.get("queues"))!;
      await (await queues.at(1)).put(55);
    }, [dict]);
  });
  assertEquals(await (await list.at(1)).get(), 55);
  assertEquals(await (await list.at(0)).empty(), true);
});

// --- namespace

Deno.test("NamespaceProxy shares names and values", async () => {
  await using manager = new Manager();
  interface Settings {
    name: string;
    count: number;
    extra?: string;
  }
  const settings = manager.namespace<Settings>({ name: "Bob", count: 1 });
  await withPool({ workers: 1 }, async (pool) => {
    const seen = await pool.apply(async (settings: NamespaceProxy<Settings>) => {
      const name = await settings.get("name");
      await settings.set("name", "Builder");
      await settings.update({ extra: "x" });
      return [
        name,
        await settings.add("count", 2),
        await settings.update("count", (n) => n * 2),
        await settings.keys(),
      ];
    }, [settings]);
    assertEquals(seen, ["Bob", 3, 6, ["name", "count", "extra"]]);
  });
  await settings.delete("extra");
  assertEquals(await settings.toObject(), { name: "Builder", count: 6 });
  assertEquals([await settings.has("name"), await settings.has("extra")], [true, false]);
  await assertRejects(() => settings.get("extra"), RangeError, 'Cannot get "extra": the namespace has no such name');
  await assertRejects(() => settings.delete("extra"), RangeError, 'Cannot delete "extra"');
});

Deno.test("NamespaceProxy refuses names that begin with an underscore", async () => {
  await using manager = new Manager();
  const names = manager.namespace();
  await assertRejects(() => names.set("_hidden", 1), TypeError, 'Cannot share "_hidden" in a namespace');
  await assertRejects(() => names.update({ _hidden: 1 }), TypeError);
  assertThrows(() => manager.namespace({ _hidden: 1 }), TypeError);
  assertEquals(await names.toObject(), {});
});
