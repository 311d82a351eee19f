/** Unit and end-to-end: table tests, word for word, of what `corral map` advises where a function fails by what Deno, or its worker, does not let it do. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { describeError } from "../../../cli/command/describe_error.ts";
import { UnknownFlagError } from "../../../cli/errors/unknown_flag_error.ts";
import { withAdvice } from "../../../cli/runner/advice.ts";
import { corral, inFolder } from "../../helpers/programs/corral.ts";
import { mapInTurn } from "../../helpers/programs/in_turn.ts";

const CASES: [message: string, expected: string][] = [
  [
    'Requires env access to "HOME", run again with the --allow-env flag',
    'Requires env access to "HOME", grant it with --allow-env=HOME',
  ],
  ["Requires sys access, run again with the --allow-sys flag", "Requires sys access, grant it with --allow-sys"],
  [
    'Requires net access to "839d6a26.corral.invalid:80", run again with the --allow-net flag',
    "Cannot fetch a relative URL: a worker has no page to start from, give fetch() an absolute one",
  ],
  ["Failed to spawn '/opt/none': entity not found", "Failed to spawn '/opt/none': entity not found"],
  [
    'Failed loading https://registry.npmjs.org/leven for package "leven"\n    0: npm package not found in cache: "leven", --cached-only is specified.',
    'Failed loading https://registry.npmjs.org/leven for package "leven"\n    0: npm package not found in cache: "leven"; ' +
    "workers download nothing, run `deno cache npm:leven` first",
  ],
  [
    `JSR package manifest for '@std/bytes' failed to load. Specifier not found in cache: "https://jsr.io/@std/bytes/meta.json", --cached-only is specified.`,
    `JSR package manifest for '@std/bytes' failed to load. Specifier not found in cache: "https://jsr.io/@std/bytes/meta.json"; ` +
    "workers download nothing, run `deno cache jsr:@std/bytes` first",
  ],
  [
    'Specifier not found in cache: "https://x.org/a.ts", --cached-only is specified.',
    'Specifier not found in cache: "https://x.org/a.ts"; workers download nothing, run `deno cache https://x.org/a.ts` first',
  ],
  [
    'Import "leven" not a dependency and not in import map from "data:application/typescript,export%20default"',
    'Import "leven" not a dependency, import "npm:leven" or "jsr:leven", or have a deno.json beside the module that names it',
  ],
  [
    'Import "leven" not a dependency\n  hint: If you want to use the npm package, try running `deno add npm:leven`\n    at -e:1:2',
    'Import "leven" not a dependency, import "npm:leven" or "jsr:leven", or have a deno.json beside the module that names it\n    at -e:1:2',
  ],
  ["anything else, run again with the --allow-env flag", "anything else, run again with the --allow-env flag"],
];

Deno.test("withAdvice() says what a user of the command can do, and leaves other messages alone", () => {
  for (const [message, expected] of CASES) assertEquals(withAdvice(message), expected);
});

Deno.test("describeError() names flags in the place of options", async () => {
  const error = new TypeError(
    "npm specifiers were requested; put its packages into one file, or grant `permissions: { import: true }`",
  );
  assertEquals(
    (await describeError(error)).split("\n")[0],
    "TypeError: npm specifiers were requested; put its packages into one file, or grant it with --allow-import",
  );
  const unnamed =
    'Import "x" not a dependency; there is no deno.json in /srv/ or above it, add one, or name a file beside another with `configOf`';
  assertEquals(
    await describeError(new TypeError(unnamed)).then((text) => text.split("\n")[0]),
    'TypeError: Import "x" not a dependency; there is no deno.json in /srv/ or above it, add one',
  );
  const known = ["--jobs", "--chunk"];
  for (const flag of ["--worker", "--threads", "--num-workers"]) {
    const unknown = new UnknownFlagError(flag, known, "corral map --help");
    assertEquals(await describeError(unknown), `Cannot read ${flag}: there is no such flag, did you mean --jobs?`);
  }
});

Deno.test("corral map names the place of an error in a module, also where the message begins like one of its own", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/job.ts`,
      "export default (n: number) => n;\nexport const prepare = () => (undefined as any).x;\n",
    );
    const { code, stderr } = await corral(["map", "job.ts", "--initializer", "prepare"], { stdin: "1\n", cwd: folder });
    assertEquals(code, 255);
    assertEquals(stderr.split("\n")[0], "corral: TypeError: Cannot read properties of undefined (reading 'x')");
    assertStringIncludes(stderr.split("\n")[1]!, "job.ts:2:");
  });
});

Deno.test("corral map says how a function gets a command of the PATH, and says nothing where it has them", async () => {
  const source = "async (name) => { await new Deno.Command(name).output(); }";
  const [without, granted] = await mapInTurn([
    ["corral-none\n", ["-e", source, "--in", "lines"]],
    ["corral-none\n", ["-e", source, "--in", "lines", "--allow-run"]],
  ]);
  const failed = "Failed to spawn 'corral-none': entity not found";
  assertStringIncludes(without!.stderr, `${failed}, grant it with --allow-run=corral-none\n`);
  assertStringIncludes(granted!.stderr, `${failed}\n`);
});

Deno.test("corral map says why what stands behind -e imports nothing with --untrusted", async () => {
  const why =
    "; with --untrusted, what stands behind -e imports nothing from elsewhere: leave the flag out, the text is your own";
  const cases = {
    "leven": `Import "leven" not a dependency${why}\n`,
    "npm:leven": `npm specifiers were requested${why}\n`,
    "https://example.com/x.ts": `A remote specifier was requested: "https://example.com/x.ts"${why}\n`,
    "jsr:@std/bytes": why,
    "./lib.ts": "Cannot import a relative path: what stands behind -e lies in no folder",
  };
  const importing = (name: string) => ["-q", "--untrusted", "-e", `async () => void await import("${name}")`];
  const outcomes = await mapInTurn([...Object.keys(cases), "node:path"].map((name) => ["1\n", importing(name)]));
  const told = outcomes.map(({ stderr }, at) => stderr.replace(`corral: record 1 (line 1 of in${at}) failed: `, ""));
  for (const [at, expected] of Object.values(cases).entries()) {
    assertStringIncludes(told[at]!, expected);
    if (expected.endsWith("\n")) assertEquals(told[at]!.indexOf(`TypeError: ${expected}`), 0, told[at]);
  }
  assertEquals(told.at(-1), "");
});
