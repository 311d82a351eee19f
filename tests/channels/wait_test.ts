/** End-to-end tests of waiting for several connections and processes at once. */
import { assert, assertEquals, assertGreaterOrEqual, assertRejects } from "@std/assert";
import { ClosedError, type Connection, EndOfStreamError, Pipe, Process, Queue, wait } from "../../mod.ts";
import { killWorker } from "../helpers/programs/kill_worker.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const produce = async (connection: Connection<string>, name: string, slow: boolean): Promise<void> => {
  for (let n = 0; n < 10; n++) {
    if (slow) await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
    await connection.send(`${name}:${n}`);
  }
  connection.close();
};

for (const slow of [false, true]) {
  Deno.test(`wait() collects 10 messages of each of 4${slow ? " slow" : ""} writers; the end removes a reader`, () =>
    withPool({ workers: 4 }, async (pool) => {
      let readers: Connection<string>[] = [];
      const tasks: Promise<void>[] = [];
      for (const name of ["a", "b", "c", "d"]) {
        const [reader, writer] = Pipe<string>({ duplex: false });
        tasks.push(pool.apply(produce, [writer, name, slow]));
        writer.close();
        readers.push(reader);
      }
      const messages: string[] = [];
      while (readers.length > 0) {
        for (const reader of await wait(readers)) {
          try {
            messages.push(await reader.recv());
          } catch (error) {
            assert(error instanceof EndOfStreamError);
            readers = readers.filter((one) => one !== reader);
            reader.close();
          }
        }
      }
      const expected = ["a", "b", "c", "d"].flatMap((name) => Array.from({ length: 10 }, (_, n) => `${name}:${n}`));
      assertEquals(messages.sort(), expected);
      await Promise.all(tasks);
    }));
}

Deno.test("wait() returns [] when the time is up, and those that are ready as soon as there are any", async () => {
  const [a, b] = Pipe<number>();
  const startedAt = performance.now();
  assertEquals(await wait([a, b], 100), []);
  assertGreaterOrEqual(performance.now() - startedAt, 99);
  await b.send(1);
  assertEquals(await wait([a, b], 10_000), [a]);
  assertEquals(await wait([a, b], { timeoutMs: 0 }), [a]);
  assertEquals(await a.recv(), 1);
  const ready = wait([a, b]);
  await a.send(2);
  assertEquals(await ready, [b]);
});

Deno.test("wait() goes on when another reader takes the message that it was told of", async () => {
  const [a, b] = Pipe<number>();
  const [ready, all] = [wait([b]), wait([b], Infinity)];
  const first = wait([b], 10_000);
  await new Promise((resolve) => setTimeout(resolve)); // they have looked, and wait
  const [, taken] = await Promise.all([a.send(1), b.recv()]);
  assertEquals(taken, 1);
  await new Promise((resolve) => setTimeout(resolve)); // they have been told
  await a.send(2);
  assertEquals([await ready, await all, await first], [[b], [b], [b]]);
  assertEquals(await b.recv(), 2);
  const late = wait([b], 20);
  await new Promise((resolve) => setTimeout(resolve));
  await Promise.all([a.send(3), b.recv()]);
  assertEquals(await late, []);
});

Deno.test("wait() takes pipe ends and a process's sentinel together", async () => {
  const [ours, theirs] = Pipe<string>();
  const process = new Process({
    target: async (connection: Connection<string>) => {
      await connection.recv();
    },
    args: [theirs],
  });
  process.start();
  const sentinel = process.sentinel;
  assertEquals(await wait([ours, sentinel], 20), []);
  await ours.send("go");
  assertEquals((await wait([sentinel]))[0], sentinel);
  // It had the other end.
  assertEquals(await wait([ours, sentinel], 10_000), [ours, sentinel]);
  await process.join();
});

Deno.test("wait() with a negative time looks once", async () => {
  const [a, b] = Pipe<number>();
  const timer = Promise.withResolvers<string>();
  const id = setTimeout(timer.resolve, 1000, "it waited");
  assertEquals(await Promise.race([wait([a, b], -1), timer.promise]), []);
  clearTimeout(id);
  b.close();
  assertEquals(await wait([a], -1), [a]);
  assertEquals(await wait([], -1), []);
});

Deno.test("wait() takes promises, and does not mind how they are settled", async () => {
  const never = new Promise(() => {});
  const failed = Promise.reject(new Error("seen by its owner"));
  failed.catch(() => {});
  const done = Promise.resolve(1);
  assertEquals(await wait([never, failed, done], 0), [failed, done]);
  let resolve!: (value: unknown) => void;
  const later = new Promise((settle) => resolve = settle);
  const ready = wait([never, later]);
  resolve(1);
  assertEquals(await ready, [later]);
});

Deno.test("wait() ends with the signal's reason, and with ClosedError for a connection that is closed here", async () => {
  // Both ends are kept: a pipe whose other end was collected has come to its end.
  const [a, b] = Pipe<number>();
  await assertRejects(() => wait([a], { signal: AbortSignal.abort(new Error("before")) }), Error, "before");
  const abort = new AbortController();
  const waiting = wait([a], { signal: abort.signal });
  abort.abort(new Error("while"));
  await assertRejects(() => waiting, Error, "while");
  const closing = wait([a]);
  a.close();
  await assertRejects(() => closing, ClosedError);
  await assertRejects(() => wait([a], 0), ClosedError);
  b.close();
});

Deno.test("wait() and poll() take the end of the process that made the pipe for the pipe's", () =>
  withPool({ workers: 1, module: import.meta.resolve("../fixtures/shared/make_handles.ts") }, async (pool) => {
    const connection = await pool.apply("makeHandle", ["Connection"]) as Connection<string>;
    const [ready, polled] = [wait([connection]), connection.poll(Infinity)];
    // A task that was not begun would go to the next worker.
    const said = new Queue<number>();
    const task = pool.apply(async (said: Queue<number>) => {
      await said.put(Deno.pid);
      await new Promise(() => {});
    }, [said]);
    await killWorker(await said.get(), task);
    assertEquals([await ready, await polled], [[connection], true]);
    assertEquals([await wait([connection], 0), await connection.poll()], [[connection], true]);
    await assertRejects(() => connection.recv(), EndOfStreamError);
    const reason = new EndOfStreamError("the caller's own");
    await assertRejects(() => connection.poll(0, { signal: AbortSignal.abort(reason) }), EndOfStreamError, "own");
  }));
