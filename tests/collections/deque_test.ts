// Unit.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Deque } from "../../src/collections/deque.ts";

type Operation = "push" | "unshift" | "shift" | "peek";

const anyOperations = fc.array(
  fc.record({
    operation: fc.constantFrom<Operation>("push", "push", "unshift", "shift", "peek"),
    // More than the ring holds at first.
    times: fc.constantFrom(1, 1, 1, 5, 40),
  }),
  { maxLength: 60 },
);

Deno.test("Deque does what an array does", () => {
  fc.assert(
    fc.property(anyOperations, (operations) => {
      const deque = new Deque<number>();
      const model: number[] = [];
      let item = 0;
      for (const { operation, times } of operations) {
        for (let time = 0; time < times; time++) {
          if (operation === "shift") assertEquals(deque.shift(), model.shift());
          else if (operation === "peek") assertEquals(deque.peek(), model[0]);
          else model[operation](++item), deque[operation](item);
          assertEquals(deque.size, model.length);
        }
      }
      assertEquals(Array.from(model, () => deque.shift()), model);
      assertEquals([deque.shift(), deque.peek(), deque.size], [undefined, undefined, 0]);
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("Deque keeps the order of a million items that come in while others leave", () => {
  const deque = new Deque<number>();
  let next = 0;
  for (let item = 0; item < 1_000_000; item++) {
    deque.push(item);
    if (item % 3 === 0) assertEquals(deque.shift() === next++, true);
  }
  let inOrder = true;
  while (deque.size > 0) inOrder &&= deque.shift() === next++;
  assertEquals([inOrder, next], [true, 1_000_000]);
});

Deno.test("Deque.shift() gives items that are undefined", () => {
  const deque = new Deque<number | undefined>();
  deque.push(undefined);
  deque.push(1);
  assertEquals(deque.peek(), undefined);
  assertEquals([deque.shift(), deque.size, deque.shift()], [undefined, 1, 1]);
});
