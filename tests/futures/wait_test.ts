// End-to-end tests of waitFutures() and asCompleted().
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { asCompleted, type Future, type ProcessPoolExecutor, TimeoutError, waitFutures } from "../../mod.ts";
import { square } from "../fixtures/tasks/compute.ts";
import { hold, holdThenThrow } from "../fixtures/tasks/hold.ts";
import { throwValue } from "../fixtures/tasks/throw_errors.ts";
import { Gate, GATE_PERMISSIONS } from "../helpers/pools/gate.ts";
import { shareExecutor } from "../helpers/pools/shared_pool.ts";

interface Setting {
  readonly executor: ProcessPoolExecutor;
  readonly gate: Gate;
  /** Done, with 4. */
  readonly successful: Future<number>;
  /** Done, with an error. */
  readonly failed: Future<never>;
  /** Cancelled. */
  readonly cancelled: Future<number>;
  /** Held at the gate. */
  readonly running: Future<number>;
}

const shared = shareExecutor("waitFutures() and asCompleted() with futures of an executor", {
  maxWorkers: 2,
  module: import.meta.resolve("../fixtures/tasks/hold.ts"),
  permissions: GATE_PERMISSIONS,
});

/** Adds a test that gets a future in each state. */
function testSetting(name: string, body: (setting: Setting) => unknown): void {
  shared.test(name, async (executor) => {
    using gate = new Gate();
    const successful = executor.submit(square, 2);
    const failed = executor.submit(throwValue, new Error("failed"));
    const cancelled = executor.submit(square, 3);
    cancelled.cancel();
    const running = executor.submit(hold<number>, gate.port, 1);
    await Promise.all([gate.arrived(), successful, failed.exception()]);
    await body({ executor, gate, successful, failed, cancelled, running });
    gate.open();
    await running;
  });
}

// --- waitFutures()

testSetting("waitFutures() counts a future once when it is given twice", async ({ successful }) => {
  const { done, notDone } = await waitFutures([successful, successful, successful]);
  assertEquals([[...done], [...notDone]], [[successful], []]);
});

testSetting("waitFutures() returns with the first that is done", async ({ executor, running }) => {
  const quick = executor.submit(square, 5);
  const { done, notDone } = await waitFutures([running, quick], { returnWhen: "FIRST_COMPLETED" });
  assertEquals([[...done], [...notDone]], [[quick], [running]]);
  assertStrictEquals(notDone.values().next().value, running);
});

testSetting(
  "waitFutures() returns at once when the first is done before",
  async ({ successful, cancelled, running }) => {
    const returnWhen = "FIRST_COMPLETED";
    const one = await waitFutures([running, successful], { returnWhen });
    assertEquals([[...one.done], [...one.notDone]], [[successful], [running]]);
    const other = await waitFutures([running, cancelled], { returnWhen });
    assertEquals([[...other.done], [...other.notDone]], [[cancelled], [running]]);
  },
);

testSetting(
  "waitFutures() returns with the first that fails while others run",
  async ({ executor, successful, cancelled, running }) => {
    const failing = executor.submit(throwValue, new Error("later"));
    const returnWhen = "FIRST_EXCEPTION";
    const { done, notDone } = await waitFutures([successful, cancelled, running, failing], { returnWhen });
    assertEquals([[...done], [...notDone]], [[successful, cancelled, failing], [running]]);
  },
);

testSetting("waitFutures() returns at once when one failed before", async ({ failed, running }) => {
  const { done, notDone } = await waitFutures([running, failed], { returnWhen: "FIRST_EXCEPTION" });
  assertEquals([[...done], [...notDone]], [[failed], [running]]);
});

testSetting(
  "waitFutures() waits for all when it waits for a failure and none comes",
  async ({ successful, cancelled, running, gate }) => {
    const waiting = waitFutures([running, successful, cancelled], { returnWhen: "FIRST_EXCEPTION" });
    gate.open();
    const { done, notDone } = await waiting;
    assertEquals([[...done], [...notDone]], [[running, successful, cancelled], []]);
  },
);

testSetting(
  "waitFutures() waits for all, whatever their outcome",
  async ({ executor, successful, failed, cancelled, running, gate }) => {
    const later = executor.submit(holdThenThrow, gate.port, "later");
    await gate.arrived(2);
    const all = [successful, failed, cancelled, running, later];
    const waiting = waitFutures(all);
    gate.open();
    const { done, notDone } = await waiting;
    assertEquals([[...done], [...notDone]], [all, []]);
    const nothing = await waitFutures([]);
    assertEquals([nothing.done.size, nothing.notDone.size], [0, 0]);
  },
);

testSetting(
  "waitFutures() returns what is done when its time is over",
  async ({ successful, failed, cancelled, running }) => {
    for (const timeoutMs of [0, 50]) {
      const { done, notDone } = await waitFutures([successful, failed, cancelled, running], { timeoutMs });
      assertEquals([[...done], [...notDone]], [[successful, failed, cancelled], [running]]);
    }
  },
);

testSetting("waitFutures() rejects with the reason of its signal", async ({ successful, running }) => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const waiting = waitFutures([running], { signal: controller.signal }).catch((error) => error);
  controller.abort(reason);
  assertStrictEquals(await waiting, reason);
  assertStrictEquals(await waitFutures([successful], { signal: controller.signal }).catch((error) => error), reason);
});

testSetting("waitFutures() and asCompleted() refuse what they do not know", async ({ successful }) => {
  await assertRejects(() => waitFutures([successful], { returnWhen: "SOMETIMES" as never }), TypeError, "SOMETIMES");
  await assertRejects(() => waitFutures([successful, 4 as never]), TypeError, "Cannot wait for 4: futures");
  assertThrows(() => asCompleted([Promise.resolve() as never]), TypeError);
});

// --- asCompleted()

testSetting(
  "asCompleted() yields every future once, those that are done first",
  async ({ executor, successful, failed, cancelled, running, gate }) => {
    const quick = executor.submit(square, 6);
    const yielded: unknown[] = [];
    for await (const future of asCompleted([running, quick, cancelled, failed, successful])) {
      yielded.push(future);
      if (future === quick) gate.open();
    }
    assertEquals(yielded.length, 5);
    // At the time of the call, `quick` may have been done or not.
    assertEquals(yielded.filter((future) => future !== quick), [cancelled, failed, successful, running]);
    assertStrictEquals(yielded.at(-1), running);
    assert(yielded.includes(quick));
  },
);

testSetting(
  "asCompleted() yields what is done, then rejects, when its time is over",
  async ({ successful, failed, cancelled, running }) => {
    for (const timeoutMs of [0, 100]) {
      const yielded: unknown[] = [];
      const iterator = asCompleted([successful, failed, cancelled, running], { timeoutMs });
      await assertRejects(
        async () => {
          for await (const future of iterator) yielded.push(future);
        },
        TimeoutError,
        "1 (of 4) futures unfinished",
      );
      assertEquals(yielded, [successful, failed, cancelled]);
      assertEquals(await iterator.next(), { done: true, value: undefined });
    }
  },
);

testSetting(
  "asCompleted() tells how many futures are unfinished",
  async ({ executor, gate, successful, failed, running }) => {
    const other = executor.submit(hold<number>, gate.port, 2);
    const iterator = asCompleted([running, successful, other, failed], { timeoutMs: 0 });
    await iterator.next();
    await iterator.next();
    await assertRejects(() => iterator.next(), TimeoutError, "2 (of 4) futures unfinished");
    await gate.arrived(2);
  },
);

testSetting("asCompleted() yields a future once when it is given three times", async ({ executor }) => {
  const future = executor.submit(square, 7);
  assertEquals((await Array.fromAsync(asCompleted([future, future, future]))).length, 1);
});

testSetting(
  "asCompleted() answers calls of next() that were made at once, and can be left early",
  async ({ executor, running, gate }) => {
    const futures = [3, 4].map((x) => executor.submit(square, x));
    const iterator = asCompleted([...futures, running]);
    const steps = [iterator.next(), iterator.next(), iterator.next(), iterator.next()];
    await Promise.all(steps.slice(0, 2));
    gate.open();
    assertEquals((await Promise.all(steps)).map(({ done }) => done), [false, false, false, true]);

    const held = executor.submit(hold<number>, gate.port, 2);
    const left = asCompleted([held]);
    const waiting = left.next();
    await gate.arrived();
    await left.return!();
    assertEquals(await waiting, { done: true, value: undefined });
    gate.open();
    assertEquals(await held, 2);
  },
);

testSetting("asCompleted() rejects with the reason of its signal", async ({ successful, running }) => {
  const controller = new AbortController();
  const iterator = asCompleted([successful, running], { signal: controller.signal });
  await iterator.next();
  const waiting = iterator.next().catch((error) => error);
  const reason = new Error("enough");
  controller.abort(reason);
  assertStrictEquals(await waiting, reason);
  assertEquals((await iterator.next()).done, true);
});
