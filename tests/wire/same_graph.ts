/** Compares two values as graphs: same kinds, same contents, and the same parts shared. */

import { assert, assertEquals } from "@std/assert";

/** Asserts that two values cannot be told apart, except that records arrive with Object.prototype. */
export function assertSameGraph(actual: unknown, expected: unknown): void {
  compare(actual, expected, "$", new Map());
}

function compare(actual: unknown, expected: unknown, path: string, met: Map<object, object>): void {
  if (typeof expected !== "object" || expected === null) {
    return assert(Object.is(actual, expected), `${path}: another ${typeof expected}`);
  }
  assert(typeof actual === "object" && actual !== null, `${path}: no object`);
  const counterpart = met.get(expected);
  if (counterpart !== undefined) return assert(counterpart === actual, `${path}: identity lost`);
  assert(![...met.values()].includes(actual), `${path}: identity gained`);
  met.set(expected, actual);
  const prototype = Object.getPrototypeOf(expected) ?? Object.prototype;
  assert(Object.getPrototypeOf(actual) === prototype, `${path}: another prototype`);
  const actualInside = contentsOf(actual);
  const expectedInside = contentsOf(expected);
  assertEquals(actualInside.length, expectedInside.length, `${path}: another size`);
  expectedInside.forEach((item, index) => compare(actualInside[index], item, `${path}/${index}`, met));
}

/** Everything that makes up a value, in a fixed order. */
function contentsOf(value: object): unknown[] {
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof RegExp) return [value.source, value.flags];
  if (value instanceof URL) return [value.href];
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (value instanceof DataView) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<unknown>);
  const fields = Object.keys(value).map((key) => [key, Object.getOwnPropertyDescriptor(value, key)!.value]);
  return Array.isArray(value) ? [value.length, ...fields.flat()] : fields.flat();
}
