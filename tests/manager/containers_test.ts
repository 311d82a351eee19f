// End-to-end tests of NamespaceProxy, and of containers in containers, from this process and from workers.
import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { type DictProxy, type ListProxy, Manager, type NamespaceProxy, type Queue } from "../../mod.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";

const shared = sharePool("proxies in proxies in workers", { workers: 3 });

const CHILDREN = 3;

// --- nesting

shared.test("ListProxy holds lists that three workers append to, each to its own", async (pool) => {
  await using manager = new Manager();
  const table = manager.list(Array.from({ length: CHILDREN }, () => manager.list<number>()));
  await pool.ready();
  await pool.starmap(
    async (table: ListProxy<ListProxy<number>>, row: number) => {
      for (let n = 0; n < 10; n++) await (await table.at(row)).push(row * 100 + n);
    },
    Array.from({ length: CHILDREN }, (_, row) => [table, row] as const),
    { chunkSize: 1 },
  );
  for (let row = 0; row < CHILDREN; row++) {
    assertEquals(await (await table.at(row)).toArray(), Array.from({ length: 10 }, (_, n) => row * 100 + n));
  }
});

shared.test("ListProxy keeps inner lists apart, and may hold itself", async (pool) => {
  await using manager = new Manager();
  const inner = Array.from({ length: 5 }, () => manager.list<number>());
  const outer = manager.list<ListProxy>(inner as ListProxy[]);
  await inner[0]!.push(7);
  assertEquals(await (await outer.at(0)).toArray(), [7]);
  assertEquals(await (await outer.at(1)).toArray(), []);
  await outer.push(outer as ListProxy);
  const length = await pool.apply(async (outer: ListProxy<ListProxy>) => {
    const itself = await (await outer.at(-1)).at(-1) as ListProxy;
    return await itself.length();
  }, [outer]);
  assertEquals(length, 6);
});

shared.test("DictProxy keeps nested proxies live, and plain nested values plain", async (pool) => {
  await using manager = new Manager();
  const pets = manager.dict<string, number>({ ferrets: 2 });
  const people = manager.dict<string, unknown>({ pets, plain: ["a"], deep: { pets: [pets] } });
  await pool.apply(async (people: DictProxy<string, unknown>) => {
    await (await people.get("pets") as DictProxy<string, number>).add("ferrets", 1);
    (await people.get("plain") as string[]).push("b");
  }, [people]);
  const seen = await pool.apply(async (people: DictProxy<string, unknown>) => {
    const { pets: [pets] } = await people.get("deep") as { pets: [DictProxy<string, number>] };
    return [await pets.get("ferrets"), await people.get("plain")];
  }, [people]);
  assertEquals(seen, [3, ["a"]]);
  assertStrictEquals(await people.get("pets"), pets);
  assertEquals(await pets.toObject(), { ferrets: 3 });
  await people.delete("pets");
  assertEquals(await pets.get("ferrets"), 3);
});

shared.test("DictProxy and ListProxy hold queues", async (pool) => {
  await using manager = new Manager();
  const list = manager.list(Array.from({ length: 3 }, () => manager.queue<number>()));
  const dict = manager.dict({ queues: list });
  await pool.apply(async (dict: DictProxy<string, ListProxy<Queue<number>>>) => {
    const queues = (await dict.get("queues"))!;
    await (await queues.at(1)).put(55);
  }, [dict]);
  assertEquals(await (await list.at(1)).get(), 55);
  assertEquals(await (await list.at(0)).empty(), true);
});

// --- namespace

shared.test("NamespaceProxy shares names and values", async (pool) => {
  await using manager = new Manager();
  interface Settings {
    name: string;
    count: number;
    extra?: string;
  }
  const settings = manager.namespace<Settings>({ name: "Bob", count: 1 });
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
