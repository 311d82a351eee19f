// End-to-end: the demonstration, run as a user runs it.
import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url);
const ROW = /^(\d\d):00 +(\d+) +(-?\d+\.\d) +(-?\d+\.\d) to +(-?\d+\.\d)( +[█▉▊▋▌▍▎▏]+▶?)?$/;

Deno.test("deno task demo prints a table of all hours, and the same numbers from a pool as from one process", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: ["task", "demo"], cwd: ROOT })
    .output();
  const output = new TextDecoder().decode(stdout);
  const errors = new TextDecoder().decode(stderr);
  assertEquals(code, 0, errors);

  const rows = output.split("\n").map((line) => ROW.exec(line)).filter((row) => row !== null);
  assertEquals(rows.map(([, hour]) => Number(hour)), Array.from({ length: 24 }, (_, hour) => hour));
  assertEquals(rows.reduce((sum, [, , flights]) => sum + Number(flights), 0), 200_000);
  for (const [line, , , mean, low, high] of rows) {
    assert(Number(low) <= Number(mean) && Number(mean) <= Number(high), line);
  }

  assertMatch(output, /^A pool on \d+ CPUs took \d+\.\d\d s/m);
  assertMatch(output, /^One process takes \d+\.\d\d s/m);
  assertMatch(output, /^Both gave the same numbers$/m);
  assertEquals(output.match(/^A worker that tries to .*$/gm)?.map((line) => line.split(": ")[1]), [
    "NotCapable",
    "NotCapable",
    "NotCapable",
    "TaskTimeoutError",
    "WorkerExitError",
  ]);
  assertFalse(errors.includes("█"), "a progress bar was drawn though stderr is not a terminal");
});
