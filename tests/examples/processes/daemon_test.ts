// End-to-end: a daemon beside a process that is not a daemon, run as a user runs it.
import { assertEquals } from "@std/assert";
import { survivors } from "../../helpers/programs/processes.ts";
import { linesOf } from "../../helpers/programs/run_example.ts";

Deno.test("examples/daemon waits for the worker and not for the daemon, which ends with the program", async () => {
  const lines = await linesOf("daemon");
  const last = lines.findIndex((line) => line.startsWith("main: my last line"));
  assertEquals(lines.filter((line) => line.startsWith("daemon: ")), ["daemon: starting"]);
  assertEquals(lines.slice(last + 1).filter((line) => line !== "worker: starting"), [
    "worker: finished, though the program had nothing left to do",
  ]);
  assertEquals(lines.length, 4);
  const [, pid] = /^main: my last line; daemon has pid (\d+), and nobody joins worker$/.exec(lines[last]!)!;
  assertEquals(await survivors([Number(pid)], 20_000), []);
});
