// End-to-end: the example with futures of every outcome, run as a user runs it.
import { assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

Deno.test("examples/executor settles 1 000 futures of mixed outcome in the right state, and leaves no worker", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-run=deno", "--allow-read=.", "examples/executor/mixed_outcomes.ts"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(new TextDecoder().decode(stdout).trim().split("\n").toSorted(), [
    "0 workers left",
    "1000 of 1000 futures settled, 0 in the wrong state",
    "cancel: 200",
    "exit: 50",
    "result: 400",
    "stop: 50",
    "throw: 250",
    "timeout: 50",
  ]);
  assertEquals(code, 0);
});
