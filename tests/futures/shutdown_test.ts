// End-to-end tests of ProcessPoolExecutor.shutdown(), and of programs that end with work in progress.
import { assert, assertEquals, assertGreater, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { CancelledError, PoolClosedError, ProcessPoolExecutor, waitFutures } from "../../mod.ts";
import { add, square } from "../fixtures/tasks/compute.ts";
import { hold } from "../fixtures/tasks/hold.ts";
import { throwValue } from "../fixtures/tasks/throw_errors.ts";
import { within } from "../helpers/simulated/clock.ts";
import { CountedInput } from "../helpers/simulated/counted_input.ts";
import { EventLog } from "../helpers/pools/events.ts";
import { Gate, GATE_PERMISSIONS } from "../helpers/pools/gate.ts";
import { runProgram } from "../helpers/programs/program.ts";
import { assertNoChildLeft, withExecutor } from "../helpers/pools/with_executor.ts";

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

Deno.test("ProcessPoolExecutor throws PoolClosedError when it was shut down before", () =>
  withExecutor({ maxWorkers: 1 }, async (executor) => {
    await executor.shutdown();
    assertThrows(() => executor.submit(square, 2), PoolClosedError, "Cannot submit: executor was closed");
    assertThrows(() => executor.submitWith({}, square, 2), PoolClosedError);
    assertThrows(() => executor.map(square, [2]), PoolClosedError);
    await executor.shutdown();
    await executor.shutdown({ wait: false, cancelFutures: true });
  }));

Deno.test("ProcessPoolExecutor.shutdown() waits for all that was submitted", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    const futures = range(50).map((x) => executor.submit(square, x));
    await executor.shutdown();
    assert(futures.every((future) => future.done()));
    assertEquals(await Promise.all(futures), range(50).map(square));
  }));

Deno.test("ProcessPoolExecutor.shutdown() cancels what has not started when it is told to", () =>
  withExecutor({ maxWorkers: 2, permissions: GATE_PERMISSIONS }, async (executor, log) => {
    using gate = new Gate();
    const futures = range(50).map((index) => executor.submit(hold<number>, gate.port, index));
    const mapped = executor.map(add, range(50), range(50));
    await gate.arrived(2);
    const over = executor.shutdown({ cancelFutures: true });
    assertEquals(futures.filter((future) => future.cancelled()).length, 48);
    assertEquals(futures.filter((future) => future.running()).length, 2);
    gate.open();
    await over;
    for (const [index, future] of futures.entries()) {
      assert(future.done());
      if (future.cancelled()) await assertRejects(() => future.result(), CancelledError, "before it started");
      else assertEquals(await future, index);
    }
    await assertRejects(() => mapped.next(), CancelledError);
    assertEquals(log.of("taskEnd").filter(({ outcome }) => outcome !== "cancelled").length, 2);
    assertEquals(log.of("taskStart").length, 2);
  }));

Deno.test("ProcessPoolExecutor.shutdown() does not hang when a future was cancelled before", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    await executor.submit(square, 1);
    const future = executor.submit(square, 2);
    assert(future.cancel());
    await within(10_000, () => executor.shutdown());
  }));

Deno.test("ProcessPoolExecutor starts only as many workers as there are tasks, and ends them all", () =>
  withExecutor({ maxWorkers: 3 }, async (executor, log) => {
    const futures = [1, 2].map((x) => executor.submit(square, x));
    await Promise.all(futures);
    assertEquals(log.pids.length, 2);
    await executor.shutdown();
    assertNoChildLeft(log);
    assertEquals(log.of("exit").length, 2);
  }));

Deno.test("ProcessPoolExecutor is shut down at the end of its scope", async () => {
  const log = new EventLog();
  let outer: ProcessPoolExecutor | undefined;
  const futures = [];
  {
    await using executor = new ProcessPoolExecutor({ maxWorkers: 2, onEvent: log.listener });
    outer = executor;
    for (const x of range(10)) futures.push(executor.submit(square, x));
  }
  assertEquals(await Promise.all(futures), range(10).map(square));
  assertThrows(() => outer.submit(square, 2), PoolClosedError);
  assertNoChildLeft(log);
});

Deno.test("ProcessPoolExecutor.shutdown() returns at once when it does not wait, and the work goes on", async () => {
  using gate = new Gate();
  const log = new EventLog();
  const executor = new ProcessPoolExecutor({ maxWorkers: 2, permissions: GATE_PERMISSIONS, onEvent: log.listener });
  const held = executor.submit(hold<number>, gate.port, 1);
  const futures = range(20).map((x) => executor.submit(square, x));
  const mapped = executor.map(square, range(100));
  await gate.arrived();
  await executor.shutdown({ wait: false });
  assert(held.running());
  assertThrows(() => executor.submit(square, 2), PoolClosedError);
  gate.open();
  await executor.shutdown();
  assertEquals([await held, ...await Promise.all(futures)], [1, ...range(20).map(square)]);
  // All results were there before the workers left.
  assertEquals(await Array.fromAsync(mapped), range(100).map(square));
  assertNoChildLeft(log);
});

Deno.test("ProcessPoolExecutor.shutdown() finishes what was submitted for an open map() over unknown input, and reads no more of it", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    const input = new CountedInput();
    const endless = executor.map(square, input);
    const bounded = executor.map(square, range(100), { bufferSize: 3 });
    assertEquals((await endless.next()).value, 0);
    const pulled = input.pulled;
    await within(10_000, () => executor.shutdown());
    assertEquals(input.pulled, pulled);
    assert(input.closed);
    for (let index = 1; index < pulled; index++) assertEquals((await endless.next()).value, index ** 2);
    await assertRejects(() => endless.next(), PoolClosedError);
    assertEquals((await endless.next()).done, true);
    for (let index = 0; index < 3; index++) assertEquals((await bounded.next()).value, index ** 2);
    await assertRejects(() => bounded.next(), PoolClosedError);
  }));

Deno.test("ProcessPoolExecutor.shutdown() does not wait for an input of an open map() that is silent", () =>
  withExecutor({ maxWorkers: 1 }, async (executor) => {
    async function* silentBehind(item: number): AsyncGenerator<number, void, void> {
      yield item;
      await new Promise<never>(() => {});
    }
    const mapped = executor.map(square, silentBehind(3));
    assertEquals((await mapped.next()).value, 9);
    const waiting = mapped.next().catch((error) => error);
    await executor.shutdown();
    assertInstanceOf(await waiting, PoolClosedError);
  }));

Deno.test("ProcessPoolExecutor.shutdown() does not hang when it follows map() at once", () =>
  withExecutor({ maxWorkers: 2 }, async (executor) => {
    const mapped = executor.map(String, Array(20).fill(2));
    await within(10_000, () => executor.shutdown());
    assertEquals(await Array.fromAsync(mapped), Array(20).fill("2"));
  }));

Deno.test("ProcessPoolExecutor runs what remains when it was shut down without waiting and workers reach their limit", async () => {
  for (const wait of [false, true]) {
    const log = new EventLog();
    const executor = new ProcessPoolExecutor({ maxWorkers: 1, maxTasksPerChild: 1, onEvent: log.listener });
    const futures = range(3).map((x) => executor.submit(square, x));
    await executor.shutdown({ wait });
    assertEquals(await within(20_000, () => Promise.all(futures)), range(3).map(square));
    await executor.shutdown();
    assertEquals(log.of("exit").length, 3);
    assertNoChildLeft(log);
  }
});

Deno.test("ProcessPoolExecutor.shutdown() without waiting ends when tasks fail and workers reach their limit", async () => {
  for (const maxWorkers of [1, 2]) {
    const log = new EventLog();
    const executor = new ProcessPoolExecutor({ maxWorkers, maxTasksPerChild: 1, onEvent: log.listener });
    const failing = range(maxWorkers).map(() => executor.submit(throwValue, new Error("failed")));
    const good = range(2).map((x) => executor.submit(square, x));
    await executor.shutdown({ wait: false });
    const { notDone } = await within(20_000, () => waitFutures([...failing, ...good]));
    assertEquals(notDone.size, 0);
    for (const future of failing) assertInstanceOf(await future.exception(), Error);
    await within(10_000, () => executor.shutdown());
    assertNoChildLeft(log);
  }
});

// --- programs

Deno.test("a program that never shuts its executor down completes its work and ends by itself", async () => {
  const { code, stdout, stderr } = await runProgram(`
    const executor = new corral.ProcessPoolExecutor({ maxWorkers: 1 });
    executor.submit((x) => console.log("task", x), 5);`);
  assertEquals([code, stdout, stderr], [0, "task 5\n", ""]);
});

Deno.test("a program ends after its work when it shut its executor down without waiting", async () => {
  const { code, stdout, stderr } = await runProgram(`
    const executor = new corral.ProcessPoolExecutor({ maxWorkers: 1, maxTasksPerChild: 2 });
    for (let x = 0; x < 5; x++) {
      executor.submit((x) => { console.log("task", x); return x; }, x).then((x) => console.log("told", x));
    }
    await executor.shutdown({ wait: false });
    console.log("returned");`);
  assertEquals([code, stderr], [0, ""]);
  const lines = stdout.trim().split("\n");
  assertEquals(lines[0], "returned");
  assertEquals(lines.toSorted(), ["returned", ...range(5).flatMap((x) => [`task ${x}`, `told ${x}`])].toSorted());
  assertGreater(lines.length, 10);
});

Deno.test("a program fails when it ends before anybody asked about a failed future", async () => {
  const { code, stderr } = await runProgram(`
    const executor = new corral.ProcessPoolExecutor({ maxWorkers: 1 });
    executor.submit(() => { throw new RangeError("nobody looked"); });`);
  assertEquals([code, stderr.includes("nobody looked")], [1, true]);
});
