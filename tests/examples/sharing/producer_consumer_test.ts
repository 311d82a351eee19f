// End-to-end: producers and consumers at a queue, run as a user runs it.
import { assertEquals, assertMatch } from "@std/assert";
import { linesOf } from "../../helpers/programs/run_example.ts";

Deno.test("examples/producer_consumer passes letters in order, and each of many items to one consumer", async () => {
  const lines = await linesOf("producer_consumer");
  const letters = lines.slice(0, 11);
  assertEquals(letters.filter((line) => line.startsWith("put")), ["put A", "put B", "put C", "put D", "put E"]);
  assertEquals(letters.filter((line) => !line.startsWith("put")), [
    ..."ABCDE".split("").map((letter) => `got ${letter}`),
    "no more letters",
  ]);
  for (const letter of "ABCDE") {
    assertEquals(letters.filter((line) => line.endsWith(` ${letter}`)), [`put ${letter}`, `got ${letter}`]);
  }

  const [codes, totals, shares, ...rest] = lines.slice(11);
  assertEquals([codes, totals, rest], [
    "exit codes 0 and 0",
    "2 producers put 1000 items, 3 consumers took 1000",
    [],
  ]);
  assertMatch(shares!, /^1000 are different; each consumer took \d+, \d+, \d+$/);
  const taken = shares!.match(/\d+/g)!.map(Number).slice(1);
  assertEquals(taken.reduce((sum, items) => sum + items), 1000);
});
