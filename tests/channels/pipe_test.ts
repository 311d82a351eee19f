/** End-to-end tests of pipes between processes. */
import { assert, assertEquals, assertGreaterOrEqual, assertInstanceOf, assertRejects } from "@std/assert";
import {
  ClosedError,
  Connection,
  EncodingError,
  EndOfStreamError,
  Pipe,
  Pool,
  Queue,
  WorkerExitError,
} from "../../mod.ts";
import { killWorker } from "../helpers/programs/kill_worker.ts";
import { sharePool } from "../helpers/pools/shared_pool.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const SHARE = import.meta.resolve("../fixtures/shared/share_objects.ts");

const shared = sharePool("pipes between the program and a pool", { workers: 2, module: SHARE });

const echo = async (connection: Connection): Promise<string> => {
  for await (const message of connection) await connection.send(message);
  connection.close();
  return "end";
};

shared.test("Pipe() echoes values, bytes and 16 MiB; poll() tells what is there; both ends see the end", async (pool) => {
  const [ours, theirs] = Pipe();
  const task = pool.apply(echo, [theirs]);
  theirs.close();
  for (const message of [[1, 2.25, null], "hello", { key: new Map([[1, "x"]]) }, undefined]) {
    await ours.send(message);
    assertEquals(await ours.recv(), message);
  }
  const small = new Uint8Array([1, 2, 3]);
  await ours.sendBytes(small);
  assertEquals(await ours.recvBytes(), small);
  assertEquals([await ours.poll(), await ours.poll(-1), await ours.poll(20)], [false, false, false]);
  await ours.send(null);
  assert(await ours.poll(Infinity));
  assertEquals(await ours.recv(), null);
  const large = crypto.getRandomValues(new Uint8Array(65536));
  const whole = new Uint8Array(16 * 1024 * 1024);
  for (let at = 0; at < whole.length; at += large.length) whole.set(large, at);
  await ours.sendBytes(whole);
  assert(equalBytes(await ours.recvBytes(), whole));
  assertEquals([ours.readable, ours.writable], [true, true]);
  ours.close();
  assertEquals(await task, "end");
});

Deno.test("Pipe() that is not duplex has an end that only receives, and one that only sends", async () => {
  const [reader, writer] = Pipe<number>({ duplex: false });
  assertEquals([reader.readable, reader.writable, writer.readable, writer.writable], [true, false, false, true]);
  await writer.send(1);
  assertEquals([await reader.poll(), await reader.recv()], [true, 1]);
  await assertRejects(() => reader.send(2), TypeError, "only receives");
  await assertRejects(() => reader.sendBytes(new Uint8Array(1)), TypeError, "only receives");
  await assertRejects(() => writer.recv(), TypeError, "only sends");
  await assertRejects(() => writer.recvBytes(), TypeError, "only sends");
  await assertRejects(() => writer.poll(), TypeError, "only sends");
});

Deno.test("Connection.close() right after it was sent leaves the child's end open, however late that starts", () =>
  withPool({ workers: 1 }, async (pool) => {
    const [ours, theirs] = Pipe<string>();
    const before = pool.apply(() => new Promise((resolve) => setTimeout(resolve, 50)));
    const task = pool.apply(echo, [theirs]);
    theirs.close();
    await before;
    await ours.send("hello");
    assertEquals(await ours.recv(), "hello");
    ours.close();
    assertEquals(await task, "end");
  }));

Deno.test("Connection of a task that a busy worker gave back ends when the task has closed it", () =>
  withPool({ workers: 2 }, async (pool, log) => {
    const quick = (): void => {};
    const write = async (connection: Connection<number>): Promise<void> => {
      await connection.send(1);
      connection.close();
    };
    // Short tasks open the window; those behind a long one come back, and go to the other worker.
    await pool.map(quick, Array(2000).fill(0), { chunkSize: 1 });
    const given: Promise<unknown>[] = [];
    const readers: Connection<number>[] = [];
    for (let n = 0; n < 40; n++) {
      if (n % 20 === 0) given.push(pool.apply(() => new Promise((resolve) => setTimeout(resolve, 30))));
      const [reader, writer] = Pipe<number>({ duplex: false });
      given.push(pool.apply(quick), pool.apply(write, [writer]));
      writer.close();
      readers.push(reader);
    }
    assertEquals(await Promise.all(readers.map((reader) => Array.fromAsync(reader))), readers.map(() => [1]));
    await Promise.all(given);
    assert(log.of("taskStart").length >= 2082);
  }));

Deno.test("Connection lives on while the task that has it is tried again, and ends when it is not", () =>
  withPool({ workers: 1 }, async (pool, log) => {
    const [ours, theirs] = Pipe<number>();
    const task = pool.apply(
      async (connection: Connection<number>) => {
        await connection.send(Deno.pid);
        return await connection.recv();
      },
      [theirs],
      { retries: 1 },
    );
    const first = await ours.recv();
    Deno.kill(first, "SIGKILL");
    const second = await ours.recv();
    assert(first !== second);
    Deno.kill(second, "SIGKILL");
    await assertRejects(() => task, WorkerExitError);
    await assertRejects(() => ours.recv(), EndOfStreamError);
    assertEquals(log.of("exit").length, 2);
  }));

Deno.test("Connection.sendBytes() sends a part, and refuses one that lies outside", async () => {
  const [a, b] = Pipe();
  const bytes = new TextEncoder().encode("abcdefghijklmnopqrstuvwxyz");
  const sent = async (offset?: number, size?: number): Promise<string> => {
    await a.sendBytes(bytes, offset, size);
    return new TextDecoder().decode(await b.recvBytes());
  };
  assertEquals(await sent(), "abcdefghijklmnopqrstuvwxyz");
  assertEquals(await sent(5), "fghijklmnopqrstuvwxyz");
  assertEquals(await sent(7, 8), "hijklmno");
  assertEquals(await sent(26), "");
  assertEquals(await sent(26, 0), "");
  assertEquals(await sent(0, 0), "");
  for (const [offset, size] of [[27], [22, 5], [26, 1], [-1], [4, -1], [0.5]]) {
    await assertRejects(() => a.sendBytes(bytes, offset, size), RangeError);
  }
  await a.sendBytes(bytes.buffer);
  await a.sendBytes(bytes.subarray(1, 3), 1);
  assertEquals([(await b.recvBytes()).length, await b.recvBytes()], [26, new Uint8Array([99])]);
});

Deno.test("Connection is closed at the end of its scope", async () => {
  const [a, b] = Pipe<number>();
  {
    using scoped = a;
    await b.send(1);
    assertEquals(await scoped.recv(), 1);
  }
  assertEquals(a.closed, true);
  await assertRejects(() => a.recv(), ClosedError);
  await assertRejects(() => b.recv(), EndOfStreamError);
});

shared.test("Connection.poll() sees empty messages, each of them", async (pool) => {
  const [ours, theirs] = Pipe();
  const task = pool.apply(async (connection: Connection) => {
    await connection.sendBytes(new Uint8Array());
    await connection.sendBytes(new Uint8Array());
    await connection.recv();
  }, [theirs]);
  for (let n = 0; n < 2; n++) {
    assert(await ours.poll(Infinity));
    assert(await ours.poll());
    assertEquals(await ours.recvBytes(), new Uint8Array());
  }
  assertEquals(await ours.poll(), false);
  await ours.send("done");
  await task;
});

shared.test("Connection keeps messages apart, no matter who polls", async (pool) => {
  const strings = ["hello", "", "a", "b", "", "bye", "", "lop"];
  const [ours, theirs] = Pipe<string>();
  const task = pool.apply(async (connection: Connection<string>, strings: string[]) => {
    for (const text of strings) await connection.send(text);
    connection.close();
  }, [theirs, strings]);
  const polling = pool.apply(async (connection: Connection<string>) => {
    let seen = 0;
    for (let n = 0; n < 50; n++) if (await connection.poll()) seen++;
    return seen;
  }, [ours]);
  theirs.close();
  const got: string[] = [];
  while (got.length < strings.length) {
    if (await ours.poll(Infinity)) got.push(await ours.recv());
  }
  assertEquals(got, strings);
  await Promise.all([task, polling]);
  await assertRejects(() => ours.recv(), EndOfStreamError);
});

Deno.test("Connection does not merge messages that were sent in one go", async () => {
  const [a, b] = Pipe();
  await Promise.all(["a", "b", "cd"].map((text) => a.sendBytes(new TextEncoder().encode(text))));
  const got = [await b.recvBytes(), await b.recvBytes(), await b.recvBytes()];
  assertEquals(got.map((bytes) => new TextDecoder().decode(bytes)), ["a", "b", "cd"]);
  assertEquals(await b.poll(), false);
});

shared.test("Connection works when it was sent through another one, in both directions", async (pool) => {
  const [ours, theirs] = Pipe<Connection<string>>();
  const child = pool.apply(async (outer: Connection<Connection<string>>) => {
    const inner = await outer.recv();
    await inner.send("from the child");
    const answer = await inner.recv();
    inner.close();
    return answer;
  }, [theirs]);
  const [mine, yours] = Pipe<string>();
  await ours.send(yours);
  yours.close();
  assertEquals(await mine.recv(), "from the child");
  await mine.send("from the parent");
  assertEquals(await child, "from the parent");
  await assertRejects(() => mine.recv(), EndOfStreamError);
  // And an end of a pipe that the child made.
  const [a, b] = Pipe<Connection<string>>();
  const echoing = pool.apply("echoThroughOwnPipe", [b]);
  b.close();
  const made = await a.recv();
  assertInstanceOf(made, Connection);
  await made.send("to a pipe of the child");
  assertEquals(await made.recv(), "to a pipe of the child");
  made.close();
  await echoing;
});

Deno.test("Connection.recv() reads what was sent before its sender was killed, then comes to the end", () =>
  withPool({ workers: 1 }, async (pool, log) => {
    const [ours, theirs] = Pipe<number>();
    const task = pool.apply(async (connection: Connection<number>) => {
      for (let n = 0; n < 50; n++) await connection.send(n);
      return await new Promise(() => setInterval(() => {}, 1000));
    }, [theirs]);
    await ours.recv();
    while ((await ours.recv()) < 40);
    await killWorker(log.of("taskStart").at(-1)!.pid, task);
    // What it had not sent by then is not to come; what it had sent is.
    const rest = await Array.fromAsync(ours);
    assertEquals(rest, Array.from({ length: rest.length }, (_, index) => 41 + index));
    await assertRejects(() => ours.send(1), EndOfStreamError);
  }));

Deno.test("Connection.send() fails when the receiver was killed; a message at its door waits for the next", () =>
  withPool({ workers: 2 }, async (pool, log) => {
    const [ours, theirs] = Pipe<string>();
    const ready = new Queue<string>();
    const wait = async (connection: Connection<string>, ready: Queue<string>) => {
      const message = connection.recv();
      await ready.put("waiting");
      return await message;
    };
    const first = pool.apply(wait, [theirs, ready]);
    await ready.get();
    const pid = log.of("taskStart").at(-1)!.pid;
    const second = pool.apply(wait, [theirs, ready]);
    await ready.get();
    await killWorker(pid, first);
    await ours.send("for the survivor");
    assertEquals(await second, "for the survivor");
  }));

shared.test("Connection refuses what cannot travel, and works on", async (pool) => {
  const [ours, theirs] = Pipe();
  const task = pool.apply(async (connection: Connection) => {
    const error = await connection.send(() => {}).catch((error: Error) => error.name);
    await connection.send(error);
  }, [theirs]);
  await assertRejects(() => ours.send(new (class Odd {})()), EncodingError);
  assertEquals(await ours.recv(), "EncodingError");
  await task;
  const [closed] = Pipe();
  closed.close();
  await assertRejects(() => pool.apply(echo, [closed]), EncodingError, "closed");
  await assertRejects(() => ours.send(closed), EncodingError, "closed");
});

Deno.test("Connection.poll() waits for as long as it is told", async () => {
  await using pool = new Pool({ workers: 1 });
  const [ours, theirs] = Pipe<number>();
  const startedAt = performance.now();
  assertEquals(await ours.poll(100), false);
  assertGreaterOrEqual(performance.now() - startedAt, 99);
  const task = pool.apply(async (connection: Connection<number>) => {
    const slow = await connection.poll(50);
    await connection.send(1);
    return slow;
  }, [theirs]);
  assertEquals(await ours.poll(Infinity), true);
  assertEquals([await ours.recv(), await task], [1, false]);
});

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
