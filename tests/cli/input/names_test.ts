// End-to-end: files whose names have characters that mean something to a terminal, to a URL or to the command.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { corral, inFolder, mapByOne } from "../../helpers/programs/corral.ts";

const ODD = "a\x1b[31m\nb\u009b2J\u202e.ndjson";
const SHOWN = String.raw`"a\u001b[31m\nb\u009b2J\u202e.ndjson"`;

Deno.test("What is told of an input has nothing of its name that drives a terminal or breaks the line", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/${ODD}`, '{"a":1}\nnot JSON\n');
    const failed = await mapByOne(["-q", "-e", "() => { throw new Error('no') }", ODD], { cwd: folder });
    assertStringIncludes(failed.stderr, `record 1 (line 1 of ${SHOWN}) failed: Error: no`);
    assertStringIncludes(failed.stderr, `record 2 (line 2 of ${SHOWN}) failed: `);
    for (const flags of [["--in", "csv"], ["--in", "csv", "--no-header"], []]) {
      const missing = await mapByOne(["-q", "-e", "(r) => r", `no${ODD}`, ...flags], { cwd: folder });
      assertEquals(missing.stderr.split("\n").length, 2, missing.stderr);
      // deno-lint-ignore no-control-regex -- that is what must not be there
      assertEquals(/[\x1b\x9b]/.test(missing.stderr), false, missing.stderr);
    }
    await Deno.mkdir(`${folder}/d${ODD}`);
    const inFolder = await mapByOne(["-q", "-e", "(r) => r", `d${ODD}`], { cwd: folder });
    assertEquals(inFolder.stderr, `corral: Cannot read "d${SHOWN.slice(1)}: it is a folder, wanted a file\n`);
    await Deno.writeTextFile(`${folder}/t${ODD}`, "a,a\n1,2\n");
    const table = await mapByOne(["-q", "-e", "(r) => r", `t${ODD}`, "--in", "csv"], { cwd: folder });
    assertStringIncludes(table.stderr, `the header of "t${SHOWN.slice(1)}: column 2`);
  });
});

Deno.test("A # in the name of a module's file is its own, and one before an export is not", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/jo#b.ts`,
      "export default (x: number) => x + 1;\nexport const twice = (x: number) => 2 * x;\n",
    );
    await Deno.writeTextFile(`${folder}/in.ndjson`, "20\n");
    const results = await Promise.all(
      ["jo#b.ts", "jo#b.ts#default", "./jo#b.ts#twice"].map(async (given) =>
        (await mapByOne(["-q", given, "in.ndjson"], { cwd: folder })).stdout
      ),
    );
    assertEquals(results, ["21\n", "21\n", "40\n"]);
  });
});

Deno.test("A file whose name begins with a dash is taken for a flag, and the error says how to name it", async () => {
  const { stderr } = await corral(["map", "-e", "(r) => r", "-dash.json"]);
  assertEquals(
    stderr,
    "corral: Cannot read -dash.json: there is no such flag, see corral map --help; a file of that name is ./-dash.json\n",
  );
});
