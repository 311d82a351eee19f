// Unit tests of what the runner of the examples prints, and that there is a test for each to run.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, findExampleTests } from "../../scripts/run_examples.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("every folder in examples/ has a test of its name", async () => {
  const names = await Array.fromAsync(Deno.readDir(new URL("examples/", ROOT)), ({ name }) => name);
  assertEquals([...(await findExampleTests()).keys()].toSorted(), names.toSorted());
});

Deno.test("describe() tells whether a program is as it should be, how long it took, and what was skipped", () => {
  const run = { name: "cursor", ok: true, seconds: 12.34, output: "ok | 2 passed | 0 failed (12s)\n" };
  assertEquals(describe(run), "ok      cursor                12.3 s");
  assertEquals(
    describe({ ...run, ok: false, output: "FAILED | 1 passed | 1 failed (12s)\n" }).slice(0, 14),
    "FAILED  cursor",
  );
  const skipped = describe({ ...run, output: "ok | 1 passed | 0 failed | 1 ignored (12s)\n" });
  assertEquals(skipped, "ok      cursor                12.3 s  (tests skipped: 1)");
});

Deno.test("run_examples.ts refuses a name that is not an example", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-read=examples", "scripts/run_examples.ts", "cursor", "curser"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 2);
  assertStringIncludes(
    new TextDecoder().decode(stderr),
    "Cannot run curser: no such example, wanted some of cluster, cursor,",
  );
});
