// Unit.
import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { runInNewContext } from "node:vm";
import { EncodingError } from "../../src/errors.ts";
import { encode } from "../../src/wire/codec/codec.ts";
import { roundTrip } from "./round_trip.ts";

const foreign = (code: string): unknown => runInNewContext(code);

const fromElsewhere: [what: string, code: string, expected: unknown][] = [
  ["plain data", "({ rows: [1, 2, { a: null }], more: {} })", { rows: [1, 2, { a: null }], more: {} }],
  ["an array", "[1, [2]]", [1, [2]]],
  ["holes", "[1, , 3]", [1, , 3]],
  ["a long list of numbers", "Array.from({ length: 1000 }, (_, n) => n)", Array.from({ length: 1000 }, (_, n) => n)],
  ["a Date", "new Date(5)", new Date(5)],
  ["a Map", "new Map([[{ a: 1 }, new Set([1])]])", new Map([[{ a: 1 }, new Set([1])]])],
  ["a RegExp", "/a+/gi", /a+/gi],
  ["an ArrayBuffer", "new Uint8Array([1, 2]).buffer", new Uint8Array([1, 2]).buffer],
  ["a typed array", "new Float64Array([1.5])", new Float64Array([1.5])],
  ["a DataView", "new DataView(new ArrayBuffer(2))", new DataView(new ArrayBuffer(2))],
  ["a bigint and undefined", "[1n, undefined]", [1n, undefined]],
];

for (const [what, code, expected] of fromElsewhere) {
  Deno.test(`decode() gives ordinary data when node:vm made ${what}`, () => {
    const decoded = roundTrip(foreign(code)) as object;
    assertEquals(decoded, expected);
    assertStrictEquals(Object.getPrototypeOf(decoded), Object.getPrototypeOf(expected));
    assertEquals(roundTrip({ inside: foreign(code), beside: new Date(1) }), { inside: expected, beside: new Date(1) });
  });
}

Deno.test("decode() gives the class, cause and fields of an error that node:vm made", () => {
  const code = "Object.assign(new RangeError('far', { cause: new SyntaxError('in') }), { code: 7 })";
  const error = roundTrip(foreign(code)) as RangeError & { code: number };
  assertInstanceOf(error, RangeError);
  assertInstanceOf(error.cause, SyntaxError);
  assertEquals([error.message, error.code], ["far", 7]);
  const both = roundTrip(foreign("new AggregateError([new TypeError('one')], 'm')")) as AggregateError;
  assertInstanceOf(both, AggregateError);
  assertInstanceOf(both.errors[0], TypeError);
});

Deno.test("encode() refuses instances of classes of another realm", () => {
  for (
    const code of ["new (class A { x = 1 })()", "new (class A extends Map {})()", "new (class A extends Array {})()"]
  ) {
    assertThrows(() => encode(foreign(code)), EncodingError, "an instance of A");
  }
  assertThrows(() => encode(foreign("Promise.resolve()")), EncodingError, "await it first");
});
