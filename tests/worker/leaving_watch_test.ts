// Unit.
import { assertEquals } from "@std/assert";
import { LeavingWatch } from "../../src/worker/leaving_watch.ts";

Deno.test("LeavingWatch says when all that is watched has left, and not when a part of it or something later has", () => {
  let now = 0;
  const watch = new LeavingWatch(() => now);
  const leave = (at: number, bytes: number): number => {
    now = at;
    watch.written(bytes);
    return watch.leftAt;
  };
  assertEquals(leave(1, 10), -Infinity);
  watch.watch(30);
  assertEquals(leave(2, 20), -Infinity);
  assertEquals(leave(3, 30), 3);
  assertEquals(leave(4, 40), 3);
  watch.watch(50);
  watch.watch(60);
  assertEquals(leave(5, 50), 3);
  assertEquals(leave(6, 70), 6);
});
