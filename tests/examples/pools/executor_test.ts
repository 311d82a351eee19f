// End-to-end: the examples with futures, run as a user runs them.
import { assertEquals } from "@std/assert";
import { linesOf } from "../../helpers/programs/run_example.ts";

const ROOT = new URL("../../../", import.meta.url);

const FACTORS = [
  "112272535095293 is prime",
  "112582705942171 is prime",
  "115280095190773 is prime",
  "115797848077099 is prime",
  "1099726899285419 can be divided by 3306091",
];

Deno.test("examples/executor gets results as they come, in order, after the first; and cancels and stops", async () => {
  const lines = await linesOf("executor");
  assertEquals(lines.slice(0, 5).toSorted(), FACTORS.map((line) => `asCompleted: ${line}`).toSorted());
  assertEquals(lines.slice(5), [
    ...FACTORS.map((line) => `map: ${line}`),
    "exception: RangeError: 0.5 has no factors, a whole number from 2 is wanted",
    "wait: the short one is done: true, the endless one is not: true",
    "cancel: the last of three, true; the endless one, false",
    "wait: 4 of 4 are done; the endless one was stopped: enough of this",
  ]);
});

Deno.test("examples/executor settles 100 futures of mixed outcome in the right state, and leaves no worker", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-run=deno", "--allow-read=.", "examples/executor/mixed_outcomes.ts", "100"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(new TextDecoder().decode(stdout).trim().split("\n").toSorted(), [
    "0 workers left",
    "100 of 100 futures settled, 0 in the wrong state",
    "cancel: 20",
    "exit: 5",
    "result: 40",
    "stop: 5",
    "throw: 25",
    "timeout: 5",
  ]);
  assertEquals(code, 0);
});
