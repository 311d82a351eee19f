/** Unit tests of where the items of an array with holes are. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { placesAmongHoles } from "../../src/wire/codec/realms.ts";

/** Holes only: V8 keeps it as a table. */
function holes(length: number): unknown[] {
  const array: unknown[] = [];
  array.length = 2 ** 32 - 1;
  array.length = length;
  return array;
}

Deno.test("placesAmongHoles() has the places of all items, undefined or not", () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 5000 })), fc.nat({ max: 5000 }), (places, more) => {
    const array = new Array(Math.max(0, ...places) + 1 + more);
    for (const place of places) array[place] = place % 3 === 0 ? undefined : place;
    const wanted = [...new Set(places)].sort((a, b) => a - b);
    assertEquals(placesAmongHoles(array), wanted.length === array.length ? undefined : wanted);
  }));
  assertEquals([placesAmongHoles([]), placesAmongHoles([undefined, 1]), placesAmongHoles([1, , 2])], [
    undefined,
    undefined,
    [0, 2],
  ]);
});

Deno.test("placesAmongHoles() takes no time for holes, and no other key for a place", () => {
  for (let n = 0; n < 200; n++) {
    const array = Object.assign(holes(16_000_000), { 7: "a", 15_000_000: "b" }, { "01": 1, "-1": 1, "1.5": 1, x: 1 });
    assertEquals(placesAmongHoles(array), [7, 15_000_000]);
  }
});
