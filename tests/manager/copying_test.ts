/** Unit and end-to-end tests of copies of long lists and large dicts for other processes: each is one moment, and the event loop turns while it is made. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type DictProxy, type ListProxy, Manager, WorkerExitError } from "../../mod.ts";
import type { SharedObject } from "../../src/hub/shared_object.ts";
import { EncodedValue } from "../../src/hub/encoded_value.ts";
import { DictObject } from "../../src/manager/objects/dict_object.ts";
import { ListObject } from "../../src/manager/objects/list_object.ts";
import { Gate, GATE_PERMISSIONS } from "../helpers/pools/gate.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const WORKER = { process: "1", task: 0 };
const MANY = 20_000;

const makers: Record<string, (n: number) => unknown> = {
  texts: (n) => `text number ${n}`,
  rows: (n) => ({ id: n, name: `n${n}` }),
  dates: (n) => new Date(n),
  lists: (n) => [n, undefined],
};

/** A copy that a worker asked for, and in how many steps it was made. */
function copy(object: SharedObject, operation: string, ...args: unknown[]): { value: unknown; steps: number } {
  const steps = object.longOperations![operation]!(WORKER, ...args);
  for (let count = 1;; count++) {
    const { done, value } = steps.next();
    if (done) return { value: EncodedValue.open(value), steps: count };
  }
}

Deno.test("a long list is copied for a worker in many steps, whatever is in it", () => {
  for (const [kind, make] of Object.entries(makers)) {
    const items = Array.from({ length: MANY }, (_, n) => make(n));
    const list = new ListObject(items);
    const whole = copy(list, "slice");
    assertEquals(whole.value, items, kind);
    assert(whole.steps > 6, `${kind}: ${whole.steps} steps`);
    assertEquals(copy(list, "slice", 1, 3).value, items.slice(1, 3), kind);
    const [version, ...all] = copy(list, "readAll").value as unknown[];
    assertEquals([typeof version, all.length], ["number", MANY]);
    const removed = copy(list, "splice", 10, MANY - 20);
    assertEquals(removed.value, items.slice(10, -10), kind);
    assert(removed.steps > 6, `${kind}: ${removed.steps} steps`);
    assertEquals(copy(list, "slice").value, [...items.slice(0, 10), ...items.slice(-10)], kind);
  }
});

Deno.test("a large dict is copied for a worker in many steps, whatever is in it", () => {
  for (const [kind, make] of Object.entries(makers)) {
    const entries = Array.from({ length: MANY }, (_, n) => [`key ${n}`, make(n)] as const);
    const dict = new DictObject(entries, "no");
    const wanted = {
      keys: entries.map(([key]) => key),
      values: entries.map(([, value]) => value),
      entries,
    };
    for (const [operation, value] of Object.entries(wanted)) {
      const copied = copy(dict, operation);
      assertEquals(copied.value, value, `${kind} ${operation}`);
      assert(copied.steps > 6, `${kind} ${operation}: ${copied.steps} steps`);
    }
  }
});

Deno.test("a copy of a list for a worker is one moment, and what is called of it meanwhile comes after it", async () => {
  await using manager = new Manager();
  const list = manager.list<string>(Array.from({ length: 20_000 }, (_, n) => `item ${n}`));
  const dict = manager.dict<string, number>(Array.from({ length: 5000 }, (_, n) => [`key ${n}`, 0]));
  const copyOften = async (list: ListProxy<string>, dict: DictProxy<string, number>): Promise<string[]> => {
    const [lists, dicts] = await Promise.all([
      Promise.all(Array.from({ length: 5 }, () => list.toArray())),
      Promise.all(Array.from({ length: 5 }, () => dict.entries())),
    ]);
    return [
      ...lists.map((items) => `${items.length % 2} ${items.slice(20_000).every((item) => item === "more")}`),
      ...dicts.map((entries) => `${new Set(entries.map(([, value]) => value)).size}`),
    ];
  };
  await withPool({ workers: 2 }, async (pool) => {
    const copies = [pool.apply(copyOften, [list, dict]), pool.apply(copyOften, [list, dict])];
    let isCopying = true;
    const changing = (async () => {
      for (let round = 1; isCopying; round++) {
        await list.extend(["more", "more"]);
        await dict.update(Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`key ${n}`, round])));
        // Calls of the owner take no turn of the event loop.
        await new Promise((resolve) => setTimeout(resolve));
      }
    })();
    const all = await Promise.all(copies);
    isCopying = false;
    await changing;
    const wanted = [...Array(5).fill("0 true"), ...Array(5).fill("1")];
    assertEquals(all, [wanted, wanted]);
  });
});

Deno.test("a worker that asks for many copies at once gets all of them, and its other calls are answered", async () => {
  await using manager = new Manager();
  const list = manager.list<string>(Array.from({ length: 3000 }, (_, n) => `item ${n} `.repeat(40)));
  await withPool({ workers: 1 }, async (pool) => {
    const counted = await pool.apply(async (list: ListProxy<string>): Promise<number[]> => {
      const copies = Array.from({ length: 100 }, () => list.toArray());
      const length = await list.length();
      const lengths = await Promise.all(copies.map(async (copy) => (await copy).length));
      return [length, ...new Set(lengths)];
    }, [list]);
    assertEquals(counted, [3000, 3000]);
  });
});

Deno.test("a manager that closes ends the copies that are being made of its lists", async () => {
  const manager = new Manager();
  const list = manager.list<unknown>(Array.from({ length: 30_000 }, (_, n) => ({ n })));
  using gate = new Gate();
  await withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    const task = pool.apply(async (list: ListProxy, port: number): Promise<string[]> => {
      const first = Promise.withResolvers<void>();
      const copyUntilFailure = async (): Promise<string> => {
        try {
          for (;;) {
            await list.toArray();
            first.resolve();
          }
        } catch (error) {
          return (error as Error).name;
        }
      };
      const failures = Array.from({ length: 20 }, copyUntilFailure);
      await first.promise;
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return await Promise.all(failures);
    }, [list, gate.port]);
    await gate.arrived();
    await manager.close();
    assertEquals(await task, Array(20).fill("ClosedError"));
    assertEquals(await pool.apply((n: number) => n + 1, [1]), 2);
  });
});

Deno.test("a worker that is killed while copies are made for it leaves the list and the dict to others", async () => {
  await using manager = new Manager();
  const list = manager.list<unknown>(Array.from({ length: 30_000 }, (_, n) => ({ n })));
  const dict = manager.dict<number, unknown>(Array.from({ length: 15_000 }, (_, n) => [n, { n }]));
  using gate = new Gate();
  await withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    const task = pool.apply(async (list: ListProxy, dict: DictProxy<number, unknown>, port: number): Promise<void> => {
      const first = Promise.withResolvers<void>();
      const copyForEver = async (copy: () => Promise<unknown>): Promise<never> => {
        for (;;) {
          await copy();
          first.resolve();
        }
      };
      const copies = Array.from(
        { length: 10 },
        (_, n) => copyForEver(() => n % 2 === 0 ? list.toArray() : dict.entries()),
      );
      await first.promise;
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      await Promise.all(copies);
    }, [list, dict, gate.port]);
    await gate.arrived();
    Deno.kill(pool.workers[0]!.pid, "SIGKILL");
    await assertRejects(() => task, WorkerExitError);
    const counted = await pool.apply(async (list: ListProxy, dict: DictProxy<number, unknown>): Promise<number[]> => {
      await list.push("later");
      return [(await list.toArray()).length, (await dict.entries()).length];
    }, [list, dict]);
    assertEquals(counted, [30_001, 15_000]);
  });
});
