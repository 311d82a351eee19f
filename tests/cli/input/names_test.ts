// End-to-end: files whose names have characters that mean something to a terminal, to a URL or to the command.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { inFolder } from "../../helpers/programs/corral.ts";
import { mapInTurn } from "../../helpers/programs/map_in_turn.ts";

const ODD = "a\x1b[31m\nb\u009b2J\u202e.ndjson";
const SHOWN = String.raw`"a\u001b[31m\nb\u009b2J\u202e.ndjson"`;

Deno.test("What is told of an input has nothing of its name that drives a terminal or breaks the line", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/d${ODD}`);
    const identity = ["-q", "-e", "(r) => r"];
    const [failed, table, inFolder, ...missing] = await mapInTurn([
      { args: ["-q", "-e", "() => { throw new Error('no') }", ODD], files: { [ODD]: '{"a":1}\nnot JSON\n' } },
      { args: [...identity, `t${ODD}`, "--in", "csv"], files: { [`t${ODD}`]: "a,a\n1,2\n" } },
      { args: [...identity, `${folder}/d${ODD}`] },
      ...[["--in", "csv"], ["--in", "csv", "--no-header"], []].map((flags) => ({
        args: [...identity, `no${ODD}`, ...flags],
      })),
    ]);
    assertStringIncludes(failed.stderr, `record 1 (line 1 of ${SHOWN}) failed: Error: no`);
    assertStringIncludes(failed.stderr, `record 2 (line 2 of ${SHOWN}) failed: `);
    assertStringIncludes(table.stderr, `the header of "t${SHOWN.slice(1)}: column 2`);
    const path = `"${folder}/d${SHOWN.slice(1)}`;
    assertEquals(inFolder.stderr, `corral: Cannot read ${path}: it is a folder, wanted a file\n`);
    for (const { stderr } of missing) {
      assertEquals(stderr.split("\n").length, 2, stderr);
      // deno-lint-ignore no-control-regex -- that is what must not be there
      assertEquals(/[\x1b\x9b]/.test(stderr), false, stderr);
    }
  });
});

Deno.test("A # in the name of a module's file is its own, one before an export is not, and a name that begins with a dash is taken for a flag", async () => {
  const files = {
    "jo#b.ts": "export default (x: number) => x + 1;\nexport const twice = (x: number) => 2 * x;\n",
    "in.ndjson": "20\n",
  };
  const [dash, ...outcomes] = await mapInTurn([
    { args: ["-e", "(r) => r", "-dash.json"] },
    ...["jo#b.ts", "jo#b.ts#default", "./jo#b.ts#twice"].map((given) => ({ args: ["-q", given, "in.ndjson"], files })),
  ]);
  assertEquals(outcomes.map(({ stdout }) => stdout), ["21\n", "21\n", "40\n"]);
  // The error says how to name it.
  assertEquals(
    dash.stderr,
    "corral: Cannot read -dash.json: there is no such flag, see corral map --help; a file of that name is ./-dash.json\n",
  );
});
