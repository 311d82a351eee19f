// End-to-end tests of Pool: one call.
import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { TimeoutError } from "../../../mod.ts";
import { hold } from "../../fixtures/tasks/hold.ts";
import { throwValue } from "../../fixtures/tasks/throw_errors.ts";
import { catchErrors } from "../../helpers/pools/catch_errors.ts";
import { within } from "../../helpers/simulated/clock.ts";
import { Gate, GATE_PERMISSIONS } from "../../helpers/pools/gate.ts";
import { sharePool } from "../../helpers/pools/shared_pool.ts";
import { assertServes, withPool } from "../../helpers/pools/with_pool.ts";

const shared = sharePool("Pool.apply() and applyAsync()", { workers: 1 });

shared.test("Pool.apply() gives the result of the call", async (pool) => {
  assertEquals(await pool.apply((a: number, b: number) => a - b, [7, 5]), 2);
  assertEquals(await pool.apply(() => "no arguments"), "no arguments");
  assertEquals(await pool.apply(async (x: number) => await Promise.resolve(x + 1), [1]), 2);
  assertEquals(await pool.apply(() => undefined), undefined);
  const odd = { when: new Date(5), bytes: new Uint8Array([1, 2]), big: 2n ** 70n, map: new Map([[NaN, -0]]) };
  assertEquals(await pool.apply((value: typeof odd) => value, [odd]), odd);
});

shared.test("Pool.apply() rejects with TypeError when the arguments are not an array", async (pool) => {
  await assertRejects(() => pool.apply(Math.sqrt, 4 as never), TypeError, "the arguments must be an array");
  // As it is called elsewhere: with its arguments one by one.
  await assertRejects(
    () => pool.apply(Math.hypot, 3 as never, 4 as never),
    TypeError,
    "the arguments must be an array",
  );
  await assertRejects(() => pool.apply(5 as never), TypeError, "Cannot run number 5");
  await assertRejects(() => pool.apply(null as never), TypeError, "Cannot run null");
});

Deno.test("Pool.applyAsync() returns a result that can be awaited and asked", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const result = pool.applyAsync(hold<string>, [gate.port, "done"]);
    await gate.arrived();
    assertFalse(result.ready());
    assertThrows(() => result.successful(), Error, "the result is not ready");
    assertFalse(await within(1000, () => result.wait(10)));
    await within(1000, () => assertRejects(() => result.get(10), TimeoutError, "the call has none after 10 ms"));
    assertFalse(await result.wait(0));
    gate.open();
    assert(await result.wait());
    assert(result.ready() && result.successful());
    assertEquals([await result, await result.get(), await result.get(0)], ["done", "done", "done"]);
  }));

shared.test("AsyncResult.successful() is false when the task threw", async (pool) => {
  const result = pool.applyAsync(throwValue, [new RangeError("too far")]);
  assert(await result.wait(10_000));
  assert(result.ready());
  assertFalse(result.successful());
  await assertRejects(() => result.get(), RangeError, "too far");
  await assertRejects(() => Promise.resolve(result), RangeError, "too far");
});

shared.test("Pool.applyAsync() tells the callbacks before the waiters, once", async (pool) => {
  const order: unknown[] = [];
  const good = pool.applyAsync(Math.sqrt, [9], {
    callback: (value) => order.push("callback", value),
    errorCallback: () => order.push("wrong"),
  });
  await good.then((value) => order.push("waiter", value));
  const bad = pool.applyAsync(throwValue, [new Error("bad")], {
    callback: () => order.push("wrong"),
    errorCallback: (error) => order.push("errorCallback", (error as Error).message),
  });
  await bad.then(undefined, (error) => order.push("waiter", (error as Error).message));
  assertEquals(order, ["callback", 3, "waiter", 3, "errorCallback", "bad", "waiter", "bad"]);
});

shared.test("Pool.applyAsync() reports a callback that throws, and the result is unharmed", async (pool) => {
  const reported: [string, unknown][] = [];
  using _ = catchErrors((text, error) => reported.push([text, error]));
  const fault = new Error("the callback's fault");
  const callback = (): never => {
    throw fault;
  };
  assertEquals(await pool.applyAsync(Math.sqrt, [16], { callback }), 4);
  await assertRejects(
    () => pool.applyAsync(throwValue, [new Error("bad")], { errorCallback: callback }).get(),
    Error,
    "bad",
  );
  assertEquals(reported, [
    ["Error in the callback of a pool, which goes on:", fault],
    ["Error in the errorCallback of a pool, which goes on:", fault],
  ]);
  await assertServes(pool);
});
