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

Deno.test("Likeness is likeness of what travels", () => {
  const isLike = (a: unknown, b: unknown): boolean => new Likeness(a, new ComparingCost(WORKER)).isLike(b);
  const textOf = (value: unknown): string => {
    const { text, parts } = encode(value);
    return [text, ...parts.map((part) => part.toBase64())].join();
  };
  fc.assert(fc.property(anything, anything, (one, other) => {
    const [a, b, again] = [travelled(one), travelled(other), travelled(one)];
    assert(isLike(a, again));
    assertEquals(isLike(a, b), textOf(a) === textOf(b));
    assertEquals(isLike([a, { a }], [b, { a: b }]), isLike(a, b));
  }));
});
