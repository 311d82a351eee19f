// Unit: how many jobs an agent takes at once.
import { assertEquals } from "@std/assert";
import { Prefetch } from "../../src/agent/prefetch.ts";

Deno.test("Prefetch takes more than there are lanes only while tasks are short", () => {
  const changes: number[] = [];
  const prefetch = new Prefetch(4, (jobs) => changes.push(jobs));
  for (let task = 0; task < 5; task++) prefetch.ran(100);
  assertEquals(changes, []);
  for (let task = 0; task < 100; task++) prefetch.ran(1.9);
  assertEquals(changes, [4 * 2]);
  for (let task = 0; task < 100; task++) prefetch.ran(0.1);
  assertEquals(changes.at(-1), 4 * 16);
  prefetch.ran(1000);
  assertEquals(changes.at(-1), 4);
});
