/** End-to-end tests of items and messages that are too large for the process that asks for them. */
import { assertEquals, assertRejects } from "@std/assert";
import { type Connection, PayloadTooLargeError, Pipe, Queue } from "../../mod.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const ADVICE = 'nothing was taken, raise "maxFrameBytes" of the pool or process of the worker';

Deno.test("Queue.get() of what is too large says that it stays, and what to do", () =>
  withPool({ workers: 1, maxFrameBytes: 8192 }, async (pool) => {
    const queue = new Queue<string>();
    await queue.put("x".repeat(10_000));
    const take = (queue: Queue<string>) => queue.get();
    for (let times = 0; times < 2; times++) {
      await assertRejects(() => pool.apply(take, [queue]), PayloadTooLargeError, ADVICE);
    }
    assertEquals((await queue.get()).length, 10_000);
    await queue.put("small");
    assertEquals(await pool.apply(take, [queue]), "small");
  }));

Deno.test("Connection.recv() of what is too large says that it stays, and what to do", () =>
  withPool({ workers: 1, maxFrameBytes: 8192 }, async (pool) => {
    const [reader, writer] = Pipe();
    await writer.send("x".repeat(10_000));
    const take = (reader: Connection) => reader.recv();
    await assertRejects(() => pool.apply(take, [reader]), PayloadTooLargeError, ADVICE);
  }));
