// End-to-end tests of Pool: close, terminate and join.
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { CancelledError, Pool, PoolClosedError } from "../../../mod.ts";
import * as compute from "../../fixtures/tasks/compute.ts";
import { hold } from "../../fixtures/tasks/hold.ts";
import { within } from "../../helpers/simulated/clock.ts";
import { EventLog } from "../../helpers/pools/events.ts";
import { Gate, GATE_PERMISSIONS } from "../../helpers/pools/gate.ts";
import { assertNoWorkerLeft, assertServes, withPool } from "../../helpers/pools/with_pool.ts";

Deno.test("Pool refuses work when it was closed, and finishes what it had accepted", async () => {
  const log = new EventLog();
  const pool = new Pool({ workers: 2, onEvent: log.listener });
  const accepted = pool.map(compute.square, [1, 2, 3]);
  pool.close();
  pool.close();
  await assertRejects(() => pool.apply(Math.sqrt, [4]), PoolClosedError, "closed");
  assertThrows(() => pool.applyAsync(Math.sqrt, [4]), PoolClosedError);
  await assertRejects(() => pool.map(Math.sqrt, [4]), PoolClosedError);
  assertThrows(() => pool.mapAsync(Math.sqrt, [4]), PoolClosedError);
  assertThrows(() => pool.imap(Math.sqrt, [4]), PoolClosedError);
  await assertRejects(() => pool.ready(), PoolClosedError);
  assertEquals(await accepted, [1, 4, 9]);
  await pool.join();
  await pool.join();
  assertNoWorkerLeft(pool, log);
});

Deno.test("Pool.join() rejects when the pool is open", () =>
  withPool({ workers: 1 }, async (pool) => {
    await assertRejects(() => pool.join(), Error, "Cannot join pool: it is running");
    await assertServes(pool);
  }));

Deno.test("Pool finishes accepted work at the end of an await using scope", async () => {
  const log = new EventLog();
  let pool: Pool;
  let result: Promise<number>;
  {
    await using scoped = new Pool({ workers: 1, onEvent: log.listener });
    pool = scoped;
    result = scoped.apply(Math.sqrt, [81]);
  }
  assertEquals(await result, 9);
  await assertRejects(() => pool.apply(Math.sqrt, [4]), PoolClosedError);
  assertNoWorkerLeft(pool, log);
});

Deno.test("Pool.terminate() cancels what runs and what waits", async () => {
  using gate = new Gate();
  const log = new EventLog();
  const pool = new Pool({ workers: 1, permissions: GATE_PERMISSIONS, onEvent: log.listener });
  const running = pool.apply(hold<number>, [gate.port, 1]).catch((error) => error);
  const waiting = pool.apply(Math.sqrt, [4]).catch((error) => error);
  const mapped = pool.map(Math.sqrt, [4]).catch((error) => error);
  const iterator = pool.imap(Math.sqrt, [4]);
  await gate.arrived();
  await within(1000, () => pool.terminate());
  for (const error of [await running, await waiting, await mapped]) assertInstanceOf(error, CancelledError);
  await assertRejects(() => iterator.next(), CancelledError);
  await assertRejects(() => pool.apply(Math.sqrt, [4]), PoolClosedError, "terminated");
  await pool.terminate();
  await pool.join();
  assertNoWorkerLeft(pool, log);
});

Deno.test("Pool.terminate(), Pool.close() and Pool.join() do nothing harmful on a pool that never worked", async () => {
  const terminated = new Pool({ workers: 2 });
  await terminated.terminate();
  await terminated.join();
  const closed = new Pool({ workers: 2 });
  closed.close();
  await closed.join();
  await closed.terminate();
});

Deno.test("Pool.map() hands out a large chunk before it encodes the next", async () => {
  const events: string[] = [];
  const record = (item: number): { readonly text: string } => ({
    get text() {
      if (events.at(-1) !== `encode ${item}`) events.push(`encode ${item}`);
      return "x".repeat(200_000);
    },
  });
  await withPool({ workers: 2 }, async (pool) => {
    pool.observe({ sent: () => void events.push("hand out") });
    await pool.ready();
    const lengths = await pool.map(({ text }) => text.length, [1, 2, 3, 4].map(record), { chunkSize: 1 });
    assertEquals(lengths, [200_000, 200_000, 200_000, 200_000]);
  });
  assertEquals(events.slice(0, 4), ["encode 1", "hand out", "encode 2", "hand out"]);
});
