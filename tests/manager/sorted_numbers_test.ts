/** Unit tests of the quick way to sort numbers. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { sortedNumbers } from "../../src/manager/sorted_numbers.ts";

Deno.test("sortedNumbers() gives numbers in the order in which comparing them does, and nothing else", () => {
  const numbers = fc.array(fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.constantFrom(Infinity, -Infinity)));
  fc.assert(fc.property(numbers, (items) => {
    const given = [...items];
    const sorted = sortedNumbers(items);
    assertEquals(items, given);
    if (items.some((item) => Object.is(item, -0))) return assertEquals(sorted, undefined);
    assertEquals(sorted, items.toSorted((a, b) => a < b ? -1 : a > b ? 1 : 0));
  }));
  for (const other of ["1", 1n, null, NaN, -0, {}, true]) assertEquals(sortedNumbers([2, other, 1]), undefined);
  assertEquals(sortedNumbers([]), []);
});
