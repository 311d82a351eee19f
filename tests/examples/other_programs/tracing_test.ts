// End-to-end: a trace across processes, with a worker killed in mid-run.
import { assertEquals } from "@std/assert";
import { linesOf } from "../../helpers/programs/run_example.ts";

Deno.test("examples/tracing prints the tree of spans, with a crash in it, and all are closed", async () => {
  const lines = await linesOf("tracing");
  assertEquals(lines.map((line) => line.trimEnd()), [
    "a day",
    "  workHour",
    "    workHour × 3",
    "      read the hour",
    "    workHour retry",
    "      read the hour × 2",
    "exit code 0, 0 spans not closed",
  ]);
});
