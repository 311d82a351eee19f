// End-to-end tests of Manager.register() and create(): objects of classes, called from this process and from workers.
import { assert, assertEquals, assertFalse, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { ClosedError, EncodingError, type IteratorProxy, Manager, type ObjectProxy } from "../../mod.ts";
import type { Pool } from "../../mod.ts";
import { Counter, NamedCounter } from "../fixtures/shared/registered_types.ts";
import { runProgram } from "../helpers/programs/program.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const shared = sharePool("ObjectProxy and IteratorProxy in workers", { workers: 3 });

type CounterProxy = ObjectProxy<Counter>;

/** Runs `body` with a counter, here and in a worker: `call` runs a self-contained function there. */
async function withCounter(
  body: (counter: CounterProxy, call: <R>(fn: (counter: CounterProxy) => R) => Promise<Awaited<R>>) => Promise<void>,
): Promise<void> {
  await withPool({ workers: 1 }, async (pool: Pool) => {
    for (const inWorker of [false, true]) {
      await using manager = new Manager();
      manager.register("Counter", Counter);
      const counter = await manager.create(Counter);
      await body(counter, (fn) => inWorker ? pool.apply(fn, [counter]) : Promise.resolve(fn(counter)));
    }
  });
}

shared.test("Manager.create() makes an object whose methods three workers call", async (pool) => {
  await using manager = new Manager();
  manager.register("Counter", Counter);
  const counter = await manager.create("Counter", 5);
  await pool.ready();
  await pool.map(
    async (counter: CounterProxy) => {
      for (let n = 0; n < 10; n++) await counter.increment();
      await counter.incrementLater();
    },
    Array(3).fill(counter),
    { chunkSize: 1 },
  );
  assertEquals(await counter.increment(0), 38);
  assertEquals((await counter.log()).length, 34);
});

Deno.test("Manager.create() takes the class or its name", async () => {
  await using manager = new Manager();
  manager.register("Named", NamedCounter);
  manager.register("Counter", Counter, { expose: ["increment"] });
  assertEquals(await (await manager.create(NamedCounter, 1)).name(), "named");
  assertEquals(await (await manager.create<NamedCounter>("Named", 1)).increment(), 101);
  assertEquals(await (await manager.create("Counter", 1)).increment(2), 3);
  await assertRejects(() => manager.create("Missing"), TypeError, 'Cannot create "Missing": it is not registered');
  await assertRejects(() => manager.create(class Other {}), TypeError, 'Cannot create "Other"');
  await assertRejects(() => manager.create(Counter, -1), RangeError, "Cannot start at -1");
});

shared.test("ObjectProxy refuses what is not exposed, and names what is", async (pool) => {
  await using manager = new Manager();
  manager.register("Counter", Counter, { expose: ["increment", "log"] });
  manager.register("Open", NamedCounter);
  const counter = await manager.create("Counter");
  const open = await manager.create("Open");
  const refused = async (counter: Record<string, () => Promise<unknown>>, names: string[]) => {
    const messages: string[] = [];
    for (const name of names) {
      await counter[name]!().then(
        () => messages.push(name),
        (error) => messages.push(`${error.name}: ${error.message}`),
      );
    }
    return messages;
  };
  const names = ["fail", "upTo", "total", "_hidden", "#log", "prototype", "arguments", "missing"];
  const call = (fn: typeof refused, proxy: unknown, names: string[]) => pool.apply(fn, [proxy as never, names]);
  for (const run of [call, (fn: typeof refused, proxy: unknown, names: string[]) => fn(proxy as never, names)]) {
    assertEquals(
      await run(refused, counter, names),
      names.map((name) => `TypeError: Cannot call "${name}": Counter exposes "increment", "log"`),
    );
    const [message] = await run(refused, open, ["_hidden"]);
    assert(message!.startsWith('TypeError: Cannot call "_hidden": Open exposes "name", "increment", '));
    assertFalse(message!.includes('", "_hidden"'));
  }
});

Deno.test("ObjectProxy shows nothing that every object has, and takes no fields", async () => {
  await using manager = new Manager();
  manager.register("Counter", Counter);
  const counter = await manager.create(Counter) as unknown as Record<string, unknown>;
  for (const name of ["then", "toJSON"]) assertEquals(counter[name], undefined);
  for (const name of ["toString", "hasOwnProperty"]) {
    assertEquals(counter[name], (Object.prototype as unknown as Record<string, unknown>)[name]);
  }
  assertThrows(() => counter.total = 5, TypeError);
});

Deno.test("Manager.register() refuses what cannot be registered", async () => {
  await using manager = new Manager();
  class Thing {
    run(): void {}
  }
  manager.register("Thing", Thing);
  for (const type of [() => new Thing(), "Thing", undefined, {}]) {
    assertThrows(() => manager.register("New", type as never), TypeError, 'Cannot register "New": a class is wanted');
  }
  for (const method of ["_run", "#run", "constructor", "__proto__", "then", "toString", 7 as never]) {
    assertThrows(() => manager.register("New", Thing, { expose: [method] }), TypeError, "Cannot expose");
  }
  assertThrows(() => manager.register("Thing", Counter), TypeError, "the name is taken");
  assertThrows(() => manager.register("", Thing), TypeError, "a name is wanted");
  manager.register("New", Thing, { expose: ["fly"] });
  await assertRejects(() => manager.create("New"), TypeError, 'Cannot expose "fly": New has no such method');
});

Deno.test("ObjectProxy methods reject with what the method threw", async () => {
  await withCounter(async (_counter, call) => {
    const error = await assertRejects(() => call((counter) => counter.fail()), RangeError, "out of counters");
    assertEquals(error.cause, { total: 0 });
    await assertRejects(() => call((counter) => counter.failOddly()), Error, "The method threw a function");
    await assertRejects(() => call((counter) => counter.makeFunction()), EncodingError);
  });
});

Deno.test("ObjectProxy methods give what the object had at that moment", async () => {
  await withCounter(async (_counter, call) => {
    const logs = await call((counter) => {
      counter.increment(1);
      const first = counter.log();
      counter.increment(2);
      return Promise.all([first, counter.log()]);
    });
    assertEquals(logs, [[1], [1, 2]]);
  });
});

Deno.test("IteratorProxy goes through a generator to its end", async () => {
  await withCounter(async (counter, call) => {
    const seen = await call(async (counter) => {
      const iterator = await counter.upTo(5);
      const steps = [await iterator.next(), await iterator.next(2), await iterator.next(2), await iterator.next()];
      return [...steps, await iterator.next() as unknown, await Array.fromAsync(await counter.upTo(3))];
    });
    assertEquals(seen, [
      { done: false, value: 1 },
      { done: false, value: 3 },
      { done: false, value: 5 },
      { done: true, value: "end" },
      { done: true, value: undefined },
      [1, 2, 3],
    ]);
    assertEquals(await counter.closedCount(), 2);
  });
});

shared.test("a worker keeps 10 000 iterators of an object open, and no more", async (pool) => {
  await using manager = new Manager();
  manager.register("Counter", Counter);
  const counter = await manager.create(Counter);
  const failed = await pool.apply(async (counter: CounterProxy): Promise<string[]> => {
    const open = [];
    for (let n = 0; n < 10; n++) {
      open.push(...await Promise.all(Array.from({ length: 1000 }, () => counter.upTo(2))));
    }
    const attempt = (): Promise<string> => counter.upTo(2).then(() => "open", (error) => `${error}`);
    const full = await attempt();
    await open[0]!.return("no more");
    return [full, await attempt(), await attempt()];
  }, [counter]);
  const refusal = "RangeError: Cannot return an iterator: 10000 of the object are open, end some, by a loop that " +
    "ends or by return()";
  assertEquals(failed, [refusal, "open", refusal]);
});

Deno.test("IteratorProxy is closed when a loop over it is left", async () => {
  await withCounter(async (counter, call) => {
    await call(async (counter) => {
      for await (const n of await counter.upTo(5)) if (n === 2) break;
    });
    assertEquals(await counter.closedCount(), 1);
  });
});

Deno.test("IteratorProxy hands errors on, both ways", async () => {
  await withCounter(async (_counter, call) => {
    const seen = await call(async (counter) => {
      const seen: unknown[] = [];
      try {
        for await (const n of await counter.later(2)) seen.push(n);
      } catch (error) {
        seen.push((error as Error).message);
      }
      const iterator = await counter.upTo(5);
      await iterator.next();
      return [...seen, await iterator.throw(new RangeError("mine")).catch((error) => error.message)];
    });
    assertEquals(seen, [1, 2, "no more", "mine"]);
  });
});

shared.test("IteratorProxy may be passed on to another process", async (pool) => {
  await using manager = new Manager();
  manager.register("Counter", Counter);
  const counter = await manager.create(Counter);
  const iterator = await counter.upTo(5);
  assertInstanceOf(iterator, Object);
  assertEquals(await iterator.next(), { done: false, value: 1 });
  const rest = await pool.apply((iterator: IteratorProxy<number>) => Array.fromAsync(iterator), [iterator]);
  assertEquals(rest, [2, 3, 4, 5]);
});

Deno.test("IteratorProxy is closed when its generator yields what cannot travel", async () => {
  await withCounter(async (counter, call) => {
    const seen = await call(async (counter) => {
      const seen: unknown[] = [];
      for (const iterator of [await counter.functions(), await counter.functionsLater()]) {
        const read = async () => {
          for await (const item of iterator) seen.push(item);
        };
        seen.push(await read().catch((error) => error.name), await iterator.next());
      }
      return seen;
    });
    const end = { done: true, value: undefined };
    assertEquals(seen, [1, "EncodingError", end, 1, "EncodingError", end]);
    assertEquals(await counter.closedCount(), 2);
  });
});

Deno.test("IteratorProxy is closed when the process that asked for it dies", async () => {
  await using manager = new Manager();
  manager.register("Counter", Counter);
  const counter = await manager.create(Counter);
  await withPool({ workers: 1 }, async (pool) => {
    await assertRejects(() =>
      pool.apply(async (counter: CounterProxy) => {
        await (await counter.upTo(5)).next();
        Deno.exit(1);
      }, [counter])
    );
    assertEquals(await counter.closedCount(), 1);
  });
});

Deno.test("IteratorProxy is closed with its object and with its manager", async () => {
  for (const inWorker of [false, true]) {
    await withPool({ workers: 1 }, async (pool) => {
      using manager = new Manager();
      manager.register("Counter", Counter);
      const made: Counter[] = [];
      class Kept extends Counter {
        constructor() {
          super();
          made.push(this);
        }
      }
      manager.register("Kept", Kept);
      const counter = await manager.create(Kept);
      const start = async (counter: CounterProxy) => {
        const iterator = await counter.upTo(5);
        await iterator.next();
        return iterator;
      };
      const iterator = await (inWorker ? pool.apply(start, [counter]) : start(counter));
      manager.close();
      assertEquals(made[0]!.closed, 1);
      await assertRejects(() => iterator.next(), ClosedError);
      await assertRejects(() => counter.increment(), ClosedError);
    });
  }
});

Deno.test("IteratorProxy is closed when nobody has it any more", async () => {
  const { stdout, stderr } = await runProgram(
    `
    class Numbers {
      closed = false;
      isClosed() { return this.closed; }
      *all() { try { for (let n = 0;; n++) yield n; } finally { this.closed = true; } }
    }
    await using manager = new corral.Manager();
    manager.register("Numbers", Numbers);
    const numbers = await manager.create(Numbers);
    await (async () => void await (await numbers.all()).next())();
    console.log(await numbers.isClosed());
    while (!await numbers.isClosed()) {
      gc();
      await new Promise((resolve) => setTimeout(resolve));
    }
    console.log(await numbers.isClosed());`,
    { flags: ["--v8-flags=--expose-gc"] },
  );
  assertEquals(stdout, "false\ntrue\n", stderr);
});
