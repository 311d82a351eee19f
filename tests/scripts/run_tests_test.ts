// Unit tests of what the runner of the tests shows when; and end-to-end, a run of a few tests of which some fail.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PartOutput, startsNothing, summarize } from "../../scripts/run_tests.ts";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

const SCRIPT = new URL("../../scripts/run_tests.ts", import.meta.url).pathname;

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
  const args = ["run", ...flags, SCRIPT, "--temp=.", "--no-prompt", "--allow-env=DENO_DIR", "--", ...given];
  const { code, stdout } = await folder.denoIn(".", args, { XDG_CACHE_HOME: `${folder.path}/.moved` });
  return { code, stdout, cache: `${folder.path}/.moved/deno` };
}

const TELLS_CACHE = "console.log('cache:', Deno.env.get('DENO_DIR'));";

Deno.test("run_tests.ts runs the unit tests of a folder in one process and every other file in one of its own, tells at its end what failed and why, also of types, ends with 1, and tells tests by DENO_DIR where the cache is, whatever variable has moved it", async () => {
  const tells = (name: string): string => TEST(name, `console.log("process " + Deno.pid + " of"); ${TELLS_CACHE}`);
  const { code, stdout, cache } = await run({
    "tests/hub/deep/a_test.ts": `// Unit tests.\n${tells("test a")}`,
    "tests/hub/b_test.ts": `// Unit tests.\n${tells("test b")}`,
    "tests/hub/c_test.ts": `// End-to-end.\n${tells("test c")}`,
    "tests/wire/d_test.ts": `// Unit tests.\n${tells("test d")}\nconst n: number = 'text';`,
    "e_test.ts": TEST("test e", "throw new Error('the cause')"),
  });
  assertEquals(code, 1, stdout);
  const processes = [...stdout.matchAll(/process (\d+) of/g)].map(([, pid]) => pid);
  assertEquals([processes.length, new Set(processes).size], [4, 3], stdout);
  assertEquals(stdout.split(`cache: ${cache}\n`).length, 5, stdout);
  for (
    const part of [
      "tests/hub: units => test a",
      "tests/hub: units => test b",
      "tests/hub/c_test.ts => test c",
      "tests/wire/d_test.ts => test d",
    ]
  ) {
    assertEquals(stdout.split(`${part} ... ok`).length, 2, stdout);
  }
  const last = stdout.slice(stdout.indexOf("\nERRORS\n"));
  assertStringIncludes(last, "Error: the cause");
  assertStringIncludes(last, "Type 'string' is not assignable to type 'number'");
  assertMatch(last, /\nFAILED \| 4 passed \| 1 failed \| 0 ignored \(\d+ s\)\n$/);
});

Deno.test("startsNothing() goes by the first comment of a file, and takes no file that has other tests too", () => {
  for (
    const text of [
      "/** Unit tests of a. */\nend-to-end",
      "// Unit: a.\n// And b.\nimport",
      "// Policy, with simulated time.\n",
      "/**\n * Unit tests\n * of a.\n */\n",
    ]
  ) {
    assertEquals(startsNothing(text.replace("/**\n *", "/**")), true, text);
  }
  for (
    const text of [
      "",
      "/** End-to-end: a unit. */",
      "/** Unit and end-to-end tests of a. */",
      "// Unit: a;\n// and end-to-end.\n",
      "const Unit = 1;",
    ]
  ) {
    assertEquals(startsNothing(text), false, text);
  }
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
  const { stdout } = await folder.deno("eval", "--quiet", print);
  assertEquals(
    [...stdout.matchAll(/"(.*)_test\.ts"/g)].map(([, name]) => name),
    ["tests/hostile/c", "tests/cli/b", "tests/deep/er/g", "tests/wire/a"],
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
