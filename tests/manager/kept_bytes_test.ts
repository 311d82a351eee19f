/** Unit tests of what other processes may have this one keep for them. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Kept, KeptTotal, sizeOf, sizeOfEntry } from "../../src/manager/kept_bytes.ts";

const WORKER = { process: "1", task: 0 };
const OWNER = { process: "", task: 0 };
const MIB = 2 ** 20;

Deno.test("other processes fill what all objects may keep, and no more; the owner may", () => {
  const total = new KeptTotal(10 * MIB);
  const [one, other] = [new Kept(total), new Kept(total)];
  one.begin(50 * MIB);
  one.add(WORKER, 6 * MIB);
  other.add(WORKER, 4 * MIB);
  assertThrows(() => other.add(WORKER, 1), RangeError, "would take 11 MiB, at most 10 are allowed");
  assertThrows(() => other.replace(WORKER, MIB, MIB + 1), RangeError);
  other.replace(WORKER, MIB, MIB);
  one.add(OWNER, 100 * MIB);
  assertThrows(() => one.add(WORKER, 1), RangeError);
  other.remove(2 * MIB);
  one.add(WORKER, 2 * MIB);
  assertThrows(() => one.add(WORKER, 1), RangeError);
  one.forget();
  other.forget();
  one.add(WORKER, 10 * MIB);
});

Deno.test("what is taken away of the owner's leaves other processes no more room than it had", () => {
  const total = new KeptTotal(10 * MIB);
  const kept = new Kept(total);
  for (let round = 0; round < 3; round++) {
    kept.begin(20 * MIB);
    kept.add(WORKER, 10 * MIB);
    assertThrows(() => kept.add(WORKER, 1), RangeError);
    kept.remove(30 * MIB);
  }
  kept.begin(20 * MIB);
  kept.remove(20 * MIB);
  kept.add(WORKER, 10 * MIB);
  assertThrows(() => kept.add(WORKER, 1), RangeError);
});

const COUNT = 20_000;
const all = (make: (n: number) => unknown) => (): unknown[] => Array.from({ length: COUNT }, (_, n) => make(n));

const KINDS: Record<string, () => unknown> = {
  texts: all((n) => `text number ${n}`.repeat(3)),
  rows: all((n) => JSON.parse(`{"id":${n},"name":"n${n}","tags":[${n}]}`)),
  "wide texts": all((n) => `\u0101 text ${n}`.repeat(30)),
  "texts in lists": all((n) => [`text number ${n}`.repeat(30)]),
  "texts in objects": all((n) => JSON.parse(`{"text":${JSON.stringify(`text number ${n}`.repeat(30))}}`)),
  "a numbered field": all(() => JSON.parse(`{"34":1}`)),
  "numbered fields with holes": all(() => JSON.parse(`{${Array.from({ length: 22 }, (_, n) => `"${n * 25}":1`)}}`)),
  "a high number as field": all(() => JSON.parse('{"4000000":1}')),
  "empty objects": all(() => JSON.parse("{}")),
  "objects of new keys": all((n) => JSON.parse(`{"key${n}":1}`)),
  "empty lists": all(() => JSON.parse("[]")),
  dates: all((n) => new Date(n)),
  maps: all((n) => new Map([[n, n]])),
  sets: all((n) => new Set([n])),
  bytes: all(() => new Uint8Array(100)),
  bigints: all((n) => 2n ** 1000n + BigInt(n)),
  errors: all((n) => Object.defineProperty(new Error(`${n}`), "stack", { value: "at f (m.ts:1:1)" })),
  "a large map": () => new Map(Array.from({ length: COUNT }, (_, n) => [`k${n}`, n + 0.5])),
  "a large object": () => JSON.parse(`{${Array.from({ length: COUNT }, (_, n) => `"key${n}":${n}`).join()}}`),
};

Deno.test("sizeOf() finds about what a value takes", () => {
  // As it was measured with `--expose-gc`, in bytes for each.
  const taken: Record<string, number> = {
    rows: 150,
    "wide texts": 720,
    "texts in lists": 540,
    "texts in objects": 550,
    "a numbered field": 368,
    "numbered fields with holes": 4290,
    "a high number as field": 210,
    "empty objects": 56,
    "objects of new keys": 158,
    "empty lists": 40,
    dates: 104,
    maps: 192,
    sets: 240,
    bytes: 308,
    errors: 1100,
  };
  for (const [kind, bytes] of Object.entries(taken)) {
    const estimated = sizeOf(KINDS[kind]!()) / COUNT;
    assert(estimated > bytes * 0.9 && estimated < bytes * 4, `${kind}: ${estimated}`);
  }
});

Deno.test("sizeOf() is the same for the same value, and ends whatever a value holds how often", () => {
  for (const make of Object.values(KINDS)) {
    const value = make();
    assertEquals(sizeOf(value), sizeOf(value));
  }
  let doubled: unknown = [0];
  for (let n = 0; n < 50; n++) doubled = [doubled, doubled];
  assert(sizeOf(doubled) < 10_000);
  const circle: unknown[] = [];
  circle.push(circle, circle);
  assert(sizeOf(circle) < 1000);
  const holes: unknown[] = [];
  holes.length = 2 ** 32 - 1;
  holes.length = 16_000_000;
  assert(sizeOf(holes) < 1000);
  assert(sizeOfEntry("key", 1) >= 100);
  assert(sizeOf("x".repeat(1000)) >= 1000);
  assert(sizeOf(new Uint8Array(5000)) >= 5000);
});
