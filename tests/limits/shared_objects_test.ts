/**
 * End-to-end tests of every public limit of time, with lengths that a runtime's timer holds and lengths that it does not:
 * each either ends the wait soon, or lets it go on until what it waits for has come. Here, those of waits for shared objects, in the program and in a worker.
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Barrier, type Event, Lock, Pipe, Pool, Process, Queue, RLock, wait } from "../../mod.ts";
import { withPool } from "../helpers/pools/with_pool.ts";
import { LIMITS, SHORT, timersAtOnceHaveFired } from "./limits.ts";
import { options, taken, WAITS } from "./waits.ts";

/** Calls the method, says so, and tells how that ended. Self-contained: it runs in workers. */
async function attempt(
  // deno-lint-ignore no-explicit-any -- any of the classes above
  object: any,
  method: string,
  args: unknown[],
  begun?: Queue<string>,
): Promise<string> {
  if (method === "use") args[0] = () => "held";
  if (method === "waitFor") {
    const flag = args[0] as Event;
    args[0] = () => flag.isSet();
  }
  const call = async (): Promise<unknown> => {
    const pending = object[method](...args);
    // The messages of one process keep their order: once this is read, the wait has arrived.
    begun?.put("begun");
    return await pending;
  };
  try {
    const isOfHolder = method.startsWith("wait") && "notify" in object;
    const value = await (isOfHolder ? object.use(call) : call());
    return value === false ? "late" : "in time";
  } catch (error) {
    return ["TimeoutError", "QueueFullError", "QueueEmptyError", "BrokenBarrierError"].includes((error as Error).name)
      ? "late"
      : String(error);
  }
}

for (const [name, { args = options, open }] of Object.entries(WAITS)) {
  Deno.test(`${name}() ends soon with a short limit, and waits with a long one, here and in a worker`, async () => {
    await withPool({ workers: 1 }, async (pool) => {
      for (const place of ["here", "in a worker"]) {
        for (const limit of LIMITS) {
          const { object, method, first, satisfy } = await open();
          const begun = new Queue<string>();
          const end = place === "here"
            ? attempt(object, method, args(limit, first), begun)
            : pool.apply(attempt, [object, method, args(limit, first), begun]);
          await begun.get();
          if (SHORT.includes(limit)) {
            assertEquals(await end, "late", `${limit} ms, ${place}`);
          } else {
            await timersAtOnceHaveFired();
            await satisfy();
            assertEquals(await end, "in time", `${limit} ms, ${place}`);
          }
        }
      }
    });
  });
}

Deno.test("RLock.acquire() ends soon with a short limit, and waits with a long one", () =>
  withPool({ workers: 1 }, async (pool) => {
    for (const limit of LIMITS) {
      // Held by the program; to a task of a worker that is another owner.
      const { object, method, satisfy } = await taken(new RLock(), "acquire");
      const begun = new Queue<string>();
      const end = pool.apply(attempt, [object, method, [{ timeoutMs: limit }], begun]);
      await begun.get();
      if (!SHORT.includes(limit)) {
        await timersAtOnceHaveFired();
        await satisfy();
      }
      assertEquals(await end, SHORT.includes(limit) ? "late" : "in time", `${limit} ms`);
    }
  }));

Deno.test("BarrierOptions.timeoutMs ends a wait soon, or lets it wait", async () => {
  for (const timeoutMs of LIMITS) {
    const barrier = new Barrier(2, { timeoutMs });
    const end = attempt(barrier, "wait", []);
    if (!SHORT.includes(timeoutMs)) {
      await timersAtOnceHaveFired();
      await barrier.wait();
    }
    assertEquals(await end, SHORT.includes(timeoutMs) ? "late" : "in time", `${timeoutMs} ms`);
  }
});

Deno.test("wait() ends soon with a short limit, and waits with a long one, as a number and as an option", async () => {
  for (const timeoutMs of LIMITS) {
    for (const limit of [timeoutMs, { timeoutMs }]) {
      const { promise, resolve } = Promise.withResolvers<void>();
      // Both ends are kept: a pipe whose other end was collected has come to its end.
      const [reader, writer] = Pipe();
      const end = wait([promise, reader], limit);
      // It looks first, and its time begins a turn later: a short one ends by itself, however late that is.
      if (!SHORT.includes(timeoutMs)) timersAtOnceHaveFired().then(resolve);
      assertEquals(await end, SHORT.includes(timeoutMs) ? [] : [promise], `${timeoutMs} ms`);
      writer.close();
    }
  }
});

Deno.test("No wait takes a limit that is NaN, or no number", () =>
  withPool({ workers: 1 }, async (pool) => {
    const lock = new Lock();
    const text = "5" as unknown as number;
    await assertRejects(
      () => lock.acquire({ timeoutMs: NaN }),
      RangeError,
      '"timeoutMs" is NaN, milliseconds are wanted',
    );
    await assertRejects(() => lock.acquire({ timeoutMs: text }), TypeError, '"timeoutMs" is "5", a number of');
    await assertRejects(() => pool.apply((lock: Lock) => lock.acquire({ timeoutMs: NaN }), [lock]), RangeError, "NaN");
    await assertRejects(() => wait([lock.acquire()], NaN), RangeError, "NaN");
    await assertRejects(() => pool.applyAsync(Math.sqrt, [4]).get(NaN), RangeError, "NaN");
    assertThrows(() => new Barrier(2, { timeoutMs: NaN }), RangeError, "NaN");
    for (const name of ["taskTimeoutMs", "idleTimeoutMs", "abortGraceMs", "killGraceMs"]) {
      assertThrows(() => new Pool({ [name]: NaN }), RangeError, `"${name}" is NaN, milliseconds of at least 0`);
    }
    assertThrows(() => new Process({ target: Math.sqrt, killGraceMs: NaN }), RangeError, '"killGraceMs" is NaN');
  }));
