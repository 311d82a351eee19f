/** Unit tests that docs/security.md is kept: each threat names tests that exist, and each limit is an option. They read the files of the repository. */
import { assert, assertEquals } from "@std/assert";
import { Pool } from "../../mod.ts";

const ROOT = new URL("../../", import.meta.url);
const text = await Deno.readTextFile(new URL("docs/security.md", ROOT));

/** The rows of the table below a heading, each as its cells. */
function rowsBelow(heading: string): string[][] {
  const section = text.split(`## ${heading}\n`)[1]!.split("\n## ")[0]!;
  const rows = section.split("\n").filter((line) => line.startsWith("|")).slice(2);
  return rows.map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("docs/security.md: each threat names a test, or a folder of tests", async () => {
  const rows = rowsBelow("Threats, and the test that keeps each promise");
  assert(rows.length > 20);
  for (const [threat, , tests] of rows) {
    const paths = Array.from(tests!.matchAll(/`([^`]+)`/g), ([, path]) => path!);
    assert(paths.length > 0, `no test of "${threat}"`);
    for (const path of paths) {
      const { isDirectory } = await Deno.stat(new URL(path, ROOT));
      if (!isDirectory) assert((await Deno.readTextFile(new URL(path, ROOT))).includes("Deno.test("), path);
    }
  }
});

Deno.test("docs/security.md: each limit is an option of a pool, and Pool.untrusted() sets it as said", async () => {
  const source = await Deno.readTextFile(new URL("src/pool/types.ts", ROOT)) +
    await Deno.readTextFile(new URL("src/worker/launch_options.ts", ROOT));
  for (const [limit] of rowsBelow("The limits")) {
    const name = limit!.replaceAll("`", "");
    assert(new RegExp(`\\b${name}\\??:`).test(source), `there is no option ${name}`);
  }
  assertEquals(typeof Pool.untrusted, "function");
});
