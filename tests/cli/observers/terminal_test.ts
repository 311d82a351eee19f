/** End-to-end: what strangers wrote goes to a terminal as text, by whatever way. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type CorralOutcome, inFolder } from "../../helpers/programs/corral.ts";
import { corralInTurn, IN_TURN } from "../../helpers/programs/in_turn.ts";

/** The clipboard, the screen, colours by one character, an order of its own, the line's beginning. */
const EVIL = "a\x1b]52;c;aGk=\x07b\x1b[2Jc\u009b31md\u202ee\rf";
const SHOWN = "abcdef";

/** Runs commands where both of their streams are terminals, as far as they can tell. */
async function onTerminal(commands: readonly (readonly string[])[], cwd: string): Promise<CorralOutcome[]> {
  const program = `${cwd}/program.ts`;
  await Deno.writeTextFile(
    program,
    `Deno.stdout.isTerminal = Deno.stderr.isTerminal = () => true;\nawait import(${JSON.stringify(IN_TURN)});\n`,
  );
  return await corralInTurn(commands, { cwd, program, allow: ["-A"], env: { NO_COLOR: "1" } });
}

// deno-lint-ignore no-control-regex -- those are what is looked for
const HARMFUL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

function assertHarmless(...texts: string[]): void {
  for (const text of texts) assertEquals(HARMFUL.test(text), false, text);
}

const SOURCES = [
  // It throws as it is loaded.
  `const error = new Error(${JSON.stringify(EVIL)}); error.name = ${JSON.stringify(EVIL)}; throw error;`,
  // It has a fault in its syntax.
  `export default (x) => { "${EVIL}" ) };`,
];

Deno.test("What is told of a module that cannot be loaded does nothing to a terminal", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in.ndjson`, "1\n");
    for (const [at, source] of SOURCES.entries()) await Deno.writeTextFile(`${folder}/${at}.ts`, source);
    const map = ["map", "--bar=off", "--untrusted"];
    const outcomes = await onTerminal(SOURCES.map((_, at) => [...map, `./${at}.ts`, "in.ndjson"]), folder);
    for (const { code, stdout, stderr } of outcomes) {
      assertHarmless(stdout, stderr);
      assertEquals(code, 255);
      assertStringIncludes(stderr, "corral: ");
    }
  });
});

Deno.test("Results, and what is printed of records, do nothing to a terminal; a file has them as they are", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in.ndjson`, `${JSON.stringify(EVIL)}\n{"a":"${"\u009b2J"}"\n`);
    const code = "(record) => { console.log(record); return record; }";
    const args = ["map", "--bar=off", "-q", "-e", code, "in.ndjson", "--out", "lines"];
    const commands = [args, [...args, "-o", "out.txt"], ["map", "--dry-run", "-e", code, "in.ndjson"]];
    const [shown, , dry] = await onTerminal(commands, folder);
    assertHarmless(shown!.stdout, shown!.stderr);
    assertEquals(shown!.stdout, `${SHOWN}\n`);
    assertStringIncludes(shown!.stderr, `${SHOWN}\n`);
    assertEquals(await Deno.readTextFile(`${folder}/out.txt`), `${EVIL}\n`);
    assertHarmless(dry!.stdout, dry!.stderr);
    assertStringIncludes(dry!.stdout, "line 1: ");
  });
});

Deno.test("A file's name does nothing to a terminal and breaks no line, wherever it is told", async () => {
  await inFolder(async (folder) => {
    const name = `x${EVIL}\n.ndjson`.replaceAll("/", "");
    await Deno.writeTextFile(`${folder}/${name}`, "{}\n");
    await Deno.writeTextFile(`${folder}/in.ndjson`, "1\n");
    const map = ["map", "--bar=off", "-e", "(r) => r"];
    const commands = [
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
    ];
    for (const { stdout, stderr } of await onTerminal(commands, folder)) {
      assertHarmless(stdout, stderr);
      assertEquals([stderr.slice(0, 8), stderr.split("\n").length], ["corral: ", 2], stderr);
    }
  });
});
