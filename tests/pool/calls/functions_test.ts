// End-to-end tests of Pool: which function runs.
import { assertEquals, assertRejects } from "@std/assert";
import { FunctionNotFoundError } from "../../../mod.ts";
import * as compute from "../../fixtures/tasks/compute.ts";
import * as made from "../../fixtures/tasks/made_by_factory.ts";
import { countCalls, moduleUrl } from "../../fixtures/tasks/count_calls.ts";
import { sharePool } from "../../helpers/pools/shared_pool.ts";
import { assertServes, withPool } from "../../helpers/pools/with_pool.ts";

const shared = sharePool("functions of a pool without a module", { workers: 1 });

const COMPUTE = import.meta.resolve("../../fixtures/tasks/compute.ts");
const MADE = import.meta.resolve("../../fixtures/tasks/made_by_factory.ts");
const COUNT_CALLS = import.meta.resolve("../../fixtures/tasks/count_calls.ts");

Deno.test("Pool runs an export of its module by name", () =>
  withPool<typeof compute>({ workers: 1, module: COMPUTE }, async (pool) => {
    assertEquals(await pool.apply("square", [4]), 16);
    assertEquals(await pool.apply("twice", [4]), 8);
    assertEquals(await pool.applyAsync("add", [4, 5]), 9);
    assertEquals(await pool.map("square", [1, 2]), [1, 4]);
    assertEquals(await pool.starmap("add", [[1, 2], [3]]), [3, 3]);
    assertEquals(await Array.fromAsync(pool.imap("square", [1, 2])), [1, 4]);
  }));

Deno.test("Pool runs an exported function that is passed as a value by reference", () =>
  withPool({ workers: 1, module: COUNT_CALLS }, async (pool) => {
    assertEquals(await pool.apply(countCalls), 1);
    assertEquals(await pool.apply(countCalls), 2);
    assertEquals(await pool.apply("countCalls"), 3);
    assertEquals(await pool.apply(moduleUrl), COUNT_CALLS);
    assertEquals(await pool.apply("isMain"), false);
  }));

Deno.test("Pool runs no export in place of another one that a factory made, with the same text", () =>
  withPool<typeof made>({ workers: 1, module: MADE }, async (pool) => {
    const calls = [() => pool.apply(made.triple, [1]), () => pool.map(made.double, [1, 2])];
    for (const call of calls) {
      await assertRejects(call, FunctionNotFoundError, 'the name in place of the function: "double" or "triple"');
    }
    assertEquals(await pool.map("triple", [1, 2]), [3, 6]);
    // Names of their own tell them apart.
    assertEquals([await pool.apply(made.fourfold, [1]), await pool.map(made.fivefold, [1])], [4, [5]]);
    await assertRejects(() => pool.apply(made.hidden.tenfold, [1]), ReferenceError, "tenfold is not an export");
    await withPool({ workers: 1, module: MADE, functions: "exports" }, async (strict) => {
      assertEquals(await strict.apply(made.fivefold, [1]), 5);
      await assertRejects(() => strict.apply(made.hidden.tenfold, [1]), FunctionNotFoundError, "not an export");
    });
    await assertServes(pool);
  }));

Deno.test("Pool refuses an exported class by its name as it does by its value", () =>
  withPool<typeof made>({ workers: 1, module: MADE }, async (pool) => {
    const byName = pool as unknown as { apply(name: string): Promise<unknown> };
    await assertRejects(() => byName.apply("Shop"), TypeError, "Cannot run Shop: it is a class, wanted a function");
    const error = await assertRejects(() => byName.apply("nothing"), FunctionNotFoundError);
    assertEquals(error.message.includes("Shop"), false);
  }));

shared.test("Pool runs a self-contained function of any form", async (pool) => {
  const holder = {
    method(x: number): number {
      return x + 1;
    },
    async later(x: number): Promise<number> {
      return await Promise.resolve(x + 2);
    },
    ["computed name"](x: number): number {
      return x + 3;
    },
    async: (x: number): number => x + 4,
    class(x: number): number {
      return x + 5;
    },
    get(x: number): number {
      return x + 5;
    },
  };
  function named(x: number): number {
    return x === 0 ? 0 : 1 + named(x - 1);
  }
  class Tools {
    static help(x: number): number {
      return x + 6;
    }
    work(x: number): number {
      return x + 7;
    }
  }
  const results = [
    await pool.apply(holder.method, [1]),
    await pool.apply(holder.later, [1]),
    await pool.apply(holder["computed name"], [1]),
    await pool.apply(holder.async, [1]),
    await pool.apply(holder.class, [1]),
    await pool.apply((class$: number) => class$ + 5, [1]),
    await pool.apply(holder.get, [1]),
    await pool.apply(Tools.help, [1]),
    await pool.apply(new Tools().work, [1]),
    await pool.apply(named, [9]),
    await pool.apply(function (x: number) {
      return x + 9;
    }, [1]),
    await pool.apply(async (x: number) => await Promise.resolve(x + 10), [1]),
  ];
  assertEquals(results, [2, 3, 4, 5, 6, 6, 6, 7, 8, 9, 10, 11]);
});

shared.test("Pool runs built-ins", async (pool) => {
  assertEquals(await pool.map(Math.sqrt, [1, 4]), [1, 2]);
  assertEquals(await pool.apply(JSON.parse, ["[1]"]), [1]);
  assertEquals(await pool.apply(structuredClone, [{ a: 1 }]), { a: 1 });
  assertEquals(await pool.apply(Object.keys, [{ a: 1 }]), ["a"]);
  assertEquals(await pool.apply(parseInt, ["ff", 16]), 255);
  assertEquals(await pool.map(URL.canParse, ["a:b", "b"]), [true, false]);
});

shared.test("Pool says in a ReferenceError why a function cannot see variables outside itself", async (pool) => {
  const outside = 5;
  const usesOutside = (x: number): number => x + outside;
  const hint = "is not an export of the pool's module";
  await assertRejects(() => pool.apply(usesOutside, [1]), ReferenceError, `usesOutside ${hint}`);
  await assertRejects(() => pool.map(usesOutside, [1]), ReferenceError, hint);
  const later = async (): Promise<number> => await Promise.resolve(outside);
  await assertRejects(() => pool.apply(later), ReferenceError, "outside is not defined");
});

shared.test("Pool says how a function is written that calls itself by the name of the variable that it is in", async (pool) => {
  const factorial = (n: number): number => n < 2 ? 1 : n * factorial(n - 1);
  await assertRejects(() => pool.apply(factorial, [3]), ReferenceError, 'write "function factorial(…) {…}"');
  const named = function factorial(n: number): number {
    return n < 2 ? 1 : n * factorial(n - 1);
  };
  assertEquals(await pool.apply(named, [3]), 6);
});

shared.test("Pool takes no global of Deno for a variable that a function cannot see", async (pool) => {
  const [name, closed, location, close, prompt] = ["Ada", 3, "Berlin", 4, "Sum up: "];
  const functions: ((x: unknown) => unknown)[] = [
    (x) => `${name} ${x}`,
    (x) => ({ x, closed }),
    async (x) => await Promise.resolve(location + x),
    (x) => [x].map((value) => Number(value) - close),
    function (x) {
      return prompt + x;
    },
  ];
  for (const fn of functions) {
    await assertRejects(() => pool.apply(fn, [1]), ReferenceError, " is not defined (the function is not an export");
  }
  // All else stays what it is.
  const rest = [
    await pool.apply(({ name, closed }) => [name, closed], [{ name: "n", closed: "c" }]),
    await pool.apply((x) => ({ name: x.name, close: x.close }), [{ name: "n", close: 1 }]),
    await pool.apply(() => typeof location),
    await pool.apply(() => alert("printed")),
  ];
  assertEquals(rest, [["n", "c"], { name: "n", close: 1 }, "object", undefined]);
});

Deno.test("Pool rejects with FunctionNotFoundError when there is nothing to run", () =>
  withPool({ workers: 1, module: COMPUTE }, async (pool) => {
    await assertRejects(() => pool.apply("squar"), FunctionNotFoundError, '"square"');
    await assertRejects(() => pool.apply("toString"), FunctionNotFoundError, "the module has no such export");
    await assertRejects(() => pool.apply("notAFunction"), FunctionNotFoundError, "the export is not a function");
    await assertRejects(() => pool.map("nothing", [1, 2]), FunctionNotFoundError);
    await assertRejects(() => pool.apply(compute.add.bind(null), [1]), FunctionNotFoundError, "bound or native");
    await assertServes(pool);
    await withPool({ workers: 1 }, async (bare, log) => {
      await assertRejects(() => bare.apply("square"), FunctionNotFoundError, "a name needs a module");
      assertEquals(log.pids, []);
    });
  }));
