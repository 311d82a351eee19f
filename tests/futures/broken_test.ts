// End-to-end tests of ProcessPoolExecutor when workers die or cannot start, and of terminateWorkers() and killWorkers().
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  BrokenPoolError,
  CancelledError,
  type ExecutorOptions,
  type Future,
  PoolClosedError,
  ProcessPoolExecutor,
  WorkerExitError,
  WorkerStartError,
} from "../../mod.ts";
import { pid, square } from "../fixtures/tasks/compute.ts";
import { crash, exit } from "../fixtures/attacks/harmful_values.ts";
import { hold } from "../fixtures/tasks/hold.ts";
import { ignoreInLoop } from "../fixtures/tasks/ignore_ending.ts";
import { failLater } from "../fixtures/tasks/initialize.ts";
import { within } from "../helpers/simulated/clock.ts";
import { EventLog } from "../helpers/pools/events.ts";
import { Gate, GATE_PERMISSIONS } from "../helpers/pools/gate.ts";
import { assertNoChildLeft, withExecutor } from "../helpers/pools/with_executor.ts";

const fixture = (name: string): string => import.meta.resolve(`../fixtures/tasks/${name}.ts`);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
const CAN_KILL: ExecutorOptions = { maxWorkers: 1, permissions: { run: true } };

/** The errors of all futures, each of which must fail. */
function errorsOf(futures: readonly Future<unknown>[]): Promise<unknown[]> {
  return within(10_000, () => Promise.all(futures.map((future) => future.exception())));
}

// --- workers that die

Deno.test("ProcessPoolExecutor fails only the running task, and replaces the worker, when a worker dies", () =>
  withExecutor(CAN_KILL, async (executor, log) => {
    const before = executor.submit(square, 2);
    const killed = executor.submit(crash);
    const behind = range(20).map((x) => executor.submit(square, x));
    assertEquals(await before, 4);
    const error = await killed.exception() as WorkerExitError;
    assertInstanceOf(error, WorkerExitError);
    assertEquals([error.signal, error.taskStarted, killed.cancelled()], ["SIGKILL", true, false]);
    assertEquals(await Promise.all(behind), range(20).map(square));
    assertEquals(log.pids.length, 2);
  }));

Deno.test("ProcessPoolExecutor gives each future a BrokenPoolError of its own when a worker dies and onWorkerExit is break", () =>
  withExecutor({ maxWorkers: 2, onWorkerExit: "break", permissions: { net: ["127.0.0.1"] } }, async (executor) => {
    using gate = new Gate();
    const running = executor.submit(hold<number>, gate.port, 1);
    await gate.arrived();
    const exiting = executor.submit(exit, 99);
    const waiting = range(10).map((x) => executor.submit(square, x));
    const mapped = executor.map(square, range(10));
    const errors = await errorsOf([running, exiting, ...waiting]);
    for (const error of errors) {
      assertInstanceOf(error, BrokenPoolError);
      assertStringIncludes(error.message, "exited with code 99");
      assertInstanceOf(error.cause, WorkerExitError);
      assertEquals(error.cause.exitCode, 99);
    }
    assertEquals(new Set(errors).size, 12);
    await assertRejects(() => mapped.next(), BrokenPoolError);
    const refusal = assertThrows(() => executor.submit(square, 2), BrokenPoolError, "exited with code 99");
    assert(!errors.includes(refusal));
    assertThrows(() => executor.map(square, [1]), BrokenPoolError);
    await executor.shutdown();
  }));

Deno.test("ProcessPoolExecutor names the signal when a worker is killed and onWorkerExit is break", () =>
  withExecutor({ ...CAN_KILL, onWorkerExit: "break" }, async (executor, log) => {
    assertEquals(await executor.submit(square, 3), 9);
    const killed = executor.submit(() => new Promise(() => setInterval(() => {}, 1000)));
    await log.reached("taskStart", 2);
    Deno.kill(log.pids[0]!, "SIGKILL");
    const [error] = await errorsOf([killed]);
    assertInstanceOf(error, BrokenPoolError);
    assertStringIncludes(error.message, "SIGKILL");
    assertThrows(() => executor.submit(square, 2), BrokenPoolError, "SIGKILL");
  }));

Deno.test("ProcessPoolExecutor breaks when an idle worker is killed and onWorkerExit is break", () =>
  withExecutor({ maxWorkers: 1, onWorkerExit: "break" }, async (executor, log) => {
    const worker = await executor.submit(pid);
    Deno.kill(worker, "SIGKILL");
    await log.reached("exit", 1);
    assertThrows(() => executor.submit(square, 2), BrokenPoolError);
  }));

// --- workers that cannot start

Deno.test("ProcessPoolExecutor rejects with the initializer's error, now and later, when it fails", () =>
  withExecutor(
    { maxWorkers: 2, module: fixture("initialize"), initializer: failLater, initArgs: ["not initialized"] },
    async (executor) => {
      const first = await errorsOf(range(5).map((x) => executor.submit(square, x)));
      for (const error of first) assertEquals(String(error), "RangeError: not initialized");
      const [later] = await errorsOf([executor.submit(square, 2)]);
      assertEquals(String(later), "RangeError: not initialized");
    },
  ));

Deno.test("ProcessPoolExecutor is broken when the initializer fails and onWorkerExit is break", () =>
  withExecutor(
    {
      maxWorkers: 2,
      module: fixture("initialize"),
      initializer: failLater,
      initArgs: ["not initialized"],
      onWorkerExit: "break",
    },
    async (executor) => {
      const errors = await errorsOf(range(5).map((x) => executor.submit(square, x)));
      for (const error of errors) {
        assertInstanceOf(error, BrokenPoolError);
        assertEquals(String(error.cause), "RangeError: not initialized");
      }
      assertEquals(new Set(errors).size, 5);
      assertThrows(() => executor.submit(square, 2), BrokenPoolError, "not initialized");
    },
  ));

Deno.test("ProcessPoolExecutor is broken when a worker ends while it starts and onWorkerExit is break", () =>
  withExecutor({ maxWorkers: 1, module: fixture("exit_on_load"), onWorkerExit: "break" }, async (executor) => {
    const errors = await errorsOf(range(3).map((x) => executor.submit(square, x)));
    for (const error of errors) {
      assertInstanceOf(error, BrokenPoolError);
      assertStringIncludes(error.message, "exited with code 43");
      assertInstanceOf(error.cause, WorkerStartError);
    }
    assertThrows(() => executor.submit(square, 2), BrokenPoolError);
  }));

Deno.test("ProcessPoolExecutor fails what waits, promptly, when the replacement of a worker cannot start", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [module, mark] = [`${folder}/module.ts`, `${folder}/mark`];
    await Deno.writeTextFile(
      module,
      `export const one = () => 1;
      if (Deno.readTextFileSync(${JSON.stringify(mark)}) !== "") throw new RangeError("the module is broken");`,
    );
    const options = { maxWorkers: 1, maxTasksPerChild: 1, module, permissions: { read: [mark] } };
    for (const onWorkerExit of ["replace", "break"] as const) {
      await Deno.writeTextFile(mark, "");
      await withExecutor({ ...options, onWorkerExit }, async (executor) => {
        assertEquals(await executor.submit("one"), 1);
        await Deno.writeTextFile(mark, "broken");
        const errors = await errorsOf(range(10).map(() => executor.submit("one")));
        for (const error of errors) {
          assertInstanceOf(error, onWorkerExit === "break" ? BrokenPoolError : RangeError);
          assertStringIncludes(error.message, "the module is broken");
        }
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

// --- terminateWorkers() and killWorkers()

for (const method of ["terminateWorkers", "killWorkers"] as const) {
  Deno.test(`ProcessPoolExecutor.${method}() stops what runs, cancels what waits, and refuses what comes`, async () => {
    using gate = new Gate();
    const log = new EventLog();
    const executor = new ProcessPoolExecutor({ maxWorkers: 1, permissions: GATE_PERMISSIONS, onEvent: log.listener });
    const running = executor.submit(hold<number>, gate.port, 1);
    const waiting = range(10).map((x) => executor.submit(square, x));
    const mapped = executor.map(square, range(10));
    await gate.arrived();
    await within(5000, () => executor[method]());
    for (const future of [running, ...waiting]) {
      assert(future.cancelled());
      await assertRejects(() => future.result(), CancelledError);
    }
    await assertRejects(() => mapped.next(), CancelledError);
    gate.open();
    const ends = log.of("taskEnd");
    assertEquals(ends.length, log.of("taskSubmit").length);
    assert(ends.every(({ outcome, error }) => outcome === "cancelled" && error instanceof CancelledError));
    assertEquals(log.of("exit")[0]!.signal, method === "killWorkers" ? "SIGKILL" : "SIGTERM");
    assertThrows(() => executor.submit(square, 2), PoolClosedError, "terminated");
    assertNoChildLeft(log);
    await executor[method]();
    await executor.shutdown();
  });

  Deno.test(`ProcessPoolExecutor.${method}() does nothing when there is no worker, or the executor is broken`, async () => {
    const log = new EventLog();
    const fresh = new ProcessPoolExecutor({ maxWorkers: 1, onEvent: log.listener });
    await fresh[method]();
    assertEquals(log.events, []);
    const broken = new ProcessPoolExecutor({ maxWorkers: 1, onWorkerExit: "break", onEvent: log.listener });
    await broken.submit(exit, 3).exception();
    await broken[method]();
    assertThrows(() => broken.submit(square, 2), BrokenPoolError);
    const over = new ProcessPoolExecutor({ maxWorkers: 1, onEvent: log.listener });
    assertEquals(await over.submit(square, 2), 4);
    await over.shutdown();
    await over[method]();
    assertNoChildLeft(log);
  });

  Deno.test(`ProcessPoolExecutor.${method}() starts no other worker when one leaves after its last task`, async () => {
    for (let round = 0; round < 2; round++) {
      const log = new EventLog();
      const executor = new ProcessPoolExecutor({ maxWorkers: 1, maxTasksPerChild: 1, onEvent: log.listener });
      const first = executor.submit(square, 2);
      const waiting = range(5).map((x) => executor.submit(square, x));
      await first;
      await executor[method]();
      const started = log.pids.length;
      for (const future of waiting) assert(future.done());
      assertEquals(log.pids.length, started);
      assertNoChildLeft(log);
    }
  });
}

Deno.test("ProcessPoolExecutor.killWorkers() ends workers that ignore SIGTERM at once", async () => {
  const log = new EventLog();
  const executor = new ProcessPoolExecutor({
    maxWorkers: 1,
    module: fixture("ignore_ending"),
    killGraceMs: 60_000,
    onEvent: log.listener,
  });
  const stuck = executor.submit(ignoreInLoop);
  await log.reached("taskStart", 1);
  await within(5000, () => executor.killWorkers());
  assert(stuck.cancelled());
  assertNoChildLeft(log);
});
