// Unit, and end-to-end with real processes.
import { assert, assertEquals, assertFalse, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import * as one from "../mod.ts";
import { brand, brandOf, shared, sharedLater, sharedSymbol } from "../src/copies.ts";
import { withCopy } from "./helpers/programs/second_copy.ts";

type Library = typeof one;

Deno.test("shared() makes a value once", () => {
  const value = shared("test", () => ({}));
  assertStrictEquals(shared("test", () => ({})), value);
});

Deno.test("sharedLater() loads what is shared when somebody asks for it first, and not when it was ended", () => {
  const loaded: string[] = [];
  const load = (name: string) => () => {
    loaded.push(name);
    shared(name, () => `made by ${name}`);
  };
  sharedLater("later", load("later"));
  assertEquals([shared("later", () => "too late"), shared("later", () => "too late")], [
    "made by later",
    "made by later",
  ]);
  const end = sharedLater("ended", load("ended"));
  end();
  assertEquals(shared("ended", () => "made here"), "made here");
  assertEquals(loaded, ["later"]);
});

Deno.test("sharedLater() leaves what a copy has made after somebody cleared the global scope", () => {
  const end = sharedLater("cleared", () => {});
  delete (globalThis as unknown as Record<symbol, unknown>)[sharedSymbol("cleared")];
  shared("cleared", () => "made since");
  end();
  assertEquals(shared("cleared", () => "made again"), "made since");
});

Deno.test("brand() makes instanceof ask for the name, and leaves subclasses alone", () => {
  const makeClasses = () => {
    class Animal {}
    class Bird extends Animal {}
    brand({ Animal });
    brand({ Bird });
    return { Animal, Bird };
  };
  const [a, b] = [makeClasses(), makeClasses()];
  assertInstanceOf(new a.Animal(), b.Animal);
  assertInstanceOf(new a.Bird(), b.Animal);
  assertInstanceOf(new a.Bird(), b.Bird);
  assertFalse(new a.Animal() instanceof b.Bird);
  class Duck extends a.Bird {}
  class Goose extends b.Bird {}
  assertInstanceOf(new Duck(), b.Bird);
  assertInstanceOf(new Duck(), Duck);
  assertFalse(new Duck() instanceof Goose);
  assertFalse(new b.Bird() instanceof Duck);
  for (const value of [undefined, null, 1, "bird", {}, Object.create(null), () => {}]) {
    assertFalse(value as unknown instanceof a.Animal);
  }
  assertEquals(brandOf(Duck.prototype), undefined);
});

Deno.test("brand() keeps the first of several names", () => {
  class Connection {}
  brand({ Connection });
  brand({ ReadConnection: Connection });
  assertEquals(brandOf(Connection.prototype), "Connection");
});

Deno.test("Two copies of the library in one program take each other's handles and errors for their own", async () => {
  await withCopy(async (folder) => {
    const other: Library = await import(`${folder}mod.ts`);
    assert(other.Pool !== one.Pool);
    const queue = new other.Queue<number>();
    assertInstanceOf(queue, one.Queue);
    await using pool = new one.Pool({ workers: 1 });
    await pool.apply(async (queue: one.Queue<number>) => await queue.put(42), [queue]);
    assertEquals(await queue.get(), 42);

    const lock = new other.Lock();
    using _guard = await lock.acquire();
    assertInstanceOf(new one.Condition(lock as unknown as one.Lock), other.Condition);
    const error = await pool.apply(
      async (lock: one.Lock) => void await lock.acquire({ timeoutMs: 1 }),
      [lock as unknown as one.Lock],
    ).catch((error) => error);
    assertInstanceOf(error, other.TimeoutError);
    assertInstanceOf(error, one.TimeoutError);
    assertFalse(error instanceof other.ClosedError);
  });
});

Deno.test("Handles and items cross between pools, pipes and managers of two copies", async () => {
  await withCopy(async (folder) => {
    const other: Library = await import(`${folder}mod.ts`);
    await using otherPool = new other.Pool({ workers: 1 });
    const [left, right] = one.Pipe<unknown>();
    const queue = new one.Queue<unknown>();
    // A handle inside an item, of one copy, in a queue of the other, taken in a worker of the other.
    await queue.put({ connection: right, list: [1, 2] });
    await otherPool.apply(async (queue: one.Queue<{ connection: one.Connection; list: number[] }>) => {
      const { connection, list } = await queue.get();
      await connection.send(list);
    }, [queue as never]);
    assertEquals(await left.recv(), [1, 2]);
    await queue.put(new other.Lock());
    const lock = await queue.get();
    assertInstanceOf(lock, one.Lock);
    using _guard = await lock.acquire();
    using manager = new other.Manager();
    const dict = manager.dict({ a: new one.Queue() });
    assertInstanceOf(await dict.get("a"), other.Queue);
    assertEquals(await other.wait([left as never], 0), []);
  });
});

Deno.test("waitFutures() and asCompleted() take futures of another copy", async () => {
  await withCopy(async (folder) => {
    const other: Library = await import(`${folder}mod.ts`);
    await using executor = new other.ProcessPoolExecutor({ maxWorkers: 1 });
    const good = executor.submit(Math.sqrt, 16) as unknown as one.Future<number>;
    const bad = executor.submit(() => {
      throw new Error("mine");
    }) as unknown as one.Future<number>;
    const { done, notDone } = await one.waitFutures([good, bad], { returnWhen: "ALL_COMPLETED" });
    assertEquals([done.size, notDone.size], [2, 0]);
    for await (const future of one.asCompleted([good])) assertEquals(await future.result(), 4);
  });
});

Deno.test("currentProcess() and activeChildren() are the same in two copies", async () => {
  await withCopy(async (folder) => {
    const other: Library = await import(`${folder}mod.ts`);
    assertStrictEquals(other.currentProcess() as unknown, one.currentProcess());
    const process = new other.Process({ target: () => {} });
    process.start();
    assertEquals(one.activeChildren().map(({ pid }) => pid), [process.pid]);
    assertInstanceOf(process, one.Process);
    await process.join();
  });
});

Deno.test("An error of another copy travels as what it is", async () => {
  await withCopy(async (folder) => {
    const other: Library = await import(`${folder}mod.ts`);
    const queue = new one.Queue<unknown>();
    await queue.put(new other.TaskTimeoutError("late", 5));
    const error = await queue.get();
    assertInstanceOf(error, one.TaskTimeoutError);
    assertEquals(error.timeoutMs, 5);
    await assertRejects(() => Promise.reject(new other.ClosedError("gone")), one.ClosedError);
  });
});
