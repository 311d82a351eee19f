// Unit.
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ItemSource } from "../../../src/pool/jobs/item_source.ts";
import type { Items } from "../../../src/pool/types.ts";
import { CountedInput } from "../../helpers/simulated/counted_input.ts";

const INPUTS: Record<string, (items: number[]) => Items<number>> = {
  array: (items) => items,
  set: (items) => new Set(items),
  generator: (items) => items.values().map((item) => item),
  "async generator": async function* (items) {
    yield* items;
  },
  stream: (items) => ReadableStream.from(items),
  "async iterator without return": (items) => {
    const iterator = items.values();
    // deno-lint-ignore require-await -- an async iterator's next() gives a promise
    return { [Symbol.asyncIterator]: () => ({ next: async () => iterator.next() }) };
  },
  "async iterator of plain results": (items) =>
    ({ [Symbol.asyncIterator]: () => items.values() }) as unknown as AsyncIterable<number>,
};

Deno.test("ItemSource.take() gives every item once, in order, in chunks of any sizes, from any kind of input", async () => {
  for (const [kind, input] of Object.entries(INPUTS)) {
    const cases = fc.record({ length: fc.nat(40), sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }) });
    await fc.assert(
      fc.asyncProperty(cases, async ({ length, sizes }) => {
        const items = Array.from({ length }, (_, index) => index);
        const source = new ItemSource(input(items));
        const taken: number[] = [];
        for (let turn = 0; !source.ended; turn++) {
          const size = sizes[turn % sizes.length]!;
          const chunk = await source.take(size);
          assert(chunk.length === size || source.ended, kind);
          taken.push(...chunk);
        }
        assertEquals(taken, items, kind);
        assertEquals(await source.take(3), [], kind);
      }),
      { seed: 1, numRuns: 40 },
    );
  }
});

Deno.test("ItemSource.take() answers at once for synchronous inputs, and reads no further than asked", () => {
  const input = new CountedInput();
  const source = new ItemSource(input);
  assertEquals(source.take(3), [0, 1, 2]);
  assertEquals(input.pulled, 3);
});

Deno.test("ItemSource.take() gives a promise for asynchronous inputs, and reads no further than asked", async () => {
  const input = new CountedInput();
  const source = new ItemSource(input.later());
  const taken = source.take(3);
  assert(taken instanceof Promise);
  assertEquals(await taken, [0, 1, 2]);
  assertEquals(input.pulled, 3);
});

Deno.test("ItemSource.take() throws or rejects with what the input throws, and has ended then", async () => {
  const error = new Error("no more");
  const source = new ItemSource(new CountedInput().failingAt(2, error));
  assertEquals(source.take(2), [0, 1]);
  assertStrictEquals(assertThrows(() => source.take(2)), error);
  assertEquals([source.ended, source.take(1)], [true, []]);

  const later = new ItemSource(
    (async function* () {
      yield await Promise.resolve(0);
      throw error;
    })(),
  );
  assertStrictEquals(await assertRejects(() => Promise.resolve(later.take(2))), error);
  assertEquals([later.ended, later.take(1)], [true, []]);
});

Deno.test("ItemSource.remaining is what is left of an array, and unknown for the rest", () => {
  const source = new ItemSource([1, 2, 3]);
  assertEquals(source.remaining, 3);
  source.take(2);
  assertEquals([source.remaining, source.ended], [1, false]);
  source.take(2);
  assertEquals([source.remaining, source.ended], [0, true]);
  assertEquals(new ItemSource(new Set([1])).remaining, Infinity);
});

Deno.test("ItemSource.close() tells the input, once", async () => {
  for (const open of [(input: CountedInput) => input, (input: CountedInput) => input.later()]) {
    const input = new CountedInput();
    const source = new ItemSource(open(input));
    await source.take(1);
    await source.close();
    await source.close();
    assertEquals([input.closed, source.ended, source.take(1)], [true, true, []]);
  }
});

Deno.test("ItemSource.close() tells nothing to an input that has ended by itself", async () => {
  let closed = 0;
  const iterator = {
    next: () => ({ done: true as const, value: undefined }),
    return: () => ({ done: true as const, value: void closed++ }),
  };
  const source = new ItemSource({ [Symbol.iterator]: () => iterator });
  source.take(1);
  await source.close();
  assertEquals(closed, 0);
});

Deno.test("ItemSource.close() ends a read that is under way", async () => {
  let pulled = 0;
  // It has no return(), so that only the source can stop.
  const endless: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: false, value: pulled++ }) }),
  };
  const source = new ItemSource(endless);
  const taken = source.take(1_000_000);
  await source.close();
  await taken;
  assert(pulled < 10, `${pulled} items were read`);
});

Deno.test("ItemSource.closeSoon() does not wait for an input that is silent, nor tell what that throws then", async () => {
  const answered = Promise.withResolvers<void>();
  async function* input(): AsyncGenerator<number, void, void> {
    try {
      yield 1;
      await answered.promise;
      yield 2;
    } finally {
      // deno-lint-ignore no-unsafe-finally -- an input may do anything
      throw new Error("the input's fault");
    }
  }
  const source = new ItemSource(input());
  assertEquals(await source.take(1), [1]);
  const taken = source.take(1);
  await source.closeSoon();
  answered.resolve();
  assertEquals(await taken, [2]);
});

Deno.test("ItemSource takes no input that cannot be iterated", () => {
  for (const input of [undefined, null, 7, {}, () => {}]) {
    assertThrows(() => new ItemSource(input as unknown as number[]), TypeError, "Cannot iterate over");
  }
});
