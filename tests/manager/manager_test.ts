// End-to-end tests, and a unit test, of Manager: its lifetime, the primitives that it makes, and callers that are hostile.
import { assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import {
  ClosedError,
  type DictProxy,
  EndOfStreamError,
  type ListProxy,
  Manager,
  type ObjectProxy,
  ProtocolError,
  type ValueProxy,
} from "../../mod.ts";
import { canDo } from "../../src/hub/shared_object.ts";
import { ArrayObject } from "../../src/manager/objects/array_object.ts";
import { DictObject } from "../../src/manager/objects/dict_object.ts";
import { ListObject } from "../../src/manager/objects/list_object.ts";
import { ValueObject } from "../../src/manager/objects/value_object.ts";
import { Counter } from "../fixtures/shared/registered_types.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

Deno.test("Manager closes what it made at the end of its scope", async () => {
  const manager = new Manager();
  const dict = manager.dict({ a: 1 });
  {
    await using scope = manager;
    assertEquals(await scope.list([1]).length(), 1);
    assertEquals(await dict.get("a"), 1);
  }
  await assertRejects(() => dict.get("a"), ClosedError, "it was closed");
  assertThrows(() => manager.dict(), ClosedError, "Cannot make an object: the manager is closed");
  await assertRejects(() => manager.create("Any"), ClosedError);
  manager.close();
});

Deno.test("Manager.close() ends its objects in other processes, also inside others' containers", async () => {
  const manager = new Manager();
  await using other = new Manager();
  const value = manager.value(1);
  const queue = manager.queue<number>();
  const list = other.list<ValueProxy<number>>([value]);
  await withPool({ workers: 2 }, async (pool) => {
    const waiting = pool.apply((queue: { get(): Promise<number> }) => queue.get(), [queue]);
    assertEquals(await pool.apply((value: ValueProxy<number>) => value.add(1), [value]), 2);
    manager.close();
    await assertRejects(() => waiting, EndOfStreamError);
    const use = async (list: ListProxy<ValueProxy<number>>) => await (await list.at(0)).get();
    await assertRejects(() => pool.apply(use, [list]), ClosedError);
    await assertRejects(() => pool.apply((value: ValueProxy<number>) => value.get(), [value]), ClosedError);
  });
});

Deno.test("Manager makes every primitive, for workers too, and closes them all", async () => {
  const manager = new Manager();
  const made = {
    lock: manager.lock(),
    rlock: manager.rlock(),
    semaphore: manager.semaphore(2),
    bounded: manager.boundedSemaphore(1),
    condition: manager.condition(),
    event: manager.event(),
    barrier: manager.barrier(1),
    queue: manager.queue<number>(2),
    joinable: manager.joinableQueue<number>(2),
    simple: manager.simpleQueue<number>(),
  };
  await withPool({ workers: 1 }, async (pool) => {
    await pool.apply(async (it: typeof made) => {
      await it.event.set();
      await it.lock.acquire();
      using _rlock = await it.rlock.acquire();
      await it.semaphore.acquire();
      await it.bounded.acquire();
      using _condition = await it.condition.acquire();
      await it.barrier.wait();
      await it.queue.put(5);
      await it.queue.put(6);
      await it.joinable.put(7);
      await it.joinable.get();
      await it.joinable.taskDone();
      await it.simple.put(8);
    }, [made]);
    assertEquals([await made.event.isSet(), await made.lock.locked()], [true, true]);
    await made.lock.release();
    await assertRejects(() => made.lock.release(), Error, "nobody holds it");
    await made.semaphore.release();
    await made.bounded.release();
    await assertRejects(() => made.bounded.release());
    await made.joinable.join();
    assertEquals([await made.queue.full(), await made.queue.get(), await made.queue.qsize()], [true, 5, 1]);
    assertEquals(await made.simple.get(), 8);
    manager.close();
    for (const use of [() => made.lock.acquire(), () => made.event.isSet(), () => made.queue.get()]) {
      await assertRejects(use, ClosedError);
    }
    await assertRejects(
      () => pool.apply((lock: { locked(): Promise<boolean> }) => lock.locked(), [made.lock]),
      ClosedError,
    );
  });
});

Deno.test("Manager closes one object, and the others stay", async () => {
  await using manager = new Manager();
  const [one, two] = [manager.value(1), manager.value(2)];
  one.close();
  await assertRejects(() => one.get(), ClosedError);
  assertEquals(await two.get(), 2);
});

Deno.test("Manager's objects outlive the worker that filled them", async () => {
  await using manager = new Manager();
  const dict = manager.dict<string, number>();
  await withPool({ workers: 1, onWorkerExit: "replace" }, async (pool) => {
    const fill = async (dict: DictProxy<string, number>) => {
      await dict.set("before", 1);
      Deno.exit(3);
    };
    await assertRejects(() => pool.apply(fill, [dict]));
    assertEquals(await pool.apply((dict: DictProxy<string, number>) => dict.get("before"), [dict]), 1);
  });
});

Deno.test("Manager's objects can do nothing that every object can", () => {
  const objects = [new DictObject([], ""), new ListObject([]), new ValueObject(0), new ArrayObject(new Uint8Array(1))];
  for (const object of objects) {
    for (const name of ["constructor", "__proto__", "toString", "operations", ""]) {
      assertFalse(canDo(object, name), name);
    }
  }
});

Deno.test("Manager's objects have only their own operations, whatever a worker asks for", async () => {
  await using manager = new Manager();
  manager.register("Counter", Counter);
  const counter = await manager.create(Counter);
  type Caller = Record<symbol, { call(name: string, args: unknown[]): Promise<unknown> }>;
  const call = async (proxy: object, name: string, args: unknown[]): Promise<unknown> => {
    const [symbol] = Object.getOwnPropertySymbols(proxy);
    return await (proxy as Caller)[symbol!]!.call(name, args);
  };
  await withPool({ workers: 1, output: "events" }, async (pool) => {
    const asked: [object, string][] = [[manager.dict(), "constructor"], [manager.list(), "__proto__"], [
      counter,
      "toString",
    ]];
    for (const [proxy, name] of asked) {
      // The library asks for none of these: a worker that does is broken, or hostile.
      await assertRejects(() => pool.apply(call, [proxy, name, ["return 1"]]), ProtocolError);
    }
    for (const name of ["constructor", "__proto__", "toString", "__defineGetter__", "valueOf", "_hidden"]) {
      await assertRejects(() => pool.apply(call, [counter, "call", [name, []]]), TypeError);
    }
  });
});

Deno.test("Manager's objects hold against arguments that no proxy sends", async () => {
  await using manager = new Manager();
  manager.register("Counter", Counter);
  const dict = manager.dict({ a: 1 });
  const list = manager.list([1]);
  const array = manager.array([1]);
  const counter = await manager.create(Counter);
  await withPool({ workers: 1 }, async (pool) => {
    const odd = [
      [dict, ["get", "set", "pop", "setDefault", "merge", "add", "read", "write"]],
      [list, ["at", "set", "pop", "extend", "insert", "splice", "slice", "add", "write"]],
      [array, ["at", "set", "add", "slice", "fill", "write"]],
      [counter as ObjectProxy<Counter>, ["call"]],
    ] as const;
    for (const [proxy, names] of odd) {
      const failed = await pool.apply(async (proxy: object, names: readonly string[]) => {
        const [symbol] = Object.getOwnPropertySymbols(proxy);
        const ref = (proxy as Record<symbol, { call(name: string, args: unknown[]): Promise<unknown> }>)[symbol!]!;
        const failed: string[] = [];
        const odd = [{ valueOf: 1 }, [["__proto__"]], null, "1"];
        for (const name of names) {
          for (const arg of odd) {
            await ref.call(name, [arg, arg, arg]).catch((error) => failed.push(`${error.name}`));
          }
        }
        return failed;
      }, [proxy, names]);
      assertEquals(failed.filter((name) => name !== "TypeError" && name !== "RangeError"), []);
    }
  });
  for (const key of await dict.keys()) assertEquals(typeof key, "string");
  for (const item of await array.toArray()) assertEquals(typeof item, "number");
  assertEquals(await counter.increment(), 1);
});
