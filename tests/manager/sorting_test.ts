/** Unit tests of how a list is sorted in steps: as `Array.sort()` does it, and never for long at once. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { compareNaturally, ComparingCost } from "../../src/manager/comparing.ts";
import { MergeSort, sorted, sortedNumbers } from "../../src/manager/sorting.ts";
import { result } from "../helpers/simulated/steps.ts";

const WORKER = { process: "1", task: 0 };
const numbers = fc.array(fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.constantFrom(Infinity, -Infinity)));

Deno.test("sortedNumbers() gives numbers in the order in which comparing them does, and nothing else", () => {
  fc.assert(fc.property(numbers, (items) => {
    const given = [...items];
    const sorted = result(sortedNumbers(items));
    assertEquals(items, given);
    if (items.some((item) => Object.is(item, -0))) return assertEquals(sorted, undefined);
    assertEquals([...sorted!], items.toSorted((a, b) => a < b ? -1 : a > b ? 1 : 0));
  }));
  for (const other of ["1", 1n, null, NaN, -0, {}, true]) assertEquals(result(sortedNumbers([2, other, 1])), undefined);
  assertEquals(result(sortedNumbers([]))!.length, 0);
});

Deno.test("sorted() gives the order of Array.sort(), also among equal items, with undefined last", () => {
  const item = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(0n, 1n, -0, NaN, undefined),
  );
  const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 })));
  fc.assert(fc.property(fc.oneof(fc.array(item), rows, fc.array(fc.string())), fc.boolean(), (items, descending) => {
    const cost = new ComparingCost(WORKER);
    const wanted = (items as unknown[]).toSorted((a, b) =>
      descending ? compareNaturally(b, a, cost) : compareNaturally(a, b, cost)
    );
    const came = result(sorted(items, WORKER, descending));
    if (items.some((item) => Number.isNaN(item))) return assertEquals(came.length, items.length);
    assert(wanted.every((item, place) => Object.is(item, came[place])), `${came} is not ${wanted}`);
    assertEquals(came.length, wanted.length);
  }));
});

Deno.test("sorted() takes many steps for many items, numbers or not", () => {
  for (const  of of[(n: number) => n, (n: number) => `${n}`]) {
    const items = Array.from({ length: 100_000 }, (_, n) => of(n * 7919 % 100_003));
    const steps = sorted(items, WORKER, true);
    let count = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) count++;
    assert(count > 10, `${count} steps`);
    assertEquals(step.value, items.toSorted((a, b) => a < b ? 1 : a > b ? -1 : 0));
  }
});

Deno.test("sorted() compares only a little between two steps", () => {
  const long = Array.from({ length: 700_000 }, () => 0);
  assertThrows(() => result(sorted([[...long, 1], long], WORKER, false)), RangeError);
  const rows = Array.from({ length: 40 }, (_, n) => [...long.slice(0, 8000), -n]);
  const steps = sorted(rows, WORKER, false);
  let count = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) count++;
  assert(count > 20, `${count} steps`);
  assertEquals(step.value, rows.toReversed());
});

Deno.test("MergeSort stops wherever it is told to, and goes on from there", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat())),
      fc.infiniteStream(fc.nat({ max: 4 })),
      (items, counts) => {
        const sort = new MergeSort(items.slice(), items.slice(), 1, ([a], [b]) => a > b);
        const pauses = counts[Symbol.iterator]();
        while (sort.sorted === undefined) sort.advance(1 + pauses.next().value!, () => false);
        assertEquals(Array.from(sort.sorted), items.toSorted(([a], [b]) => a - b));
      },
    ),
  );
});
