// End-to-end tests of Pool: limits of time, aborts and retries.
import { assertEquals, assertFalse, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { kill } from "node:process";
import { BrokenPoolError, TaskTimeoutError, WorkerExitError } from "../../../mod.ts";
import { square } from "../../fixtures/tasks/compute.ts";
import { heardReasons, heedAbort } from "../../fixtures/tasks/heed_abort.ts";
import { hold } from "../../fixtures/tasks/hold.ts";
import { loopForever } from "../../fixtures/tasks/loop_forever.ts";
import { surviveAttempt } from "../../fixtures/tasks/report_attempt.ts";
import { throwValue } from "../../fixtures/tasks/throw_errors.ts";
import { within } from "../../helpers/simulated/clock.ts";
import { Gate, GATE_PERMISSIONS } from "../../helpers/pools/gate.ts";
import { assertServes, withPool } from "../../helpers/pools/with_pool.ts";

const fixture = (name: string): string => import.meta.resolve(`../../fixtures/tasks/${name}.ts`);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** A promise, and an `onProgress` that resolves it with the first value. */
function firstProgress(): { promise: Promise<unknown>; onProgress: (value: unknown) => void } {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  return { promise, onProgress: resolve };
}

// --- limits of time

Deno.test("Pool rejects with TaskTimeoutError after timeoutMs, and a worker whose task reacts to it survives", () =>
  withPool({ workers: 1, module: fixture("heed_abort"), abortGraceMs: 10_000 }, async (pool, log) => {
    const error = await within(
      1000,
      () => assertRejects(() => pool.apply(heedAbort, [], { timeoutMs: 20 }), TaskTimeoutError),
    );
    assertEquals(error.timeoutMs, 20);
    assertEquals(await pool.apply(heardReasons), [error.message]);
    await assertServes(pool);
    assertEquals(log.pids.length, 1);
  }));

Deno.test("Pool replaces a worker whose task does not react to its timeout, and other tasks do not notice", () =>
  withPool(
    { workers: 2, module: fixture("loop_forever"), permissions: GATE_PERMISSIONS, taskTimeoutMs: 50, abortGraceMs: 20 },
    async (pool, log) => {
      using gate = new Gate();
      const other = pool.apply(hold<string>, [gate.port, "other"], { timeoutMs: Infinity });
      await gate.arrived();
      const stuck = assertRejects(() => pool.apply(loopForever), TaskTimeoutError, "longer than its 50 ms");
      const behind = range(5).map((x) => pool.apply(square, [x], { timeoutMs: 60_000 }));
      await within(1000, () => stuck);
      assertEquals(await Promise.all(behind), range(5).map(square));
      gate.open();
      assertEquals(await other, "other");
      assertEquals(log.of("exit").length, 1);
    },
  ));

Deno.test("Pool counts timeoutMs from when a worker has the task, not from its submission", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const held = pool.apply(hold<number>, [gate.port, 1]);
    await gate.arrived();
    const waiting = pool.applyAsync(Math.sqrt, [4], { timeoutMs: 2000 });
    assertFalse(await waiting.wait(50));
    gate.open();
    assertEquals([await held, await waiting], [1, 2]);
  }));

// --- aborts

Deno.test("Pool never runs a waiting task that is aborted, and rejects with the signal's reason at once", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool, log) => {
    using gate = new Gate();
    const held = pool.apply(hold<number>, [gate.port, 1]);
    await gate.arrived();
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = range(3).map(() => pool.apply(Math.sqrt, [4], { signal }).catch((error) => error));
    const other = pool.apply(Math.sqrt, [9]);
    const reason = { plain: "object" };
    controller.abort(reason);
    for (const error of await Promise.all(waiting)) assertStrictEquals(error, reason);
    assertStrictEquals(await pool.apply(Math.sqrt, [4], { signal }).catch((error) => error), reason);
    gate.open();
    assertEquals([await held, await other], [1, 3]);
    assertEquals(log.of("taskStart").length, 2);
  }));

Deno.test("Pool lets a worker live when its task reacts to an abort", () =>
  withPool({ workers: 1, module: fixture("heed_abort"), abortGraceMs: 10_000 }, async (pool, log) => {
    for (let round = 1; round <= 3; round++) {
      const { promise, onProgress } = firstProgress();
      const controller = new AbortController();
      const running = pool.apply(heedAbort, [], { signal: controller.signal, onProgress }).catch((error) => error);
      assertEquals(await promise, "running");
      const reason = new Error(`round ${round}`);
      controller.abort(reason);
      assertStrictEquals(await running, reason);
      assertEquals(await pool.apply(heardReasons), range(round).map((index) => `round ${index + 1}`));
    }
    assertEquals(log.pids.length, 1);
  }));

Deno.test("Pool replaces a worker whose task does not react to its abort, and other tasks do not notice", () =>
  withPool({ workers: 1, module: fixture("loop_forever"), abortGraceMs: 20 }, async (pool, log) => {
    const { promise, onProgress } = firstProgress();
    const controller = new AbortController();
    const stuck = pool.apply(loopForever, [], { signal: controller.signal, onProgress }).catch((error) => error);
    const behind = range(20).map((x) => pool.apply(square, [x]));
    await promise;
    controller.abort();
    assertStrictEquals(await stuck, controller.signal.reason);
    assertEquals(await Promise.all(behind), range(20).map(square));
    assertEquals(log.pids.length, 2);
    await assertServes(pool);
  }));

Deno.test("Pool delivers an abort whose reason cannot travel", () =>
  withPool({ workers: 1, module: fixture("heed_abort"), abortGraceMs: 10_000 }, async (pool, log) => {
    const { promise, onProgress } = firstProgress();
    const controller = new AbortController();
    const running = pool.apply(heedAbort, [], { signal: controller.signal, onProgress }).catch((error) => error);
    await promise;
    const reason = (): void => {};
    controller.abort(reason);
    assertStrictEquals(await running, reason);
    assertEquals((await pool.apply(heardReasons)).length, 1);
    assertEquals(log.pids.length, 1);
  }));

// --- retries

Deno.test("Pool tries a task again when its worker died, and tells it the attempt", () =>
  withPool(
    { workers: 1, module: fixture("report_attempt"), permissions: { run: true }, retries: 1 },
    async (pool, log) => {
      assertEquals(await pool.apply(surviveAttempt, [2]), 2);
      assertEquals(await pool.apply(surviveAttempt, [4], { retries: 3 }), 4);
      await assertRejects(
        () => pool.apply(surviveAttempt, [2], { retries: 0 }),
        WorkerExitError,
        "the task had started",
      );
      assertEquals(log.of("retry").map(({ attempt }) => attempt), [2, 2, 3, 4]);
      assertEquals([pool.stats().retried, pool.stats().workersLost], [4, 5]);
      await assertServes(pool);
    },
  ));

Deno.test("Pool does not try a task again for an error that it threw", () =>
  withPool({ workers: 1, retries: 5 }, async (pool, log) => {
    await assertRejects(() => pool.apply(throwValue, [new RangeError("thrown")]), RangeError, "thrown");
    assertEquals(log.of("taskStart").length, 1);
    assertEquals(pool.stats().retried, 0);
  }));

Deno.test("Pool breaks when a worker dies and onWorkerExit is break", () =>
  withPool({ workers: 2, onWorkerExit: "break", permissions: GATE_PERMISSIONS }, async (pool, log) => {
    using gate = new Gate();
    const running = pool.apply(hold<number>, [gate.port, 1]).catch((error) => error);
    const other = pool.apply(hold<number>, [gate.port, 2]).catch((error) => error);
    const waiting = pool.apply(Math.sqrt, [4]).catch((error) => error);
    await gate.arrived(2);
    kill(log.pids[0]!, "SIGKILL");
    for (const error of await Promise.all([running, other, waiting])) {
      assertInstanceOf(error, BrokenPoolError);
      assertInstanceOf(error.cause, WorkerExitError);
      assertEquals(error.cause.signal, "SIGKILL");
    }
    await assertRejects(() => pool.apply(Math.sqrt, [4]), BrokenPoolError);
    await assertRejects(() => pool.ready(), BrokenPoolError);
  }));
