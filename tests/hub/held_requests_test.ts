// Unit.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { HeldRequests } from "../../src/hub/requests/held_requests.ts";
import { UnreadBytes } from "../../src/hub/requests/unread_bytes.ts";

Deno.test("HeldRequests gives up what it holds when nothing is answered any more", async () => {
  const { promise, resolve } = Promise.withResolvers<number[]>();
  const held = new HeldRequests(resolve, 20);
  const keepsLoop = setTimeout(() => {}, 60_000);
  for (const id of [3, 1, 2]) held.push({ id, head: "", args: undefined as never });
  held.delete(1);
  assertEquals(await promise, [3, 2]);
  assertEquals(held.size, 0);
  clearTimeout(keepsLoop);
});

Deno.test("HeldRequests stops its clock when it holds nothing", () => {
  const held = new HeldRequests(() => {}, 20);
  held.push({ id: 1, head: "", args: undefined as never });
  assertEquals(held.shift()?.id, 1);
  assertEquals(held.shift(), undefined);
});

Deno.test("UnreadBytes counts what was not written, never too little, and nothing when all was", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(200_000), fc.nat(300_000))), (steps) => {
    const unread = new UnreadBytes();
    let [appended, written] = [0, 0];
    for (const [add, write] of steps) {
      appended += add;
      unread.add(appended, add);
      written = Math.min(appended, written + write);
      const left = unread.after(written);
      assert(left >= appended - written);
      assert(left <= appended - written + 64 * 1024 + 200_000);
      if (written === appended) assertEquals(left, 0);
    }
  }));
});
