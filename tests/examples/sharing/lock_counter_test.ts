// End-to-end: a number in a file that processes increment, run as a user runs it.
import { assert, assertEquals } from "@std/assert";
import { linesOf } from "../../helpers/programs/run_example.ts";

const UNLOCKED = /^without one: (\d+) of (\d+), (\d+) increments were lost$/;

Deno.test("examples/lock_counter loses nothing under the lock in ten processes, and much without it", async () => {
  await checkCounts([], 1000);
});

Deno.test("examples/lock_counter loses nothing under the lock when four processes add 500 each", async () => {
  await checkCounts(["4", "500"], 2000);
});

async function checkCounts(args: string[], all: number): Promise<void> {
  const [locked, unlocked, ...rest] = await linesOf("lock_counter", { args });
  assertEquals(locked, `with a lock: ${all} of ${all}`);
  const [, total, of, lost] = UNLOCKED.exec(unlocked!)!.map(Number);
  assertEquals([of, total! + lost!, rest], [all, all, []]);
  assert(total! > 0 && lost! > 0, unlocked);
}
