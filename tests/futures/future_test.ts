// End-to-end tests of Future, in each of its states; and unit tests of what no executor does.
import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { CancelledError, type Future, type ProcessPoolExecutor, TimeoutError } from "../../mod.ts";
import { makeFuture } from "../../src/futures/future.ts";
import { pid, square } from "../fixtures/tasks/compute.ts";
import { heardReasons, heedAbort } from "../fixtures/tasks/heed_abort.ts";
import { hold, holdThenThrow } from "../fixtures/tasks/hold.ts";
import { throwValue } from "../fixtures/tasks/throw_errors.ts";
import { catchErrors } from "../helpers/pools/catch_errors.ts";
import { within } from "../helpers/simulated/clock.ts";
import { Gate, GATE_PERMISSIONS } from "../helpers/pools/gate.ts";
import { shareExecutor } from "../helpers/pools/shared_pool.ts";
import { raisedWhile, withExecutor } from "../helpers/pools/with_executor.ts";

const fixture = (name: string): string => import.meta.resolve(`../fixtures/tasks/${name}.ts`);

interface States {
  readonly running: Future<number>;
  readonly pending: Future<number>;
  readonly cancelled: Future<number>;
  readonly failed: Future<never>;
  readonly successful: Future<number>;
  readonly gate: Gate;
  readonly executor: ProcessPoolExecutor;
}

const shared = shareExecutor("Future of an executor", {
  maxWorkers: 1,
  module: fixture("hold"),
  permissions: GATE_PERMISSIONS,
});

/** Adds a test that gets a future in each state. The running one gives 1, and the pending one 9, when the gate opens. */
function testStates(name: string, body: (states: States) => unknown): void {
  shared.test(name, async (executor) => {
    using gate = new Gate();
    const successful = executor.submit(square, 2);
    const failed = executor.submit(throwValue, new RangeError("failed"));
    await failed.exception();
    await successful;
    const running = executor.submit(hold<number>, gate.port, 1);
    await gate.arrived();
    const pending = executor.submit(square, 3);
    const cancelled = executor.submit(square, 4);
    assert(cancelled.cancel());
    await body({ running, pending, cancelled, failed, successful, gate, executor });
    gate.open();
    await Promise.allSettled([running, pending]);
  });
}

// --- states

testStates(
  "Future.cancel() tells true when the task has not started or is cancelled, and false when it runs or is done",
  async ({ running, pending, cancelled, failed, successful, gate }) => {
    assert(pending.cancel());
    assert(pending.cancel());
    assert(cancelled.cancel());
    assertFalse(running.cancel());
    assertFalse(failed.cancel());
    assertFalse(successful.cancel());
    gate.open();
    assertEquals(await running, 1);
    assertFalse(running.cancel());
    await assertRejects(() => pending.result(), CancelledError);
  },
);

testStates(
  "Future.cancelled() is true only when the task was cancelled",
  ({ running, pending, cancelled, failed, successful }) => {
    const states = [running, pending, cancelled, failed, successful].map((future) => future.cancelled());
    assertEquals(states, [false, false, true, false, false]);
  },
);

testStates("Future.done() is true when there is an outcome", ({ running, pending, cancelled, failed, successful }) => {
  const states = [running, pending, cancelled, failed, successful].map((future) => future.done());
  assertEquals(states, [false, false, true, true, true]);
});

testStates(
  "Future.running() is true only when a worker works on the task",
  ({ running, pending, cancelled, failed, successful }) => {
    const states = [running, pending, cancelled, failed, successful].map((future) => future.running());
    assertEquals(states, [true, false, false, false, false]);
  },
);

Deno.test("Future.running() is false, and cancel() true, when the task was sent ahead behind another", () =>
  withExecutor({ maxWorkers: 1, permissions: GATE_PERMISSIONS }, async (executor, log) => {
    using gate = new Gate();
    // Short tasks, so that the worker is trusted with many at once, then one that holds it up in the middle.
    const warm = Array.from({ length: 300 }, (_, index) => executor.submit(square, index));
    const held = executor.submit(hold<number>, gate.port, 1);
    const behind = Array.from({ length: 100 }, (_, index) => executor.submit(square, index));
    await gate.arrived();
    await warm.at(-1);
    assert(held.running());
    assertEquals(behind.filter((future) => future.running()).length, 0);
    assert(behind.every((future) => future.cancel()));
    gate.open();
    assertEquals(await held, 1);
    assertEquals(await executor.submit(square, 5), 25);
    // Nothing that was cancelled has run: what had been sent ahead was given back.
    const ends = log.of("taskEnd");
    assertEquals([ends.length, ends.filter(({ ok }) => ok).length], [402, 302]);
    assertEquals(log.of("taskStart").length, 302);
  }));

Deno.test("Future rejects with the reason of its signal, and counts as cancelled, when the signal stops the running task", () =>
  withExecutor({ maxWorkers: 1, module: fixture("heed_abort"), abortGraceMs: 10_000 }, async (executor, log) => {
    const controller = new AbortController();
    const started = Promise.withResolvers<unknown>();
    const options = { signal: controller.signal, onProgress: started.resolve };
    const future = executor.submitWith(options, heedAbort);
    assertEquals(await started.promise, "running");
    assertFalse(future.cancel());
    const reason = new Error("stopped");
    controller.abort(reason);
    assert(future.done());
    assert(future.cancelled());
    assertStrictEquals(await future.result().catch((error) => error), reason);
    assertStrictEquals(await future.exception().catch((error) => error), reason);
    assertEquals(await executor.submit(heardReasons), ["stopped"]);
    assertEquals(log.pids.length, 1);
    const late = executor.submitWith({ signal: controller.signal }, square, 2);
    assert(late.cancelled());
  }));

// --- results

testStates(
  "Future.result() answers by the state when it may not wait",
  async ({ running, pending, cancelled, failed, successful }) => {
    await assertRejects(() => running.result(0), TimeoutError, "not done after 0 ms");
    await assertRejects(() => pending.result(0), TimeoutError);
    await assertRejects(() => pending.result(-1), TimeoutError);
    await assertRejects(() => cancelled.result(0), CancelledError);
    await assertRejects(() => failed.result(0), RangeError, "failed");
    assertEquals(await successful.result(0), 4);
  },
);

testStates(
  "Future.result() resolves when the value comes later, with and without a limit",
  async ({ running, pending, gate }) => {
    const results = [running.result(), running.result(60_000), running.result(Infinity), running, pending.result()];
    gate.open();
    assertEquals(await Promise.all(results), [1, 1, 1, 1, 9]);
  },
);

testStates("Future.result() rejects when the task is cancelled meanwhile", async ({ pending }) => {
  const waiting = [pending.result(), pending.result(60_000), pending.exception(), pending.then((value) => value)];
  pending.cancel();
  for (const one of await Promise.allSettled(waiting)) {
    assertEquals(one.status, "rejected");
    assertInstanceOf((one as PromiseRejectedResult).reason, CancelledError);
  }
});

testStates(
  "Future.exception() answers by the state when it may not wait",
  async ({ running, pending, cancelled, failed, successful }) => {
    await assertRejects(() => running.exception(0), TimeoutError);
    await assertRejects(() => pending.exception(0), TimeoutError);
    await assertRejects(() => cancelled.exception(0), CancelledError);
    assertInstanceOf(await failed.exception(0), RangeError);
    assertEquals(await successful.exception(0), undefined);
  },
);

shared.test("Future.exception() resolves when the error comes later", async (executor) => {
  using gate = new Gate();
  const future = executor.submit(holdThenThrow, gate.port, "later");
  await gate.arrived();
  const errors = [future.exception(), future.exception(60_000)];
  gate.open();
  for (const error of await Promise.all(errors)) assertEquals((error as Error).message, "later");
});

Deno.test("Future.result() rejects with an error whose stack has the frames of the worker, and of the caller", () =>
  withExecutor({ maxWorkers: 1, module: fixture("throw_errors") }, async (executor) => {
    const future = executor.submit(throwValue, 1);
    assertEquals(await future.result().catch((error) => error), 1);
    const failing = executor.submit(function fails() {
      return JSON.parse("{");
    });
    const error = await failing.result().catch((error) => error);
    assertStringIncludes(error.stack, "future_test.ts");
    assertStringIncludes(error.stack, "fails (task-source:fails");
    const stack = error.stack;
    assertStrictEquals(await failing.result().catch((error) => error), error);
    assertEquals(error.stack, stack);
  }));

shared.test("Future rejects also when the task throws something falsy", async (executor) => {
  for (const value of [undefined, null, 0, "", false, NaN]) {
    const future = executor.submit(throwValue, value);
    const outcome = await future.result().then(() => ["resolved"], (error) => ["rejected", error]);
    assertEquals(outcome, ["rejected", value]);
    assertFalse(future.cancelled());
  }
});

Deno.test("Future keeps its first outcome when there is a second", async () => {
  for (const first of ["resolve", "reject", "cancel"] as const) {
    let settled = 0;
    const { future, sink } = makeFuture<unknown>({
      cancel: () => {},
      isRunning: () => false,
      settled: () => settled++,
      observed: () => {},
      traced: (error) => error,
    });
    let told = 0;
    future.addDoneCallback(() => told++);
    if (first === "resolve") sink.resolve("first");
    else sink.reject("first", first === "cancel");
    sink.resolve("second");
    sink.reject("third", false);
    sink.reject("fourth", true);
    assertEquals(
      await future.result().catch((error) => `${error} thrown`),
      first === "resolve" ? "first" : "first thrown",
    );
    assertEquals([future.cancelled(), settled, told], [first === "cancel", 1, 1]);
  }
});

// --- done callbacks

testStates(
  "Future.addDoneCallback() calls back in order, each once, before who awaits goes on",
  async ({ running, gate }) => {
    const told: unknown[] = [];
    const waiting = running.then(() => told.push("awaited"));
    const callback = (future: Future<number>): void => void told.push(future === running && future.done());
    running.addDoneCallback(() => told.push("first"));
    running.addDoneCallback(callback);
    running.addDoneCallback(callback);
    running.addDoneCallback(() => {
      told.push("outer");
      running.addDoneCallback(() => told.push("inner"));
    });
    running.addDoneCallback(() => told.push("last"));
    gate.open();
    await waiting;
    assertEquals(told, ["first", true, true, "outer", "last", "inner", "awaited"]);
  },
);

shared.test("Future.addDoneCallback() calls back when the task fails", async (executor) => {
  const future = executor.submit(throwValue, new RangeError("failed"));
  const { promise, resolve } = Promise.withResolvers<Future<never>>();
  future.addDoneCallback((done) => resolve({ done } as never));
  const { done } = await promise as unknown as { done: Future<never> };
  assertStrictEquals(done, future);
  assertInstanceOf(await done.exception(0), RangeError);
});

testStates("Future.addDoneCallback() calls back before cancel() returns", ({ pending }) => {
  const told: boolean[] = [];
  pending.addDoneCallback((future) => told.push(future.cancelled()));
  assert(pending.cancel());
  assert(pending.cancel());
  assertEquals(told, [true]);
});

testStates(
  "Future.addDoneCallback() calls back at once when the future is done",
  ({ successful, failed, cancelled }) => {
    const told: unknown[] = [];
    for (const future of [successful, failed, cancelled]) {
      (future as Future<unknown>).addDoneCallback((done) => told.push(done === future));
    }
    assertEquals(told, [true, true, true]);
    assertThrows(() => successful.addDoneCallback("no function" as never), TypeError);
  },
);

testStates(
  "Future.addDoneCallback() reports what a callback throws, and calls the others",
  async ({ running, pending, successful, gate }) => {
    const told: string[] = [];
    const raised: unknown[] = [];
    using _ = catchErrors((_text, error) => raised.push(error));
    running.addDoneCallback(() => told.push("first"));
    running.addDoneCallback(() => {
      throw new Error("running's callback");
    });
    running.addDoneCallback(() => told.push("third"));
    pending.addDoneCallback(() => {
      throw new Error("pending's callback");
    });
    successful.addDoneCallback(() => {
      throw new Error("late callback");
    });
    pending.cancel();
    gate.open();
    assertEquals(await running, 1);
    assertEquals(told, ["first", "third"]);
    assertEquals(raised.map((error) => (error as Error).message).toSorted(), [
      "late callback",
      "pending's callback",
      "running's callback",
    ]);
  },
);

Deno.test("Future.addDoneCallback() lets a callback submit, cancel and shut down", () =>
  withExecutor({ maxWorkers: 1 }, async (executor) => {
    const first = executor.submit(square, 2);
    const second = executor.submit(throwValue, new Error("second"));
    const third = executor.submit(square, 3);
    const chained = Promise.withResolvers<number>();
    first.addDoneCallback(() => void executor.submit(square, 7).then(chained.resolve));
    second.addDoneCallback(() => {
      third.cancel();
      void executor.shutdown();
    });
    assertEquals(await within(10_000, () => chained.promise), 49);
    assertInstanceOf(await second.exception(), Error);
    await third.result().catch((error) => assertInstanceOf(error, CancelledError));
    assertThrows(() => executor.submit(pid));
  }));

// --- failures that nobody looks at

Deno.test("Future raises its failure at the executor's end when nobody asked, and not before", async () => {
  const raised = await raisedWhile(async () => {
    await withExecutor({ maxWorkers: 1 }, async (executor) => {
      const fail = (message: string): Future<never> => executor.submit(throwValue, new Error(message));
      fail("nobody asked");
      fail("asked for the result").result().catch(() => {});
      fail("asked for the error").exception();
      fail("awaited").then(undefined, () => {});
      fail("told").addDoneCallback(() => {});
      const cancelled = executor.submit(square, 2);
      cancelled.cancel();
      const later = fail("asked after it failed");
      assertEquals(await executor.submit(square, 3), 9);
      await later.exception();
      assertEquals(later.done(), true);
    });
  });
  assertEquals(raised.map((error) => (error as Error).message), ["nobody asked"]);
});
