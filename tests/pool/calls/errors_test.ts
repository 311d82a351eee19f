// End-to-end tests of Pool: errors of tasks, and what cannot travel.
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { EncodingError, PayloadTooLargeError, Pool } from "../../../mod.ts";
import { hold } from "../../fixtures/tasks/hold.ts";
import { throwUploadError, throwValue } from "../../fixtures/tasks/throw_errors.ts";
import { CountedInput } from "../../helpers/simulated/counted_input.ts";
import { Gate, GATE_PERMISSIONS } from "../../helpers/pools/gate.ts";
import { assertServes, withPool } from "../../helpers/pools/with_pool.ts";

const THROW_ERRORS = import.meta.resolve("../../fixtures/tasks/throw_errors.ts");

// --- what cannot travel

Deno.test("Pool refuses arguments that cannot travel at once, and nothing else is lost", () =>
  withPool({ workers: 1, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const running = pool.apply(hold<number>, [gate.port, 1]);
    const waiting = pool.apply(Math.sqrt, [4]);
    await gate.arrived();
    const bad = { rows: [1, 2, 3, { when: () => 5 }] };
    const identity = (value: unknown): unknown => value;
    const error = await assertRejects(() => pool.apply(identity, [bad]), EncodingError, "a function");
    assertEquals(error.path, "$[0].rows[3].when");
    assertThrows(() => pool.applyAsync(identity, [Symbol("s")]), EncodingError, "a symbol");
    class Point {
      x = 1;
    }
    const mapped = await assertRejects(() => pool.map(identity, [1, 2, new Point()]), EncodingError, "Point");
    assertEquals(mapped.path, "$[2]");
    gate.open();
    const items = [1, 2, 3, 4, new Point()];
    const streamed = () => Array.fromAsync(pool.imap(identity, items, { chunkSize: 2 }));
    assertEquals((await assertRejects(streamed, EncodingError, "Cannot send $[4]: ")).path, "$[4]");
    assertEquals([await running, await waiting], [1, 2]);
  }));

Deno.test("an error that has no cause has no property for one, which would be printed with it", () =>
  withPool({ workers: 1 }, async (pool) => {
    const errors = [
      await assertRejects(() => pool.apply(() => () => 1)),
      await assertRejects(() => pool.apply((value: unknown) => value, [() => 1])),
      await assertRejects(() => pool.apply(() => Deno.exit(3))),
    ];
    for (const error of errors) assertEquals(Object.hasOwn(error as Error, "cause"), false, String(error));
  }));

Deno.test("Pool refuses arguments that are too large, and the worker goes on", () =>
  withPool({ workers: 1, maxFrameBytes: 100_000 }, async (pool, log) => {
    const length = (text: string): number => text.length;
    const given = "Cannot send what the task is given: it has 200";
    await assertRejects(() => pool.apply(length, ["x".repeat(200_000)]), PayloadTooLargeError, given);
    const count = (bytes: Uint8Array): number => bytes.length;
    await assertRejects(() => pool.apply(count, [new Uint8Array(200_000)]), PayloadTooLargeError, given);
    await assertRejects(() => pool.map(count, [new Uint8Array(200_000)]), PayloadTooLargeError, given);
    // What it returned, or threw, and not what it was sent: so it has run.
    const returned = (size: number) => "x".repeat(size);
    const tooLong = "Cannot send what the task returned: it holds a text of 200003 bytes, at most 100000 are allowed";
    const error = await assertRejects(() => pool.apply(returned, [200_000]), PayloadTooLargeError, tooLong);
    assertEquals([error.byteLength, error.limitBytes], [200_003, 100_000]);
    await assertRejects(() => pool.map(returned, [1, 200_000]), PayloadTooLargeError, tooLong);
    const thrown = (): never => {
      throw { text: "x".repeat(200_000) };
    };
    await assertRejects(() => pool.apply(thrown), PayloadTooLargeError, "Cannot send what the task threw: it h");
    await assertRejects(() => pool.apply(length, ["ä".repeat(60_000)]), PayloadTooLargeError);
    await assertRejects(() => pool.apply(() => "ä".repeat(60_000)), PayloadTooLargeError);
    await assertRejects(() => pool.map(length, ["x".repeat(200_000)]), PayloadTooLargeError);
    const long = new Function(`"${"x".repeat(100_000)}"`) as () => void;
    await assertRejects(() => pool.apply(long), PayloadTooLargeError, "Cannot send the text of the function: it has ");
    const initArgs = ["x".repeat(200_000)];
    const options = { workers: 1, maxFrameBytes: 100_000, initializer: length, initArgs };
    assertThrows(() => new Pool(options), PayloadTooLargeError, "Cannot send initArgs: it has 200");
    for (const text of ["x".repeat(99_000), "ä".repeat(49_500), "\u0001".repeat(16_000)]) {
      assertEquals(await pool.apply(length, [text]), text.length);
      assertEquals(await pool.apply((text: string) => text, [text]), text);
    }
    const texts = Array.from({ length: 100 }, (_, index) => "ä".repeat(20_000) + index);
    assertEquals(await Promise.all(texts.map((text) => pool.apply(length, [text]))), texts.map(length));
    assertEquals(log.pids.length, 1);
  }));

Deno.test("Pool rejects with EncodingError when a result cannot travel, and the worker survives", () =>
  withPool({ workers: 1 }, async (pool, log) => {
    for (let round = 0; round < 20; round++) {
      const call = () => pool.apply(() => ({ list: [() => 1] }));
      const error = await assertRejects(
        call,
        EncodingError,
        "Cannot send what the task returned: $.list[0]: a function",
      );
      assertEquals(error.path, "$.list[0]");
    }
    const map = () => pool.map((x: number) => x > 1 ? Symbol("s") : x, [1, 2]);
    await assertRejects(map, EncodingError, "Cannot send what the task returned: $: a symbol");
    await assertServes(pool);
    assertEquals(log.pids.length, 1);
  }));

// --- errors

Deno.test("Pool.apply() rejects with the task's error as itself", () =>
  withPool({ workers: 1, module: THROW_ERRORS }, async (pool) => {
    const error = await assertRejects(() => pool.apply(throwUploadError, [507]), RangeError, "upload failed with 507");
    assertEquals(error.name, "UploadError");
    const { code, rows } = error as unknown as { code: number; rows: number[] };
    assertEquals([code, rows], [507, [1, 2]]);
    assertInstanceOf(error.cause, TypeError);
    assertEquals(error.cause.message, "the root");
    const notFound = await assertRejects(() => pool.apply(() => Deno.readTextFileSync("/etc/passwd")));
    assertInstanceOf(notFound, Deno.errors.NotCapable);
    const all = await assertRejects(() => pool.apply(throwValue, [new AggregateError([new URIError("u")], "all")]));
    assertInstanceOf(all, AggregateError);
    assertInstanceOf(all.errors[0], URIError);
    await assertRejects(() => pool.map(throwValue, [new TypeError("t")]), TypeError, "t");
  }));

Deno.test("Pool puts the caller's stack above the worker's", () =>
  withPool({ workers: 1, module: THROW_ERRORS }, async (pool) => {
    async function callerOfApply(): Promise<void> {
      await pool.apply(throwUploadError, [1]);
    }
    async function callerOfMap(): Promise<void> {
      await pool.map(throwUploadError, [1]);
    }
    for (const caller of [callerOfApply, callerOfMap]) {
      const { stack } = await assertRejects(caller, RangeError);
      const places = [caller.name, "in the worker", "throw_errors.ts"].map((text) => stack!.indexOf(text));
      assert(places.every((place) => place > 0), stack);
      assertEquals(places, places.toSorted((a, b) => a - b), stack);
      assertMatch(stack!, /^UploadError: upload failed with 1\n/);
    }
  }));

Deno.test("Pool puts lines of a message that look like frames into the stack once", () =>
  withPool({ workers: 1 }, async (pool) => {
    const fail = () => {
      throw new Error("not loaded\n    at file:///a.ts:1:1");
    };
    const { stack } = await assertRejects(() => pool.apply(fail), Error);
    assertEquals(stack!.match(/a\.ts:1:1/g)?.length, 1, stack);
    assertMatch(stack!, /--- in the worker ---\n {4}at .*task-source/);
  }));

Deno.test("Pool leaves the stack of a caller's own error alone", () =>
  withPool({ workers: 2, permissions: GATE_PERMISSIONS }, async (pool) => {
    using gate = new Gate();
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error("changed my mind");
    const fault = new Error("the input's fault");
    const stacks = [reason.stack, fault.stack];
    const calls = [1, 2, 3].map(() => pool.apply(hold<number>, [gate.port, 1], { signal }).catch((error) => error));
    await gate.arrived(2);
    controller.abort(reason);
    for (const error of await Promise.all(calls)) assertStrictEquals(error, reason);
    assertStrictEquals(
      await pool.map(Math.sqrt, new CountedInput().failingAt(0, fault)).catch((error) => error),
      fault,
    );
    assertEquals([reason.stack, fault.stack], stacks);
    gate.open();
  }));

Deno.test("Pool rejects with thrown values that are not errors", () =>
  withPool({ workers: 1 }, async (pool) => {
    for (const value of [undefined, 0, "", null, NaN, "text", { code: 5 }]) {
      const wrapped = { value };
      assertEquals(await pool.apply(throwValue, [value]).then(() => "resolved", (value) => ({ value })), wrapped);
      const later = async (value: unknown): Promise<never> => {
        await Promise.resolve();
        throw value;
      };
      assertEquals(await pool.apply(later, [value]).then(() => "resolved", (value) => ({ value })), wrapped);
      assertEquals(await pool.map(throwValue, [value]).then(() => "resolved", (value) => ({ value })), wrapped);
      const iterator = pool.imap(throwValue, [value]);
      assertEquals(await iterator.next().then(() => "resolved", (value) => ({ value })), wrapped);
      assertEquals((await iterator.next()).done, true);
    }
    const result = pool.applyAsync(throwValue, [undefined]);
    assertEquals([await result.wait(), result.successful()], [true, false]);
    assertEquals(await result.get().then(() => "resolved", (value) => ({ value })), { value: undefined });
  }));

Deno.test("Pool.apply() rejects when the thrown value cannot travel, and the worker survives", () =>
  withPool({ workers: 1 }, async (pool, log) => {
    const throwFunction = (): never => {
      throw () => 1;
    };
    await assertRejects(() => pool.apply(throwFunction), EncodingError);
    await assertRejects(() => pool.map(throwFunction, [1]), EncodingError);
    const throwOdd = (): never => {
      throw Object.assign(new TypeError("odd"), { field: () => 1, kept: 2 });
    };
    const odd = await assertRejects(() => pool.apply(throwOdd), TypeError, "odd");
    assertEquals({ ...odd } as unknown, { kept: 2 });
    await assertServes(pool);
    assertEquals(log.pids.length, 1);
  }));
