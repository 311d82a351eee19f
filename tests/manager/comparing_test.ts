/** Unit tests of what a list compares: the same as ever, and at a bounded cost, whatever objects hold whatever how often. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ComparingCost, Likeness } from "../../src/manager/comparing.ts";
import { ListObject } from "../../src/manager/objects/list_object.ts";
import { decode, encode } from "../../src/wire/codec/codec.ts";
import { callAtOnce } from "../helpers/simulated/steps.ts";

const WORKER = { process: "1", task: 0 };
const PROGRAM = { process: "", task: 0 };

/** The value as another process would get it. */
function travelled(value: unknown): unknown {
  const { text, tagged, parts } = encode(value);
  return decode(JSON.parse(text), tagged, parts);
}

/** A list of two items, each of which holds itself twice, and so on: a message of a kilobyte. */
function listOfDoubled(levels = 45): { call: (operation: string, ...args: unknown[]) => unknown; item: unknown } {
  const doubled = (): unknown => {
    let value: unknown = [0];
    for (let n = 0; n < levels; n++) value = [value, value];
    return value;
  };
  const list = new ListObject([]);
  const call = (operation: string, ...args: unknown[]): unknown => callAtOnce(list, operation, ...args);
  call("extend", travelled([doubled(), doubled()]));
  return { call, item: travelled(doubled()) };
}

Deno.test("ListObject refuses to compare what would take years, and goes on", () => {
  const { call, item } = listOfDoubled();
  for (const operation of ["sort", "indexOf", "count", "remove"]) {
    const error = assertThrows(() => call(operation, ...operation === "sort" ? [] : [item]), RangeError);
    assertEquals(error.message.slice(0, 26), "Cannot compare the items: ");
  }
  assertEquals([call("length"), call("indexOf", 7), call("pop", 0) !== undefined, call("length")], [2, -1, true, 1]);
});

Deno.test("ListObject finds and sorts what holds one object many times, when it is small", () => {
  const { call, item } = listOfDoubled(8);
  assertEquals([call("count", item), call("indexOf", item)], [2, 0]);
  call("sort");
  assertEquals(call("count", item), 2);
});

Deno.test("ListObject pays for long texts, and for what is neither a list nor plain", () => {
  const text = "x".repeat(1 << 20);
  const dates = Array.from({ length: 20_000 }, (_, n) => new Date(n));
  for (const item of [[text], new Map([[1, dates]])]) {
    // Its owner may fill it as far as it likes.
    const list = new ListObject(Array.from({ length: 100 }, () => [item, 1]));
    assertThrows(() => callAtOnce(list, "count", travelled([item, 1])), RangeError, "that takes more than");
  }
});

Deno.test("ListObject sorts and searches hundreds of thousands of small items for a worker", () => {
  for (
    const item of [(n: number) => `name ${n}`, (n: number) => [n % 9, `${n}`], (n: number) => ({ id: n, tags: [n] })]
  ) {
    const list = new ListObject([]);
    callAtOnce(list, "extend", Array.from({ length: 200_000 }, (_, n) => item(n * 7919 % 200_003)));
    assertEquals(callAtOnce(list, "indexOf", item(-1)), -1);
    if (typeof item(0) === "string" || Array.isArray(item(0))) callAtOnce(list, "sort");
  }
});

Deno.test("ListObject lets the program compare more than workers, but not without end", () => {
  const cost = new ComparingCost(PROGRAM);
  cost.pay(300_000_000);
  assertThrows(() => cost.pay(300_000_000), RangeError, "450000000 steps");
});

Deno.test("ComparingCost lets a worker's single comparison take less than all together", () => {
  const cost = new ComparingCost(WORKER);
  for (let n = 0; n < 12; n++) {
    cost.pay(20_000);
    assert(cost.isDue);
    cost.pause();
    assert(!cost.isDue);
  }
  assertThrows(() => cost.pay(20_000), RangeError, "250000 steps");
  assertThrows(() => new ComparingCost(WORKER).pay(20_001), RangeError, "20000 steps");
});

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  maxDepth: 3,
});

/** The value with all keys in one order, where Likeness does not mind theirs. */
function ordered(value: unknown): unknown {
  const byText = (a: unknown, b: unknown): number => textOf(a) < textOf(b) ? -1 : 1;
  const isPlain = (key: unknown): boolean => typeof key !== "object" || key === null;
  if (Array.isArray(value)) return value.map(ordered);
  if (value instanceof Map && [...value.keys()].every(isPlain)) {
    return new Map([...value].sort(([a], [b]) => byText(a, b)).map(([key, item]) => [key, ordered(item)]));
  }
  if (value instanceof Set && [...value].every(isPlain)) return new Set([...value].sort(byText));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => byText(a, b)).map(([k, v]) => [k, ordered(v)]));
}

function textOf(value: unknown): string {
  const { text, parts } = encode(value);
  return [text, ...parts.map((part) => part.toBase64())].join();
}

Deno.test("Likeness is likeness of what travels, in whatever order keys came", () => {
  const isLike = (a: unknown, b: unknown): boolean => new Likeness(a, new ComparingCost(WORKER)).isLike(b);
  fc.assert(fc.property(anything, anything, (one, other) => {
    const [a, b, again] = [travelled(one), travelled(other), travelled(one)];
    assert(isLike(a, again));
    assertEquals(isLike(a, b), textOf(ordered(a)) === textOf(ordered(b)));
    assertEquals(isLike([a, { a }], [b, { a: b }]), isLike(a, b));
  }));
});

Deno.test("ListObject finds an item whose keys came in another order, as Python does", () => {
  const [a, b] = [["a", [1]], ["b", { c: 1, d: 2 }]] as const;
  for (
    const [item, other, third] of [
      [Object.fromEntries([a, b]), Object.fromEntries([b, a]), { a: [1], b: undefined }],
      [new Map<string, unknown>([a, b]), new Map<string, unknown>([["b", { d: 2, c: 1 }], a]), new Map([a])],
      [new Set([1, "x"]), new Set(["x", 1]), new Set([1, "y"])],
    ]
  ) {
    const list = new ListObject([]);
    callAtOnce(list, "extend", [travelled(third), travelled(item), travelled([item])]);
    assertEquals([other, third, [other], 7].map((wanted) => callAtOnce(list, "indexOf", travelled(wanted))), [
      1,
      0,
      2,
      -1,
    ]);
  }
});

Deno.test("ListObject pays for the keys of a Map and a Set", () => {
  const key = "x".repeat(1 << 22);
  for (const item of [new Map([[key, 1]]), new Set([key])]) {
    const list = new ListObject(Array.from({ length: 100 }, () => item));
    assertThrows(() => callAtOnce(list, "count", travelled(item)), RangeError, "that takes more than");
  }
});
