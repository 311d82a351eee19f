/** End-to-end: what strangers wrote goes to a terminal as text, by whatever way. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { inFolder } from "../../helpers/programs/corral.ts";

const COMMAND = import.meta.resolve("../../../cli/command/command.ts");
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;
/** The clipboard, the screen, colours by one character, an order of its own, the line's beginning. */
const EVIL = "a\x1b]52;c;aGk=\x07b\x1b[2Jc\u009b31md\u202ee\rf";
const SHOWN = "abcdef";

/** Runs the command where both of its streams are terminals, as far as it can tell. */
async function onTerminal(args: readonly string[], cwd: string): Promise<{ stdout: string; stderr: string }> {
  const program = `Deno.stdout.isTerminal = Deno.stderr.isTerminal = () => true;
const { corral } = await import(${JSON.stringify(COMMAND)});
Deno.exit(await corral(${JSON.stringify(args)}));`;
  await Deno.writeTextFile(`${cwd}/program.ts`, program);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", `--config=${CONFIG}`, "-A", "program.ts"],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { stdout: out!, stderr: err! };
}

// deno-lint-ignore no-control-regex -- those are what is looked for
const HARMFUL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

function assertHarmless(...texts: string[]): void {
  for (const text of texts) assertEquals(HARMFUL.test(text), false, text);
}

const SOURCES = {
  "throws as it is loaded": `const error = new Error(${JSON.stringify(EVIL)}); error.name = ${
    JSON.stringify(EVIL)
  }; throw error;`,
  "is no code": `export default (x) => { "${EVIL}" ) };`,
};

for (const [what, source] of Object.entries(SOURCES)) {
  Deno.test(`What is told of a module that ${what} does nothing to a terminal`, async () => {
    await inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/job.ts`, source);
      await Deno.writeTextFile(`${folder}/in.ndjson`, "1\n");
      const { stdout, stderr } = await onTerminal(
        ["map", "--bar=off", "--untrusted", "./job.ts", "in.ndjson"],
        folder,
      );
      assertHarmless(stdout, stderr);
      assertStringIncludes(stderr, "corral: ");
    });
  });
}

Deno.test("Results, and what is printed of records, do nothing to a terminal; a file has them as they are", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in.ndjson`, `${JSON.stringify(EVIL)}\n{"a":"${"\u009b2J"}"\n`);
    const code = "(record) => { console.log(record); return record; }";
    const args = ["map", "--bar=off", "-q", "-e", code, "in.ndjson", "--out", "lines"];
    const { stdout, stderr } = await onTerminal(args, folder);
    assertHarmless(stdout, stderr);
    assertEquals(stdout, `${SHOWN}\n`);
    assertStringIncludes(stderr, `${SHOWN}\n`);
    await onTerminal([...args, "-o", "out.txt"], folder);
    assertEquals(await Deno.readTextFile(`${folder}/out.txt`), `${EVIL}\n`);
    const dry = await onTerminal(["map", "--dry-run", "-e", code, "in.ndjson"], folder);
    assertHarmless(dry.stdout, dry.stderr);
    assertStringIncludes(dry.stdout, "line 1: ");
  });
});

Deno.test("A file's name does nothing to a terminal and breaks no line, wherever it is told", async () => {
  await inFolder(async (folder) => {
    const name = `x${EVIL}\n.ndjson`.replaceAll("/", "");
    await Deno.writeTextFile(`${folder}/${name}`, "{}\n");
    await Deno.writeTextFile(`${folder}/in.ndjson`, "1\n");
    const map = ["map", "--bar=off", "-e", "(r) => r"];
    for (
      const args of [
        ["report", name],
        ["report", `no${name}`],
        ["report", name, "-o", name],
        [...map, "in.ndjson", "-o", name],
        [...map, name, "-o", name],
        [...map, "in.ndjson", "-o", `${name}.gz`],
        [...map, "in.ndjson", "-o", "out", "--joblog", name, "--resume"],
        [...map, "in.ndjson", "-o", "out", "--rejects", name],
        [...map, `--${name}`],
        [...map, `--quiet=${name}`],
      ]
    ) {
      const { stdout, stderr } = await onTerminal(args, folder);
      assertHarmless(stdout, stderr);
      assertEquals([stderr.slice(0, 8), stderr.split("\n").length], ["corral: ", 2], stderr);
    }
  });
});
