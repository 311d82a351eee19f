// Unit.
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import * as corral from "../../src/errors.ts";
import { decode } from "../../src/wire/codec/codec.ts";
import { roundTrip as sent } from "./round_trip.ts";

const MAX_TEXT_UNITS = 64 * 1024;

function roundTrip<T>(value: T): T {
  return sent(value) as T;
}

/** Sends an error, and asserts that class, name, message, stack and own fields are the same. */
function assertKept(error: Error): void {
  const result = roundTrip(error);
  assertStrictEquals(Object.getPrototypeOf(result), Object.getPrototypeOf(error));
  assertEquals(result.name, error.name);
  assertEquals(result.message, error.message);
  assertEquals(result.stack, error.stack);
  assertEquals(Object.entries(result), Object.entries(error));
  assertEquals(Object.keys(result).includes("stack"), false);
}

Deno.test("decode() rebuilds the class when an error is built in", () => {
  const classes = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];
  for (const errorClass of classes) assertKept(new errorClass("what happened"));
  for (const name of ["AbortError", "TimeoutError", "DataCloneError", "Made up"]) {
    assertKept(new DOMException("m", name));
  }
  assertEquals(roundTrip(new DOMException("m", "AbortError")).code, DOMException.ABORT_ERR);
});

Deno.test("decode() rebuilds the class when an error is one of Deno.errors", () => {
  for (const errorClass of Object.values(Deno.errors)) assertKept(new errorClass("what happened"));
});

Deno.test("decode() rebuilds the class and its fields when an error is one of corral", () => {
  const details = { pid: 7, exitCode: 1, signal: "SIGKILL", taskStarted: true, stderrTail: "tail" };
  const errors = [
    new corral.WorkerExitError("m", details),
    new corral.WorkerStartError("m"),
    new corral.OutOfMemoryError("m", details),
    new corral.ProtocolError("m", details),
    new corral.PoisonTaskError("m", 3, details),
    new corral.TaskTimeoutError("m", 50),
    new corral.EncodingError("m", "$.a"),
    new corral.PayloadTooLargeError("m", 10, 5),
  ];
  const simple = [
    corral.TimeoutError,
    corral.FunctionNotFoundError,
    corral.PermissionError,
    corral.PoolClosedError,
    corral.BrokenPoolError,
    corral.CancelledError,
    corral.QueueFullError,
    corral.QueueEmptyError,
    corral.ClosedError,
    corral.EndOfStreamError,
    corral.BrokenBarrierError,
  ];
  for (const error of [...errors, ...simple.map((errorClass) => new errorClass("m"))]) assertKept(error);
  const tested = new Set([...errors.map((error) => error.constructor), ...simple]);
  for (const errorClass of Object.values(corral)) assert(tested.has(errorClass), `${errorClass.name} is not tested`);
});

Deno.test("decode() gives the nearest known class with the original name when a class is unknown", () => {
  class NoSuchUserError extends Error {
    override name = "NoSuchUserError";
    readonly userId = 7;
  }
  class BadAgeError extends RangeError {
    override get name(): string {
      return "BadAgeError";
    }
  }
  const user = roundTrip(new NoSuchUserError("who"));
  assertStrictEquals(Object.getPrototypeOf(user), Error.prototype);
  assertEquals([user.name, user.message, user.userId], ["NoSuchUserError", "who", 7]);
  const age = roundTrip(new BadAgeError("old"));
  assertStrictEquals(Object.getPrototypeOf(age), RangeError.prototype);
  assertEquals([age.name, `${age}`], ["BadAgeError", "BadAgeError: old"]);
});

Deno.test("decode() gives an Error when a prototype chain has no known class", () => {
  const odd = Object.setPrototypeOf(new Error("m"), Object.create(Error.prototype));
  assertStrictEquals(Object.getPrototypeOf(roundTrip(odd)), Error.prototype);
});

Deno.test("encode() keeps the cause when it is an error, data, undefined or a cycle", () => {
  const inner = new TypeError("inner", { cause: { code: 1n, bytes: new Uint8Array([1, 2]) } });
  const outer = roundTrip(new Error("outer", { cause: inner }));
  assertInstanceOf(outer.cause, TypeError);
  assertEquals(outer.cause.cause, { code: 1n, bytes: new Uint8Array([1, 2]) });
  assertEquals(Object.hasOwn(roundTrip(new Error("m", { cause: undefined })), "cause"), true);
  assertEquals(Object.hasOwn(roundTrip(new Error("m")), "cause"), false);
  const cyclic = new Error("m");
  cyclic.cause = { back: cyclic };
  const result = roundTrip(cyclic);
  assertStrictEquals((result.cause as { back: unknown }).back, result);
});

Deno.test("encode() keeps null where an error holds it", () => {
  assertStrictEquals(roundTrip(new Error("m", { cause: null })).cause, null);
  assertStrictEquals(roundTrip(new AggregateError([null], "m")).errors[0], null);
  assertStrictEquals(roundTrip(new SuppressedError(null, 1)).error, null);
});

Deno.test("encode() keeps the errors of an AggregateError when some cannot travel", () => {
  const shared = new Error("shared");
  const result = roundTrip(new AggregateError([shared, 1n, Symbol("s"), shared], "several"));
  assertInstanceOf(result, AggregateError);
  assertEquals(result.errors.slice(1, 3), [1n, "Symbol(s)"]);
  assertEquals(result.errors[0].message, "shared");
  assertStrictEquals(result.errors[0], result.errors[3]);
  assertEquals(Object.keys(result), []);
});

Deno.test("encode() keeps what a SuppressedError holds, also errors in errors and what cannot travel", () => {
  const inner = new SuppressedError(new Error("close failed"), new TypeError("the real problem"), "inner");
  const outer = roundTrip(new SuppressedError(Symbol("s"), inner, "outer"));
  assertInstanceOf(outer, SuppressedError);
  assertEquals([outer.message, outer.error], ["outer", "Symbol(s)"]);
  assertInstanceOf(outer.suppressed, SuppressedError);
  assertInstanceOf(outer.suppressed.suppressed, TypeError);
  assertEquals(outer.suppressed.suppressed.message, "the real problem");
  assertEquals(outer.suppressed.error.message, "close failed");
  assertEquals(Object.keys(outer), []);
  const cyclic = new SuppressedError(undefined, 1);
  cyclic.error = cyclic;
  const result = roundTrip(cyclic);
  assertStrictEquals(result.error, result);
});

Deno.test("encode() keeps what other built-in errors hold beside fields", () => {
  const exceeded = roundTrip(new QuotaExceededError("full", { quota: 10, requested: 20 }));
  assertInstanceOf(exceeded, QuotaExceededError);
  assertEquals([exceeded.quota, exceeded.requested, exceeded.code], [10, 20, 22]);
  assertEquals(roundTrip(new QuotaExceededError("full")).quota, null);
  for (const errorClass of [WebAssembly.CompileError, WebAssembly.LinkError, WebAssembly.RuntimeError]) {
    assertKept(new errorClass("m"));
  }
});

Deno.test("every class of errors that the runtime has arrives with its class and all it holds", () => {
  const scopes: object[] = [globalThis, WebAssembly, Deno.errors];
  // Made by the GPU only.
  const skipped = ["GPUPipelineError", "SuspendError"];
  let tested = 0;
  for (const scope of scopes) {
    for (const name of Object.getOwnPropertyNames(scope)) {
      if (skipped.includes(name) || !/Error$/.test(name) && scope !== Deno.errors) continue;
      const errorClass = Reflect.get(scope, name) as ErrorConstructor;
      if (typeof errorClass !== "function" || !(errorClass === Error || errorClass.prototype instanceof Error)) {
        continue;
      }
      // deno-lint-ignore no-explicit-any
      const error: any = name === "AggregateError" ? new AggregateError([1], "m") : new (errorClass as any)("m");
      const result = roundTrip(error);
      assert(Object.getPrototypeOf(result) === Object.getPrototypeOf(error), name);
      for (const key of Object.getOwnPropertyNames(error)) assertEquals(result[key], error[key], `${name}.${key}`);
      tested++;
    }
  }
  assert(tested > 30, `${tested}`);
});

Deno.test("encode() keeps fields of the names that other classes use for their parts", () => {
  class ValidationError extends Error {
    errors = [{ path: "a", problem: "missing" }];
    error = "first";
    suppressed = 2;
  }
  const result = roundTrip(new ValidationError("m"));
  assertEquals(Object.entries(result), [["errors", [{ path: "a", problem: "missing" }]], ["error", "first"], [
    "suppressed",
    2,
  ]]);
});

Deno.test("decode() refuses hidden parts that have a place of their own, and lists of odd length", () => {
  const tag = { $: "error", c: "TypeError", n: "TypeError", m: "m", s: null, f: [] };
  for (const part of ["name", "message", "stack"]) {
    assertThrows(() => decode({ ...tag, p: [part, 1] }, true, []), corral.ProtocolError, `the part "${part}"`);
  }
  assertThrows(() => decode({ ...tag, p: ["cause"] }, true, []), corral.ProtocolError, "odd length");
});

Deno.test("encode() leaves a field out when it cannot travel", () => {
  const shared = { tag: "shared" };
  const error = Object.assign(new Error("m"), {
    before: shared,
    request: { shared, bytes: new Uint8Array(3), send() {} },
    after: [shared, new Uint8Array([9])],
    late: new Date(0),
  });
  const result = roundTrip(error);
  assertEquals(Object.keys(result), ["before", "after", "late"]);
  assertStrictEquals(result.after[0], result.before);
  assertEquals(result.after[1], new Uint8Array([9]));
});

Deno.test("encode() sends a cause as text when it cannot travel", () => {
  assertEquals(roundTrip(new Error("m", { cause: Symbol("why") })).cause, "Symbol(why)");
  assertEquals(roundTrip(new Error("m", { cause: Promise.resolve() })).cause, "[object Promise]");
  const mute = { run() {}, toString: () => fail() };
  assertEquals(roundTrip(new Error("m", { cause: mute })).cause, "(a value that cannot be shown)");
});

function fail(): never {
  throw new Error("must not escape");
}

Deno.test("decode() keeps fields that cannot be enumerated, as some libraries define them", () => {
  const issues = [{ code: "too_small", path: ["age"] }];
  const error = new TypeError("m", { cause: issues });
  const hidden = { issues, errors: [issues, 5], when: new Date(5), toString: () => "own", undefined: undefined };
  for (const [key, value] of Object.entries(hidden)) Object.defineProperty(error, key, { value });
  Object.assign(error, { shown: issues });
  const result = roundTrip(error) as TypeError & typeof hidden & { shown: unknown };
  assertEquals(Object.keys(result), ["shown"]);
  assertEquals([result.issues, result.errors, result.when, result.undefined], [
    issues,
    [issues, 5],
    new Date(5),
    undefined,
  ]);
  assertEquals(Object.hasOwn(result, "undefined"), true);
  assertStrictEquals(result.issues, result.shown);
  assertStrictEquals(result.issues, result.cause);
  assertStrictEquals(result.errors[0], result.issues);
  // What cannot travel stays behind, as it does among the other fields.
  assertEquals(String(result), "TypeError: m");
});

Deno.test("encode() sends an error when everything about it throws", () => {
  const error = new Error("m");
  for (const key of ["name", "message", "stack", "cause", "field"]) {
    Object.defineProperty(error, key, { get: fail, enumerable: true, configurable: true });
  }
  const result = roundTrip(error);
  assertInstanceOf(result, Error);
  assertEquals(typeof result.stack, "string");
  assertEquals([result.name, result.message], ["Error", ""]);
  const odd = Object.assign(new Error(), { name: { toString: fail }, message: Symbol("m"), stack: 5 });
  assertEquals(roundTrip(odd).message, "Symbol(m)");
});

Deno.test("encode() cuts message, stack and name with a note when they are too long", () => {
  const error = new Error("m".repeat(1_000_000));
  error.name = "n".repeat(100_000);
  error.stack = "s".repeat(1_000_000);
  const result = roundTrip(error);
  assertEquals(result.message.length, MAX_TEXT_UNITS);
  assert(result.message.endsWith(" … (cut, it had 1000000 characters)"), result.message.slice(-60));
  assertEquals(result.stack?.length, MAX_TEXT_UNITS);
  assertEquals(result.name.length, 1024);
});

Deno.test("decode() cuts message and stack when a hostile tree has them too long", () => {
  const tag = { $: "error", c: "Error", n: "E", m: "m".repeat(200_000), s: "s".repeat(200_000), f: [] };
  const result = decode(tag, true, []) as Error;
  assertEquals([result.message.length, result.stack?.length], [MAX_TEXT_UNITS, MAX_TEXT_UNITS]);
});

Deno.test("encode() cuts the chain when causes are nested deeper than the limit", () => {
  let error = new Error("first");
  for (let i = 0; i < 300; i++) error = new Error(`level ${i}`, { cause: error });
  let depth = 0;
  let end: unknown = roundTrip(error);
  for (; end instanceof Error; end = end.cause) depth++;
  assertEquals(depth, 201);
  assertEquals(typeof end, "string");
});
