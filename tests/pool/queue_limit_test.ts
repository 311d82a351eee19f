// End-to-end. Pools that let only so many tasks wait.
import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { Pool, ProcessPoolExecutor, QueueFullError, TimeoutError } from "../../mod.ts";
import { square } from "../fixtures/tasks/compute.ts";
import { hold } from "../fixtures/tasks/hold.ts";
import { Gate, GATE_PERMISSIONS } from "../helpers/pools/gate.ts";

Deno.test("Pool refuses a call beyond maxQueue, has room again when tasks were taken, and drain() waits for it", async () => {
  using gate = new Gate();
  await using pool = new Pool({ workers: 1, maxQueue: 2, permissions: GATE_PERMISSIONS });
  await pool.ready();
  assert(pool.hasRoom);
  await pool.drain();
  const running = pool.apply(hold<number>, [gate.port, 1]);
  await gate.arrived();
  const waiting = [pool.apply(square, [2]), pool.apply(square, [3])];
  assertFalse(pool.hasRoom);
  assertEquals(pool.stats().queueSize, 2);
  await assertRejects(
    () => pool.apply(square, [4]),
    QueueFullError,
    '2 tasks wait for a worker, as many as "maxQueue"',
  );
  await assertRejects(() => pool.drain({ timeoutMs: 1 }), TimeoutError);
  await assertRejects(() => pool.drain({ signal: AbortSignal.abort(new Error("gone")) }), Error, "gone");
  const drained = Promise.all([pool.drain(), pool.drain()]);
  // A map bounds itself.
  const mapped = pool.map(square, [1, 2, 3]);
  gate.open();
  await drained;
  assert(pool.hasRoom);
  assertEquals(await Promise.all([running, ...waiting, pool.apply(square, [4])]), [1, 4, 9, 16]);
  assertEquals(await mapped, [1, 4, 9]);
  const { submitted, completed } = pool.stats();
  assertEquals(submitted, completed);
});

Deno.test("Pool.drain() goes on when what waited was cancelled, or the pool terminated", async () => {
  using gate = new Gate();
  const pool = new Pool({ workers: 1, maxQueue: 1, permissions: GATE_PERMISSIONS });
  const running = pool.apply(hold<number>, [gate.port, 1]).catch(() => {});
  await gate.arrived();
  const controller = new AbortController();
  const waiting = pool.apply(square, [2], { signal: controller.signal });
  const drained = pool.drain();
  controller.abort(new Error("not wanted"));
  await assertRejects(() => waiting, Error, "not wanted");
  await drained;
  const last = pool.apply(square, [3]).catch(() => {});
  const ended = pool.drain();
  await pool.terminate();
  await Promise.all([ended, running, last]);
});

Deno.test("ProcessPoolExecutor's future rejects beyond maxQueue", async () => {
  using gate = new Gate();
  await using executor = new ProcessPoolExecutor({ maxWorkers: 1, maxQueue: 1, permissions: GATE_PERMISSIONS });
  const running = executor.submit(hold<number>, gate.port, 1);
  await gate.arrived();
  const waiting = executor.submit(square, 2);
  await assertRejects(() => executor.submit(square, 3).result(), QueueFullError);
  gate.open();
  assertEquals([await running, await waiting], [1, 4]);
});

Deno.test("maxQueue is at least 1", () => {
  for (const maxQueue of [0, -1, 1.5, NaN, "2" as never]) assertThrows(() => new Pool({ maxQueue }), RangeError);
  new Pool({ maxQueue: Infinity });
});
