// End-to-end. What errors say about values that cannot travel: they name what the caller gave.
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { EncodingError, Manager, type UntypedProxy } from "../../mod.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

class Odd {
  take(..._args: unknown[]): void {}
  give(): unknown {
    return [1, [() => 2]];
  }
  *yieldFunction(): Generator {
    yield { run: () => 1 };
  }
  *throwFunction(): Generator {
    yield 1;
    throw () => 2;
  }
}

/** What each call that cannot send a function says is the path, and how its message begins. Runs in a worker, too. */
async function paths([dict, names, value, array, odd]: UntypedProxy[]): Promise<[string, string][]> {
  const fn = () => {};
  const calls: (() => Promise<unknown>)[] = [
    () => dict!.update({ x: 1, "a b": { deep: fn } }),
    () => dict!.update(new Map<string, unknown>([["x", 1], ["y", [fn]]])),
    () => dict!.update([["x", 1], ["y", fn]]),
    () => dict!.update("x", () => ({ deep: fn })),
    () => dict!.set("x", fn),
    () => names!.update({ x: 1, y: fn }),
    () => value!.update(() => fn),
    () => array!.set(0, fn),
    () => array!.set(0, [1, fn]),
    () => odd!.take(1, { deep: fn }),
    () => odd!.give(),
    async () => await (await odd!.yieldFunction()).next(),
  ];
  const told: [string, string][] = [];
  for (const call of calls) {
    await call().catch((error) => told.push([error.path, error.message.split(": a function")[0]]));
  }
  return told;
}

Deno.test("Manager's objects say where in what was given the value stands that cannot travel", async () => {
  await using manager = new Manager();
  manager.register("Odd", Odd);
  const odd = await manager.create("Odd");
  const proxies = [manager.dict({ x: 1 }), manager.namespace({ x: 1 }), manager.value(1), manager.array([1, 2]), odd];
  const expected = [
    ['$[0]["a b"].deep', 'Cannot send $[0]["a b"].deep'],
    ['$[0].get("y")[0]', 'Cannot send $[0].get("y")[0]'],
    ["$[0][1][1]", "Cannot send $[0][1][1]"],
    ["$.deep", "Cannot send the new value: $.deep"],
    ["$[1]", "Cannot send $[1]"],
    ["$[0].y", "Cannot send $[0].y"],
    ["$", "Cannot send the new value: $"],
    ["$[1]", "Cannot send $[1]"],
    ["$[1][1]", "Cannot send $[1][1]"],
    ["$[1].deep", "Cannot send $[1].deep"],
    ["$[1][0]", "Cannot send what the method returned: $[1][0]"],
    ["$.run", "Cannot send what the generator yielded: $.run"],
  ];
  assertEquals(await paths(proxies as unknown as UntypedProxy[]), expected as [string, string][]);
  await withPool({ workers: 1 }, async (pool) => {
    assertEquals(await pool.apply(paths, [proxies as unknown as UntypedProxy[]]), expected as [string, string][]);
  });
});

Deno.test("Manager.dict() and namespace() say where in what they are filled from the value stands that cannot travel", () => {
  using manager = new Manager();
  const fn = () => {};
  const makers: [path: string, make: () => unknown][] = [
    ["$.y", () => manager.dict({ x: 1, y: fn })],
    ['$.get("y")', () => manager.dict(new Map<string, unknown>([["x", 1], ["y", fn]]))],
    ["$.values()[1]", () => manager.dict(new Map<number, unknown>([[1, 1], [2, fn]]))],
    ["$[1][1]", () => manager.dict<string, unknown>([["x", 1], ["y", fn]])],
    ["$.y", () => manager.namespace({ x: 1, y: fn })],
  ];
  for (const [path, make] of makers) {
    const error = assertThrows(make, EncodingError);
    assertEquals(error.path, path);
    assertStringIncludes(error.message, `Cannot send ${path}: a function`);
  }
});

Deno.test("a generator that throws what cannot travel rejects with an error that shows it", async () => {
  await using manager = new Manager();
  manager.register("Odd", Odd);
  const odd = await manager.create("Odd");
  await withPool({ workers: 1 }, async (pool) => {
    const read = async (odd: UntypedProxy) => await Array.fromAsync(await odd.throwFunction());
    await assertRejects(() => pool.apply(read, [odd]), Error, "The generator threw a function");
  });
});
