// End-to-end: the tests of a program that has tasks in workers, run with `deno test --coverage`.
import { assertEquals, assertMatch } from "@std/assert";
import { ProjectFolder } from "../../helpers/programs/project_folder.ts";

Deno.test("`deno test --coverage` counts what ran in workers, and looks for no file of theirs that there never was", async () => {
  await using folder = await ProjectFolder.make({
    "tasks.ts": "export const double = (x: number) => 2 * x;\n",
    "a_test.ts": `import { Pool } from "LIBRARY";
      Deno.test("a task", async () => {
        await using pool = new Pool({ workers: 1, module: import.meta.resolve("./tasks.ts") });
        await pool.apply("double", [2]);
        await pool.apply(function named() {});
      });`,
  });
  await folder.mustRun(
    "test",
    "-A",
    "--no-check",
    "--quiet",
    "--coverage=measured",
    "--coverage-raw-data-only",
    "a_test.ts",
  );
  // All that workers have run; not the library's part in the program, whose files are there.
  const wanted = ["/tasks\\.ts$", "^task-source:", "^(ext|corral):", "corral-source-text"].map((part) =>
    `--include=${part}`
  );
  const { code, stdout, stderr } = await folder.deno("coverage", ...wanted, "measured");
  assertEquals(code, 0);
  assertMatch(stdout, /tasks\.ts *\| *100\.0 \| *100\.0 \| *100\.0/);
  const missed = Array.from(`${stdout}${stderr}`.matchAll(/not found for "([^"]*)"/g), ([, url]) => url);
  assertEquals(missed, ["task-source:named"]);
});
