// End-to-end: progress bars, run as a user runs them in a pipe.
import { assertEquals } from "@std/assert";
import { linesOf } from "../../helpers/programs/run_example.ts";

Deno.test("examples/progress counts every outcome, and writes no bar into a pipe", async () => {
  const lines = await linesOf("progress");
  assertEquals(lines.at(-1), "300 numbers, 3 failed, the longest way to 1 has 127 steps");
  assertEquals(
    lines.slice(0, -1).toSorted(),
    [50, 50, 150, 150, 250, 250].map((n) => `half way to a hundred: ${n}`).toSorted(),
  );
});
