// Unit: what this library writes of a large value is never more than what it reads, whatever makes it longer, deeper or dearer than was foreseen.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { PayloadTooLargeError } from "../../src/errors.ts";
import { encode } from "../../src/wire/codec/codec.ts";
import { encodeItems } from "../../src/wire/codec/items_encoder.ts";
import { lineLimits, requireLinesFit } from "../../src/wire/codec/line_limits.ts";
import { ERROR_COST, ERROR_FIELD_COST, MAX_TREE_COST, SPARSE_ITEM_COST } from "../../src/wire/codec/tags.ts";
import type { LinePart } from "../../src/wire/framing/line_part.ts";
import { arrived, roundTrip } from "./round_trip.ts";
import { assertSameGraph } from "./same_graph.ts";

const words = (): string[] => Array.from({ length: 40_000 }, (_, index) => "word" + index);

Deno.test("a text of commas and brackets is one text, at every length and place", () => {
  for (const units of [40_000, 69_000, 100_000, 200_000, 262_000, 263_000, 400_000]) {
    const text = ",:[{".repeat(units / 4);
    for (const value of [text, [text, 1], { text }, { [text]: 1 }, new Map([[text, text]]), [NaN, text]]) {
      assertSameGraph(roundTrip(value), value);
      assertSameGraph(arrived(encodeItems([value, 1]), 65_536), [value, 1]);
    }
  }
});

Deno.test("marks inside strings are not counted as values", () => {
  const limits = lineLimits(4 * 1024 * 1024);
  const fits = (value: unknown): void => requireLinesFit(encode(value).parts[0] as LinePart, limits);
  const rows = Array.from({ length: 12 }, () => "1,".repeat(100_000));
  fits(rows);
  assertSameGraph(roundTrip(rows), rows);
  assertThrows(() => fits(rows.map((row) => Array.from(row.split(","), () => []))), PayloadTooLargeError);
});

Deno.test("keys and texts that become longer by their escapes share no line that is too long", () => {
  const texts = ["\0", "€", "\ud800", '"'].map((unit) => unit.repeat(32_000));
  for (const key of texts) {
    for (const text of texts) {
      for (
        const value of [{ [key]: [text] }, { a: 1, [key]: { text }, b: [text] }, new Map([[1, { [key]: [text, NaN] }]])]
      ) {
        assertSameGraph(roundTrip(value), value);
        assertSameGraph(arrived(encodeItems([value, 1]), 65_536), [value, 1]);
      }
    }
  }
});

Deno.test("what a getter makes again each time is written as it was read", () => {
  const made = {
    get words() {
      return words();
    },
  };
  const wanted = { words: words() };
  assertEquals(roundTrip(made), wanted);
  assertEquals(roundTrip([made, 1]), [wanted, 1]);
  assertEquals(arrived(encodeItems([1, made, made]), 65_536), [1, wanted, wanted]);
  const deep = {
    get inner() {
      return { made };
    },
  };
  assertEquals(roundTrip(deep), { inner: { made: wanted } });
});

Deno.test("a large value may be nested as deep as a small one", () => {
  const wraps: Record<string, (inner: unknown) => unknown> = {
    lists: (inner) => [inner],
    Maps: (inner) => new Map([["key", inner]]),
    keys: (inner) => new Map([[inner, "value"]]),
    Sets: (inner) => new Set([inner]),
    "objects with such a field as tags have": (inner) => ({ $: inner }),
    "lists with holes": (inner) => [, inner],
  };
  for (const wrap of Object.values(wraps)) {
    let value: unknown = [...words(), NaN];
    for (let level = 0; level < 990; level++) value = wrap(value);
    assertSameGraph(roundTrip(value), value);
    // With bytes inside, the tree is decoded as a whole; an error is, too.
    assertSameGraph(roundTrip([new Uint8Array(3), value]), [new Uint8Array(3), value]);
    assertSameGraph((roundTrip(Object.assign(new Error("deep"), { value })) as { value: unknown }).value, value);
    assertSameGraph(arrived(encodeItems([value, 1]), 65_536), [value, 1]);
  }
});

Deno.test("a toJSON() that cannot be enumerated does not decide what an object travels as", () => {
  const hidden = Object.defineProperty({ a: 1 }, "toJSON", { value: () => "something else" });
  assertEquals(roundTrip(hidden), { a: 1 });
  assertEquals(roundTrip([hidden, NaN]), [{ a: 1 }, NaN]);
  assertEquals(arrived(encodeItems([{ hidden }, 2]), Infinity), [{ hidden: { a: 1 } }, 2]);
  assertEquals(roundTrip({ toJSON: "no function" }), { toJSON: "no function" });
});

Deno.test("both sides count the same for what is decoded as a whole", () => {
  const limits = lineLimits(256 * 1024 * 1024);
  const lists = (count: number): unknown[] => Array.from({ length: count }, () => []);
  const withHoles = (count: number): unknown[] => {
    const list: unknown[] = [];
    for (let at = 0; at < count; at++) list[at * 2 + 1] = at % 4 === 0 ? [] : 0;
    return list;
  };
  const most = MAX_TREE_COST - ERROR_COST - ERROR_FIELD_COST;
  const mostItems = Math.floor(MAX_TREE_COST / (SPARSE_ITEM_COST + 0.25));
  for (let n = -4; n <= 4; n++) {
    for (const value of [Object.assign(new Error("e"), { lists: lists(most + n) }), withHoles(mostItems + n)]) {
      const encoded = encode(value);
      const isSent = !throwsTooLarge(() => requireLinesFit(encoded.parts[0] as LinePart, limits));
      const isRead = !throwsTooLarge(() => arrived(encoded, 65_536));
      assertEquals(isSent, isRead, `${n} ${value instanceof Error}`);
      assert(n > -4 || isSent);
      assert(n < 4 || !isSent);
    }
  }
});

function throwsTooLarge(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch (error) {
    if (error instanceof PayloadTooLargeError) return true;
    throw error;
  }
}
