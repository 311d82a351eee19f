// End-to-end tests of Pool: how it ends, and how a program ends that has one.
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { CancelledError, Pool, PoolClosedError } from "../../../mod.ts";
import { square } from "../../fixtures/tasks/compute.ts";
import { hold } from "../../fixtures/tasks/hold.ts";
import { reportProgress } from "../../fixtures/tasks/tell_task.ts";
import { throwValue } from "../../fixtures/tasks/throw_errors.ts";
import { soon, within } from "../../helpers/simulated/clock.ts";
import { EventLog } from "../../helpers/pools/events.ts";
import { Gate, GATE_PERMISSIONS } from "../../helpers/pools/gate.ts";
import { runProgram } from "../../helpers/programs/program.ts";
import { assertNoWorkerLeft, withPool } from "../../helpers/pools/with_pool.ts";

const fixture = (name: string): string => import.meta.resolve(`../../fixtures/tasks/${name}.ts`);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

Deno.test("Pool.terminate() settles 10 000 pending tasks and leaves no worker within a second", () =>
  soon(1000, async () => {
    using gate = new Gate();
    const log = new EventLog();
    const pool = new Pool({ workers: 2, permissions: GATE_PERMISSIONS, onEvent: log.listener });
    const pending = range(10_000).map(() => pool.apply(hold<number>, [gate.port, 1]));
    const settled = Promise.allSettled(pending);
    await gate.arrived(2);
    const startedAt = performance.now();
    await pool.terminate();
    const outcomes = await settled;
    const tookMs = performance.now() - startedAt;
    assert(outcomes.every((one) => one.status === "rejected" && one.reason instanceof CancelledError));
    assertEquals(pool.stats().cancelled, 10_000);
    assertNoWorkerLeft(pool, log);
    return tookMs;
  }));

Deno.test("Pool.terminate() leaves no worker when workers are still starting", async () => {
  for (let round = 0; round < 2; round++) {
    const log = new EventLog();
    const pool = new Pool({ workers: 2, onEvent: log.listener });
    const ready = pool.ready().catch((error) => error);
    const call = pool.apply(Math.sqrt, [4]).catch((error) => error);
    if (round % 2 === 1) await log.reached("spawn", 2);
    await within(1000, () => pool.terminate());
    assertInstanceOf(await call, CancelledError);
    assertInstanceOf(await ready, PoolClosedError);
    assertNoWorkerLeft(pool, log);
  }
});

Deno.test("Pool.terminate() may be called from any callback", async () => {
  const log = new EventLog();
  for (const place of ["callback", "errorCallback", "onProgress", "onEvent"]) {
    let terminated: Promise<void> | undefined;
    const end = (): void => void (terminated ??= pool.terminate());
    const pool: Pool = new Pool({
      workers: 1,
      module: fixture("tell_task"),
      onEvent: (event) => (log.listener(event), place === "onEvent" && event.type === "taskEnd" && end()),
    });
    const options = place === "onEvent" ? {} : { [place]: end };
    const first = pool.applyAsync(place === "errorCallback" ? throwValue : reportProgress, [[1]], options);
    const others = range(100).map((x) => pool.apply(square, [x]).catch((error) => error));
    await first.wait();
    await first.get().catch(() => {});
    await Promise.all(others);
    assert(terminated !== undefined, place);
    await within(1000, () => terminated!);
    assertNoWorkerLeft(pool, log);
  }
});

Deno.test("Pool.join() and Pool.terminate() finish when they are called together", async () => {
  const log = new EventLog();
  const pool = new Pool({ workers: 2, onEvent: log.listener });
  const calls = range(50).map((x) => pool.apply(square, [x]).catch((error) => error));
  await calls[0];
  pool.close();
  await within(2000, () => Promise.all([pool.join(), pool.terminate(), pool.join(), pool.terminate()]));
  for (const result of await Promise.all(calls)) assert(typeof result === "number" || result instanceof CancelledError);
  assertNoWorkerLeft(pool, log);
});

Deno.test("a program that never closes its pools ends by itself with 0", async () => {
  const idle = await runProgram(`
    new Pool({ workers: 2 });
    const pool = new Pool({ workers: 1 });
    console.log(await pool.map((x) => x * x, [1, 2, 3]));
    const open = new Pool({ workers: 1 });
    const iterator = open.imap((x) => x * x, (function* () { for (let n = 1;; n++) yield n; })());
    console.log((await iterator.next()).value);
    await open.ready();`);
  assertEquals([idle.code, idle.stdout, idle.stderr], [0, "[ 1, 4, 9 ]\n1\n", ""]);
  const unawaited = await runProgram(`
    const pool = new Pool({ workers: 1 });
    pool.applyAsync((x) => x * x, [5], { callback: (value) => console.log(value) });`);
  assertEquals([unawaited.code, unawaited.stdout, unawaited.stderr], [0, "25\n", ""]);
});

for (
  const [end, endPool] of [
    ["join()", (pool: Pool) => (pool.close(), pool.join())],
    ["the end of its scope", (pool: Pool) => pool[Symbol.asyncDispose]()],
  ] as const
) {
  Deno.test(`Pool raises the error of a result that nobody asked for as an unhandled rejection at ${end}`, async () => {
    const pool = new Pool({ workers: 1 });
    const raised: unknown[] = [];
    const listener = (event: PromiseRejectionEvent): void => {
      event.preventDefault();
      raised.push(event.reason.message);
    };
    globalThis.addEventListener("unhandledrejection", listener);
    pool.applyAsync(throwValue, [new Error("unobserved")]);
    pool.applyAsync(throwValue, [new Error("told to a callback")], { errorCallback: () => {} });
    const observed = pool.applyAsync(throwValue, [new Error("observed later")]);
    await observed.wait();
    assertEquals(raised, []);
    await observed.get().catch(() => {});
    await endPool(pool);
    globalThis.removeEventListener("unhandledrejection", listener);
    assertEquals(raised, ["unobserved"]);
  });
}

Deno.test("a program goes on that cancelled what nobody asked for, and fails with what had failed before", async () => {
  const cancelled = await runProgram(`
    const pool = new Pool({ workers: 1 });
    const { signal } = new AbortController();
    const abort = new AbortController();
    const endless = () => new Promise(() => {});
    pool.applyAsync(endless);
    pool.applyAsync(endless, [], { callback: console.log });
    pool.mapAsync(endless, [1, 2, 3], { signal });
    pool.mapAsync(endless, [1, 2, 3], { signal: abort.signal });
    pool.starmapAsync(endless, [[1], [2]]);
    abort.abort(new Error("not wanted any more"));
    await pool.terminate();
    await pool.join();
    console.log("goes on");`);
  assertEquals([cancelled.code, cancelled.stdout, cancelled.stderr], [0, "goes on\n", ""]);
  const failed = await runProgram(`
    const pool = new Pool({ workers: 1 });
    const result = pool.applyAsync(() => { throw new RangeError("failed before"); });
    await result.wait();
    pool.applyAsync(() => new Promise(() => {}));
    await pool.terminate();`);
  assertEquals(failed.code, 1);
  assertStringIncludes(failed.stderr, "failed before");
  assert(!failed.stderr.includes("CancelledError"), failed.stderr);
});

Deno.test("a program fails when it ends before anybody asked for a failed result", async () => {
  const { code, stderr } = await runProgram(`
    const pool = new Pool({ workers: 1 });
    const result = pool.applyAsync(() => { throw new RangeError("nobody looked"); });
    await result.wait();`);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "nobody looked");
  const apply = await runProgram(`
    const pool = new Pool({ workers: 1 });
    pool.apply(() => { throw new RangeError("not awaited"); });`);
  assertEquals(apply.code, 1);
  assertStringIncludes(apply.stderr, "not awaited");
});

Deno.test("Pool can be made, used and ended many times over", async () => {
  for (let round = 0; round < 5; round++) {
    await withPool({ workers: 1 }, async (pool) => assertEquals(await pool.apply(Math.sqrt, [round ** 2]), round));
  }
});
