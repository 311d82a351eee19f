// Unit.
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { PayloadTooLargeError, ProtocolError } from "../../src/errors.ts";
import { decode, encode, type Encoded } from "../../src/wire/codec/codec.ts";
import { type LineLimits, lineLimits, requireLinesFit } from "../../src/wire/codec/line_limits.ts";
import { LineReader } from "../../src/wire/codec/line_reader.ts";
import { LinePart } from "../../src/wire/framing/line_part.ts";
import { arrived } from "./round_trip.ts";

const LONG = 600;

function roundTrip(value: unknown): unknown {
  const { text, tagged, parts } = encode(value);
  return decode(JSON.parse(text), tagged, parts.map((part) => part.slice()));
}

function decodeHostile(tree: string, ...parts: Uint8Array[]): unknown {
  return decode(JSON.parse(tree), true, parts);
}

Deno.test("encode() sends a long list of numbers as bytes, and decode() gives an ordinary array", () => {
  const lists = {
    integers: Array.from({ length: LONG }, (_, n) => n - 300),
    extremes: Array.from({ length: LONG }, (_, n) => n % 2 === 0 ? 2 ** 31 - 1 : -(2 ** 31)),
    larger: Array.from({ length: LONG }, (_, n) => 2 ** 31 + n),
    fractions: Array.from({ length: LONG }, (_, n) => n / 7),
    strange: Array.from({ length: LONG }, (_, n) => [NaN, Infinity, -Infinity, -0, 0][n % 5]!),
    minusZero: Array.from({ length: LONG }, (_, n) => n === 599 ? -0 : n),
  };
  for (const [name, list] of Object.entries(lists)) {
    const { parts } = encode(list);
    assertEquals(parts.length, 1, name);
    const copy = roundTrip(list) as number[];
    assert(Array.isArray(copy) && copy.length === LONG);
    list.forEach((number, index) => assert(Object.is(copy[index], number), `${name}[${index}]`));
  }
  assertEquals(encode(lists.integers).parts[0]!.byteLength, LONG * 4);
  assertEquals(encode(lists.fractions).parts[0]!.byteLength, LONG * 8);
});

Deno.test("encode() sends one long list among arguments as bytes", () => {
  const numbers = Array.from({ length: LONG }, (_, n) => n);
  const values = [[numbers], [numbers, "text", null, true, 1], [1, numbers]];
  for (const value of values) {
    assertEquals(encode(value).parts.length, 1);
    assertEquals(roundTrip(value), value);
  }
});

Deno.test("encode() writes lines where the texts beside a long list of numbers are too long for a message", () => {
  const numbers = Array.from({ length: LONG }, (_, n) => n);
  for (
    const texts of [["x".repeat(300_000)], Array(7).fill("\u0001".repeat(31_000)), [
      "漢".repeat(20_000),
      "é".repeat(20_000),
    ]]
  ) {
    const value = [numbers, ...texts];
    assertEquals(arrived(encode(value), 65_536), value);
  }
});

Deno.test("encode() keeps anything that is not a list of numbers as it was", () => {
  const numbers = Array.from({ length: LONG }, (_, n) => n);
  const holes = Array.from({ length: LONG }, (_, n) => n);
  delete holes[300];
  const values = [
    [...numbers, "last"],
    [...numbers, undefined],
    [...numbers, 1n],
    holes,
    [numbers, { numbers: [1] }],
    [numbers, undefined],
    // deno-lint-ignore no-sparse-arrays
    [, numbers],
    Array.from({ length: 9 }, (_, n) => n === 0 ? numbers : n),
    numbers.slice(0, 100),
    { numbers },
  ];
  for (const value of values) {
    assertEquals(encode(value).parts.length, 0);
    const copy = roundTrip(value);
    assertEquals(copy, value);
    if (Array.isArray(value)) assertEquals(300 in (copy as unknown[]), 300 in value);
  }
});

Deno.test("encode() keeps a list that is an argument twice one list", () => {
  const numbers = Array.from({ length: LONG }, (_, n) => n);
  const [first, second] = roundTrip([numbers, numbers]) as number[][];
  assertStrictEquals(first, second);
  assertEquals(first, numbers);
  const [one, other] = roundTrip([numbers, [...numbers]]) as number[][];
  assert(one !== other);
  assertEquals([one, other], [numbers, numbers]);
});

Deno.test("encode() refuses a list with a getter that throws, and one of a subclass", () => {
  const numbers = Array.from({ length: LONG }, (_, n) => n);
  Object.defineProperty(numbers, 300, { get: () => assert(false, "no") });
  assertThrows(() => encode(numbers), Error, "Cannot send $");
  class Numbers extends Array<number> {}
  assertThrows(() => encode(Numbers.from({ length: LONG }, (_, n) => n)), Error, "an instance of Numbers");
});

Deno.test("decode() gives what encode() was given, for all lists of numbers", () => {
  const lists = fc.array(fc.oneof(fc.integer(), fc.double()), { minLength: 500, maxLength: 700 });
  fc.assert(fc.property(lists, (list) => {
    const copy = roundTrip(list) as number[];
    assertEquals(copy.length, list.length);
    list.forEach((number, index) => assert(Object.is(copy[index], number)));
  }));
});

Deno.test("decode() refuses bytes that are not a list of numbers", () => {
  const bytes = new Uint8Array(16);
  assertEquals(decodeHostile('{"$":"numbers","k":"Float64Array","p":0}', bytes), [0, 0]);
  const hostile = [
    '{"$":"numbers","k":"Int8Array","p":0}',
    '{"$":"numbers","k":"constructor","p":0}',
    '{"$":"numbers","k":"__proto__","p":0}',
    '{"$":"numbers","k":7,"p":0}',
    '{"$":"numbers","p":0}',
    '{"$":"numbers","k":"Int32Array","p":1}',
    '{"$":"numbers","k":"Int32Array"}',
    '[{"$":"numbers","k":"Int32Array","p":0},{"$":"numbers","k":"Int32Array","p":0}]',
  ];
  for (const tree of hostile) assertThrows(() => decodeHostile(tree, bytes), ProtocolError, "Cannot read value", tree);
  assertThrows(() => decodeHostile(hostile[5]!), ProtocolError);
  assertThrows(
    () => decodeHostile('{"$":"numbers","k":"Int32Array","p":0}', new Uint8Array(7)),
    ProtocolError,
    "7 bytes",
  );
});

/** What a receiver makes of a list that comes in pieces. */
function received({ text, tagged, parts }: Encoded, pieceBytes: number): unknown {
  const reader = new LineReader(parts[0]!.length, lineLimits(2 ** 28));
  for (let at = 0; at < parts[0]!.length; at += pieceBytes) {
    const reused = new Uint8Array(parts[0]!.subarray(at, at + pieceBytes));
    reader.push(reused);
    reused.fill(0xff);
  }
  return decode(JSON.parse(text), tagged, [LinePart.holding(reader.end())]);
}

Deno.test("a very long list of numbers is read as it comes, however its bytes are split", () => {
  const lists = [
    Array.from({ length: 20_000 }, (_, n) => n - 300),
    Array.from({ length: 20_000 }, (_, n) => n === 0 ? -0 : n / 7),
  ];
  for (const list of lists) {
    for (const value of [list, [list, "text"]]) {
      const encoded = encode(value);
      assertInstanceOf(encoded.parts[0], LinePart);
      assertEquals(roundTrip(value), value);
      for (const pieceBytes of [1, 3, 8, 4097, 1 << 20]) assertEquals(received(encoded, pieceBytes), value);
    }
  }
});

Deno.test("decode() refuses a very long list of numbers in one piece, or one that is not whole", () => {
  const tree = '{"$":"numbers","k":"Int32Array","p":0}';
  assertThrows(() => decodeHostile(tree, new Uint8Array(2 ** 20)), ProtocolError, "in one piece");
  const lines = new LineReader(4, lineLimits(2 ** 28));
  lines.push(new TextEncoder().encode("[1]\n"));
  assertThrows(
    () => decodeHostile(tree, LinePart.holding(lines.end())),
    ProtocolError,
    "its list of numbers is missing",
  );
  assertThrows(() => new LineReader(11, undefined).push(new Uint8Array([1, 0, 0])), ProtocolError, "11 bytes");
  assertThrows(() => new LineReader(7, undefined).push(new Uint8Array([2])), ProtocolError, "7 bytes");
});

Deno.test("the sender of a very long list of numbers finds what its receiver finds", () => {
  const part = encode(Array.from({ length: 5_000_000 }, (_, n) => n)).parts[0] as LinePart;
  assertThrows(() => requireLinesFit(part, lineLimits(2 ** 20)), PayloadTooLargeError, "40000000 bytes");
  requireLinesFit(part, lineLimits(2 ** 28));
});

Deno.test("a receiver takes as many numbers as its own limit allows, and from a sender that it trusts any number", () => {
  const begin = (count: number, limits: LineLimits | undefined): void =>
    new LineReader(8 + 4 * count, limits).push(new Uint8Array([1]));
  const count = 36_000_000;
  assertThrows(() => begin(count, lineLimits(2 ** 28)), PayloadTooLargeError, "288000000 bytes, at most 268435456");
  begin(count, lineLimits(2 ** 30));
  begin(count, undefined);
});
