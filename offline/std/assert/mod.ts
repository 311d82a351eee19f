/**
 * Stand-in for the part of `jsr:@std/assert` that corral uses, over `node:assert`.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert";
import { isDeepStrictEqual } from "node:util";

/** Any class, as a value. */
// deno-lint-ignore no-explicit-any
type Class<T> = abstract new (...args: any[]) => T;

/** What a failed assertion throws. */
export class AssertionError extends Error {
  /** Builds the error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

const show = (value: unknown): string => Deno.inspect(value, { depth: 6 });

function check(holds: boolean, message: string, msg?: string): asserts holds {
  if (!holds) throw new AssertionError(message + (msg ? `: ${msg}` : "."));
}

/** Fails unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Fails if `expr` is truthy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is false {
  if (expr) throw new AssertionError(msg);
}

/** Fails always. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${msg ? `: ${msg}` : "."}`);
}

/** Fails because a line was reached that should not be. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${msg ? `: ${msg}` : "."}`);
}

/** Fails unless the values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    check(false, `Values are not equal${msg ? `: ${msg}` : "."}\n\n${(error as Error).message}\n`);
  }
}

/** Fails if the values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  check(!isDeepStrictEqual(actual, expected), `Expected actual: ${show(actual)} not to be: ${show(expected)}`, msg);
}

/** Fails unless `Object.is(actual, expected)`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  check(Object.is(actual, expected), `Values are not strictly equal: ${show(actual)}, ${show(expected)}`, msg);
}

/** Fails if `Object.is(actual, expected)`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  check(!Object.is(actual, expected), `Expected "actual" to not be strictly equal to: ${show(actual)}`, msg);
}

/** Fails unless the numbers differ by at most `tolerance`, by default a ten-millionth of `expected`. */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  if (Object.is(actual, expected)) return;
  const limit = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  check(Math.abs(expected - actual) <= limit, `Expected actual: ${actual} to be close to ${expected}`, msg);
}

/** Fails if `actual` is `null` or `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  check(actual !== undefined && actual !== null, `Expected actual: "${actual}" to not be null or undefined`, msg);
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  check(actual > expected, `Expect ${show(actual)} > ${show(expected)}`, msg);
}

/** Fails unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  check(actual >= expected, `Expect ${show(actual)} >= ${show(expected)}`, msg);
}

/** Fails unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  check(actual < expected, `Expect ${show(actual)} < ${show(expected)}`, msg);
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  check(actual <= expected, `Expect ${show(actual)} <= ${show(expected)}`, msg);
}

/** Fails unless `actual` is an instance of `expectedType`. */
export function assertInstanceOf<T>(actual: unknown, expectedType: Class<T>, msg?: string): asserts actual is T {
  check(
    actual instanceof expectedType,
    `Expected object to be an instance of "${expectedType.name}" but was ${show(actual)}`,
    msg,
  );
}

/** Fails unless `actual` matches the expression. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  check(expected.test(actual), `Expected actual: ${show(actual)} to match: ${expected}`, msg);
}

/** Fails unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  check(actual.includes(expected), `Expected actual: ${show(actual)} to contain: ${show(expected)}`, msg);
}

/** Fails unless every item of `expected` is deeply equal to some item of `actual`. */
export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, msg?: string): void {
  const items = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) => !items.some((item) => isDeepStrictEqual(item, wanted)));
  check(missing.length === 0, `Expected actual: ${show(actual)} to include: ${show(missing)}`, msg);
}

/** Fails unless `error` is an `Error`, of the class and with the message part that are asked for. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: Class<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  check(error instanceof Error, `Expected "error" to be an Error object`, msg);
  check(
    !ErrorClass || error instanceof ErrorClass,
    `Expected error to be instance of "${ErrorClass?.name}", but was "${error.constructor?.name}": ${error.message}`,
    msg,
  );
  if (msgMatches === undefined || msgMatches === "") return;
  const text = error.message;
  const found = typeof msgMatches === "string" ? text.includes(msgMatches) : msgMatches.test(text);
  check(found, `Expected error message to include ${show(msgMatches)}, but got ${show(text)}`, msg);
}

/** Fails unless `fn` throws; with a class, unless it throws an error of that class and with that message part. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Fails unless `fn` throws an error of the class, with `msgIncludes` in its message. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: Class<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: Class<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  let thrown: unknown;
  try {
    fn();
  } catch (error) {
    thrown = { error };
  }
  return caught(thrown, "Expected function to throw", classOrMsg, msgIncludes, msg);
}

/** Fails unless `fn` returns a promise that rejects. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Fails unless `fn` returns a promise that rejects with an error of the class, with `msgIncludes` in its message. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Class<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: Class<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  let thrown: unknown;
  let promise: unknown;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(`Function throws when expected to reject: ${show(error)}`, { cause: error });
  }
  check(typeof (promise as PromiseLike<unknown>)?.then === "function", "Function did not return a promise", msg);
  try {
    await promise;
  } catch (error) {
    thrown = { error };
  }
  return caught(thrown, "Expected function to reject", classOrMsg, msgIncludes, msg);
}

function caught(
  thrown: unknown,
  wanted: string,
  classOrMsg: Class<Error> | string | undefined,
  msgIncludes: string | undefined,
  msg: string | undefined,
): unknown {
  check(thrown !== undefined, wanted, typeof classOrMsg === "string" ? classOrMsg : msg);
  const { error } = thrown as { error: unknown };
  if (typeof classOrMsg === "function") assertIsError(error, classOrMsg, msgIncludes, msg);
  return error;
}
