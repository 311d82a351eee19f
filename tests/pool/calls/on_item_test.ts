// End-to-end tests of `onItem`: every item is told of once, by its place, whatever becomes of it.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type EndedItem, Pool } from "../../../mod.ts";

const failAtThree = (n: number): number => {
  if (n === 3) throw new RangeError("three");
  return n;
};
const dieAtThree = (n: number): number => n === 3 ? Deno.exit(1) : n;

function noted(): { items: EndedItem[]; onItem: (item: EndedItem) => void } {
  const items: EndedItem[] = [];
  return { items, onItem: (item) => items.push(item) };
}

function outcomes(items: readonly EndedItem[]): string[] {
  return items.toSorted((a, b) => a.index - b.index).map(({ index, ok }) => `${index} ${ok ? "ok" : "failed"}`);
}

Deno.test("Pool.map() tells of each item, in chunks of any size, once", async () => {
  await using pool = new Pool({ workers: 2 });
  for (const chunkSize of [1, 3, 100]) {
    const { items, onItem } = noted();
    await pool.map(Math.sqrt, Array(10).fill(4), { chunkSize, onItem });
    assertEquals(outcomes(items), Array.from({ length: 10 }, (_, index) => `${index} ok`));
  }
});

Deno.test("Pool.map() and imap() tell which items failed, and which died with their worker", async () => {
  await using pool = new Pool({ workers: 2 });
  const settled = noted();
  await pool.map(failAtThree, [1, 2, 3, 4], { settle: true, chunkSize: 2, onItem: settled.onItem });
  assertEquals(outcomes(settled.items), ["0 ok", "1 ok", "2 failed", "3 ok"]);
  const died = noted();
  await pool.map(dieAtThree, [1, 2, 3, 4], { settle: true, chunkSize: 2, onItem: died.onItem });
  assertEquals(outcomes(died.items), ["0 ok", "1 ok", "2 failed", "3 failed"]);
  const streamed = noted();
  const iterator = pool.imap(failAtThree, [1, 2, 3, 4], { onItem: streamed.onItem });
  await iterator.next();
  await iterator.next();
  await assertRejects(() => iterator.next(), RangeError);
  await iterator.next();
  await iterator.next();
  assertEquals(outcomes(streamed.items), ["0 ok", "1 ok", "2 failed", "3 ok"]);
});

Deno.test("Pool.map() and imap() tell of items that cannot travel", async () => {
  await using pool = new Pool({ workers: 1 });
  const items = [1, () => 1, 3];
  const settled = noted();
  await pool.map(String, items, { settle: true, onItem: settled.onItem });
  const streamed = noted();
  const iterator = pool.imap(String, items, { onItem: streamed.onItem });
  for (const _ of items) await iterator.next().catch(() => {});
  for (const { items } of [settled, streamed]) assertEquals(outcomes(items), ["0 ok", "1 failed", "2 ok"]);
});

Deno.test("Pool.map() refuses an onItem that is not a function", async () => {
  await using pool = new Pool({ workers: 1 });
  await assertRejects(() => pool.map(Math.sqrt, [1], { onItem: 3 } as object), TypeError, '"onItem" is number');
  assertThrows(() => pool.imap(Math.sqrt, [1], { onItem: 3 } as object), TypeError, '"onItem" is number');
});
