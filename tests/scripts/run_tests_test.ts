// Unit tests of what the runner of the tests shows when; and end-to-end, a run of a few tests of which some fail.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PartOutput, summarize } from "../../scripts/run_tests.ts";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

const SCRIPT = new URL("../../scripts/run_tests.ts", import.meta.url).pathname;

/** By which the script finds what it imports. */
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

const FAILED = [
  "running 3 tests from ./a_test.ts",
  "one ... FAILED (1ms)",
  " ERRORS ",
  "one => ./a_test.ts:1:6",
  "error: no",
  " FAILURES ",
  "one => ./a_test.ts:1:6",
  "FAILED | 2 passed (3 steps) | 1 failed | 4 ignored (5ms)",
  "error: Test failed",
];

Deno.test("PartOutput.add() returns the lines of tests with their file, and keeps failures and the summary for the end", () => {
  const output = new PartOutput("a_test.ts");
  const shown = FAILED.map((line) => output.add(line)).filter((line) => line !== undefined);
  assertEquals(shown, ["a_test.ts => one ... FAILED (1ms)"]);
  const { code, summary, failures } = output.end(1);
  assertEquals([code, summary], [1, FAILED[7]]);
  assertEquals(failures, [...FAILED.slice(2, 7), FAILED[8]].join("\n").trim());
});

Deno.test("PartOutput.end() tells all that a part said which ended without a summary", () => {
  const output = new PartOutput("");
  for (const line of ["one ... ok (1ms)", "Segmentation fault"]) assertEquals(output.add(line), line);
  assertEquals(output.end(139), { code: 139, summary: "", failures: "one ... ok (1ms)\nSegmentation fault" });
});

Deno.test("summarize() adds up the counts of all parts, and says FAILED when one of them did", () => {
  const good = { code: 0, summary: "ok | 2 passed (3 steps) | 0 failed | 4 ignored (5ms)", failures: "" };
  assertEquals(summarize([good, { ...good, summary: "" }, good]), "ok | 4 passed | 0 failed | 8 ignored");
  const bad = { code: 1, summary: FAILED[7]!, failures: "" };
  assertEquals(summarize([good, bad]), "FAILED | 4 passed | 1 failed | 8 ignored");
  assertEquals(summarize([good, { ...good, code: 139, summary: "" }]), "FAILED | 2 passed | 0 failed | 4 ignored");
});

const TEST = (name: string, body: string): string => `Deno.test("${name}", () => { ${body} });`;

/** Without a cache of a `ProjectFolder`, which would get the compiled library. */
const ENV = { PATH: `${Deno.execPath().replace(/[^/]*$/, "")}:${Deno.env.get("PATH")}`, DENO_DIR: "" };

/** Runs the script in a folder with these files. A variable has moved the cache: `cache` is where to. */
async function run(files: Record<string, string>, ...given: string[]) {
  const config = JSON.stringify({ exclude: [".moved"] });
  await using folder = await ProjectFolder.make({ "deno.json": config, ...files }, ENV);
  const flags = ["--quiet", "--no-prompt", "--allow-run", "--allow-read=.", "--allow-write=."];
  const args = [
    "run",
    ...flags,
    SCRIPT,
    "--temp=.",
    "--together=8",
    "--no-prompt",
    "--allow-env=DENO_DIR",
    "--",
    ...given,
  ];
  const { code, stdout } = await folder.denoIn(".", args, { XDG_CACHE_HOME: `${folder.path}/.moved` });
  return { code, stdout, cache: `${folder.path}/.moved/deno` };
}

const TELLS_CACHE = "console.log('cache:', Deno.env.get('DENO_DIR'));";

Deno.test("run_tests.ts runs as many files of a folder in one process as it is told, each once, tells at its end what failed and why, also of types, ends with 1, and tells tests by DENO_DIR where the cache is, whatever variable has moved it", async () => {
  const tells = (name: string): string => TEST(name, `console.log("process " + Deno.pid + " of"); ${TELLS_CACHE}`);
  const folders = {
    "tests/hub": ["deep/er/a", "deep/b", "c", "d", "e", "f", "g", "h", "i"],
    "tests/a-b": ["a", "b"],
    "tests/a_b": ["a", "b"],
    "tests/wire": ["a"],
  };
  const passing = Object.entries(folders).flatMap(([folder, names]) => names.map((name) => `${folder}/${name}`));
  const files = Object.fromEntries(passing.map((name) => [`${name}_test.ts`, tells(name)]));
  files["tests/wire/a_test.ts"] += "\nconst n: number = 'text';";
  const { code, stdout, cache } = await run({ ...files, "e_test.ts": TEST("test e", "throw new Error('the cause')") });
  assertEquals(code, 1, stdout);
  const processes = [...stdout.matchAll(/process (\d+) of/g)].map(([, pid]) => pid);
  assertEquals([processes.length, new Set(processes).size], [14, 5], stdout);
  assertEquals(stdout.split(`cache: ${cache}\n`).length - 1, 14, stdout);
  for (const name of passing) assertEquals(stdout.split(` => ${name} ... ok`).length - 1, 1, stdout);
  for (const part of ["tests/hub, part 2 => ", "tests/a_b => ", "tests/wire/a_test.ts => "]) {
    assertStringIncludes(stdout, part);
  }
  const last = stdout.slice(stdout.indexOf("\nERRORS\n"));
  assertStringIncludes(last, "Error: the cause");
  assertStringIncludes(last, "Type 'string' is not assignable to type 'number'");
  assertMatch(last, /\nFAILED \| 14 passed \| 1 failed \| 0 ignored \(\d+ s\)\n$/);
});

Deno.test("run_tests.ts looks in all folders but ignored and hidden ones, and begins with those whose files take long", async () => {
  const names = [
    "tests/wire/a",
    "tests/cli/b",
    "tests/hostile/c",
    "cluster/d",
    ".git/e",
    "node_modules/f",
    "tests/deep/er/g",
  ];
  const files = Object.fromEntries(names.map((name) => [`${name}_test.ts`, TEST(name, "")]));
  await using folder = await ProjectFolder.make({ "deno.json": "{}", ...files }, ENV);
  const print = `import { findTests } from "${new URL(
    "../../scripts/run_tests.ts",
    import.meta.url,
  )}"; console.log(await findTests(["cluster"]));`;
  const { stdout } = await folder.deno("eval", "--quiet", `--config=${CONFIG}`, "--no-lock", print);
  assertEquals(
    [...stdout.matchAll(/"(.*)_test\.ts"/g)].map(([, name]) => name),
    ["tests/hostile/c", "tests/cli/b", "tests/wire/a", "tests/deep/er/g"],
  );
});

Deno.test("run_tests.ts passes on paths and flags, the place of the cache and the exit code, of a single run", async () => {
  const files = { "b_test.ts": TEST("test b", TELLS_CACHE), "c_test.ts": TEST("test c", "throw new Error()") };
  const { code, stdout, cache } = await run(files, "--no-check", "b_test.ts");
  assertEquals(code, 0, stdout);
  assertStringIncludes(stdout, `cache: ${cache}\n`);
  assertStringIncludes(stdout, "running 1 test from ./b_test.ts");
  assertEquals((await run(files, "--no-check", "--fail-fast")).code, 1);
});
