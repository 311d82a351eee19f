// End-to-end: a queue that pool tasks get as an argument, run as a user runs it.
import { assertEquals } from "@std/assert";
import { linesOf } from "../../helpers/programs/run_example.ts";

Deno.test("examples/queue_in_pool gets through the queue what its tasks counted", async () => {
  assertEquals(await linesOf("queue_in_pool"), [
    "from 0: 25 primes, 2 to 97",
    "from 100: 21 primes, 101 to 199",
    "from 200: 16 primes, 211 to 293",
    "from 300: 16 primes, 307 to 397",
    "from 400: 17 primes, 401 to 499",
    "the tasks counted [ 25, 21, 16, 16, 17 ]",
  ]);
});
