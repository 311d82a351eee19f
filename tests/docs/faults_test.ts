/** Unit test that tests/faults/README.md is kept: each row names tests that exist, by file and name. It reads the files of the repository. */
import { assert } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
const text = await Deno.readTextFile(new URL("tests/faults/README.md", ROOT));

Deno.test("tests/faults/README.md: each row names tests that are in the files that it names", async () => {
  const rows = text.split("\n").filter((line) => /^\| (?!what is done|-)/.test(line));
  assert(rows.length > 45, `${rows.length} rows`);
  for (const row of rows) {
    const cell = row.slice(0, row.lastIndexOf("|")).replace(/^.*\| (?=`(?:cluster\/)?tests\/)/, "");
    const named = cell.trim().split(/; (?=`)/).map((part) => /^`([\w./]+_test\.ts)`: (".*")$/.exec(part));
    for (const match of named) {
      assert(match !== null, `not a file and the names of tests: ${cell}`);
      const source = await Deno.readTextFile(new URL(match[1]!, ROOT));
      for (const quoted of match[2]!.split(/, (?=")/)) {
        const name = quoted.slice(1, -1);
        assert(source.includes(`"${name}"`) || source.includes(`\`${name}\``), `${match[1]} has no test "${name}"`);
      }
    }
  }
});
