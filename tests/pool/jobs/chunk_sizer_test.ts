// Unit.
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { ChunkSizer } from "../../../src/pool/jobs/chunk_sizer.ts";

const GOAL = { ms: 0.8, bytes: 1024 * 1024 };

Deno.test("ChunkSizer.next() begins small and grows at most eightfold", () => {
  const sizer = new ChunkSizer(GOAL, () => 2);
  let size = sizer.next(Infinity);
  assertEquals(size, 4);
  for (let round = 0; round < 10; round++) {
    sizer.learn(size, 0, size);
    const next = sizer.next(Infinity);
    assertEquals(next, Math.min(65_536, size * 8));
    size = next;
  }
});

Deno.test("ChunkSizer.next() settles where a chunk takes a little less than a millisecond", () => {
  const anyCost = fc.double({ min: 0.0001, max: 5, noNaN: true });
  fc.assert(
    fc.property(anyCost, (msPerItem) => {
      const sizer = new ChunkSizer(GOAL, () => 2);
      for (let round = 0; round < 20; round++) {
        const size = sizer.next(Infinity);
        sizer.learn(size, size * msPerItem, size);
      }
      const size = sizer.next(Infinity);
      assert(size === 1 || Math.abs(size * msPerItem - 0.8) <= msPerItem + 0.08, `${size} items`);
    }),
    { seed: 1 },
  );
});

Deno.test("ChunkSizer.next() leaves a share of the rest for every worker, and never nothing", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(100_000), (workers, remaining) => {
      const sizer = new ChunkSizer(GOAL, () => workers);
      const msPerItem = 0.01;
      for (let round = 0; round < 8; round++) {
        const size = sizer.next(Infinity);
        sizer.learn(size, size * msPerItem, 1);
      }
      const size = sizer.next(remaining);
      assertLessOrEqual(1, size);
      assertLessOrEqual(
        size,
        Math.max(1, Math.min(remaining, Math.max(0.1 / msPerItem, remaining / (2 * workers) + 1))),
      );
    }),
    { seed: 1 },
  );
});

Deno.test("ChunkSizer.next() hands out every item of an input, in a number of chunks that the workers share", () => {
  const sizer = new ChunkSizer(GOAL, () => 4);
  let remaining = 1_000_000;
  const sizes: number[] = [];
  while (remaining > 0) {
    const size = sizer.next(remaining);
    assertLessOrEqual(size, remaining);
    sizes.push(size);
    remaining -= size;
    sizer.learn(size, size * 0.0001, size);
  }
  assertLessOrEqual(sizes.length, 1_000_000 / 8000 + 20);
  assertLessOrEqual(sizes.at(-1)!, 1000);
});

Deno.test("ChunkSizer.next() does not divide what takes next to nothing", () => {
  const sizer = new ChunkSizer(GOAL, () => 2);
  for (let round = 0; round < 8; round++) {
    const size = sizer.next(Infinity);
    sizer.learn(size, size * 0.001, size);
  }
  assertEquals([1000, 150, 100, 37].map((remaining) => sizer.next(remaining)), [250, 100, 100, 37]);
});

Deno.test("ChunkSizer.next() divides what is slow to the last item", () => {
  const sizer = new ChunkSizer(GOAL, () => 2);
  for (let round = 0; round < 8; round++) {
    const size = sizer.next(Infinity);
    sizer.learn(size, size * 0.2, size);
  }
  assertEquals([100, 8, 3, 1].map((remaining) => sizer.next(remaining)), [4, 2, 1, 1]);
});

Deno.test("ChunkSizer.learn() goes back to single items when items become slow", () => {
  const sizer = new ChunkSizer(GOAL, () => 2);
  for (let round = 0; round < 8; round++) sizer.learn(sizer.next(Infinity), 0.001, 1);
  sizer.learn(100, 10_000, 100);
  assertEquals(sizer.next(Infinity), 1);
});

Deno.test("ChunkSizer.learn() learns nothing from a chunk in which nothing ran", () => {
  const sizer = new ChunkSizer(GOAL, () => 2);
  sizer.learn(0, 0, 0);
  assertEquals(sizer.next(Infinity), 4);
});

Deno.test("ChunkSizer.learn() keeps chunks of large items below a mebibyte", () => {
  const sizer = new ChunkSizer(GOAL, () => 2);
  for (let round = 0; round < 8; round++) {
    const size = sizer.next(Infinity);
    sizer.learn(size, 0, size * 10_000);
  }
  assertEquals(sizer.next(Infinity), 104);
  sizer.learn(1, 0, 2 ** 30);
  assertEquals(sizer.next(Infinity), 1);
});
