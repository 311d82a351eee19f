// Unit: that CONTRIBUTING.md says what is there. It reads the repository's files.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { PUBLISHED } from "../../scripts/packaging/build_packages.ts";

const ROOT = new URL("../../", import.meta.url);
const CONTRIBUTING = await Deno.readTextFile(new URL("CONTRIBUTING.md", ROOT));

Deno.test("CONTRIBUTING.md names every task, and no other", () => {
  const named = new Set(
    [...CONTRIBUTING.matchAll(/`(?:deno task )?([a-z]+(?::[a-z]+)?)\b[^`]*`/g)].map(([, name]) => name!),
  );
  assertEquals(Object.keys(config.tasks).filter((name) => !named.has(name)), []);
  const called = [...CONTRIBUTING.matchAll(/deno task ([a-z:]+)/g)].map(([, name]) => name!);
  assertEquals(called.filter((name) => !Object.hasOwn(config.tasks, name)), []);
});

Deno.test("CONTRIBUTING.md and the workflow that publishes name every package that is published, the library first", async () => {
  const workflow = await Deno.readTextFile(new URL(".github/workflows/publish.yml", ROOT));
  const folders = [...workflow.matchAll(/- run: deno publish\n\s+working-directory: (\S+)/g)].map(([, folder]) =>
    folder
  );
  assertEquals(folders, PUBLISHED.map((folder) => folder === "." ? "dist" : `dist/${folder}`));
  const [, steps = ""] = CONTRIBUTING.split("## Releasing");
  assertEquals(PUBLISHED.slice(1).filter((folder) => !steps.includes(`\`dist/${folder}/\``)), []);
});

Deno.test("continuous integration runs every kind of test, on each system", async () => {
  const workflow = await Deno.readTextFile(new URL(".github/workflows/ci.yml", ROOT));
  for (const task of ["static", "test", "test:cluster", "test:doc", "test:jsr", "strays"]) {
    assertMatch(workflow, new RegExp(`- run: deno task ${task}\\n`));
  }
  assertStringIncludes(workflow, "[ubuntu-latest, macos-latest, windows-latest]");
});

Deno.test("every test file begins with a comment that says its kind, one of those in CONTRIBUTING.md", async () => {
  const kinds = [...CONTRIBUTING.split("## Tests")[1]!.matchAll(/^- \*\*([a-z-]+)\*\*:/gm)].map(([, kind]) => kind!);
  assert(kinds.includes("end-to-end"));
  const named = kinds.map((kind) => kind[0]!.toUpperCase() + kind.slice(1)).join("|");
  const beginsWithKind = new RegExp(`^(?:/\\*\\*|//)[\\s*]+(?:${named})\\b`);
  const silent: string[] = [];
  for (const folder of ["tests/", "cluster/tests/"]) {
    for await (const path of testFiles(folder)) {
      const text = await Deno.readTextFile(new URL(path, ROOT));
      if (!beginsWithKind.test(text)) silent.push(path);
    }
  }
  assertEquals(silent, []);
});

async function* testFiles(folder: string): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) yield* testFiles(`${folder}${name}/`);
    else if (name.endsWith("_test.ts")) yield folder + name;
  }
}

/** Some 300: what two changes bring together may be a few more. */
const MOST_LINES = 315;

Deno.test("files and functions of the sources are as small as CONTRIBUTING.md says", async () => {
  assertStringIncludes(CONTRIBUTING, "at most some 300 lines of code, a function 60");
  const tooLarge: string[] = [];
  let functions = 0;
  for (const root of ["src/", "cli/", "cluster/src/"]) {
    for await (const path of filesBelow(root)) {
      if (!path.endsWith(".ts")) continue;
      const lines = (await Deno.readTextFile(new URL(path, ROOT))).replaceAll(/\/\*\*[^]*?\*\//g, "").split("\n");
      const code = lines.filter((line) => !/^\s*(?:\/\/.*)?$/.test(line)).length;
      if (code > MOST_LINES) tooLarge.push(`${path}: ${code} lines`);
      for (const [name, length] of functionsIn(lines)) {
        functions++;
        if (length > 60) tooLarge.push(`${path}: ${name} has ${length} lines`);
      }
    }
  }
  assert(functions > 3000, `${functions}`);
  assertEquals(tooLarge, []);
});

async function* filesBelow(folder: string): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory && name !== "node_modules") yield* filesBelow(`${folder}${name}/`);
    else if (!isDirectory) yield folder + name;
  }
}

const FUNCTION =
  /^(\s*)(?:(?:export|default|static|override|private|async|get|set|function\*?) )*\*?(#?[\w$]+)(?:<.*>)?\((?:.*\{)?$/;
const STATEMENT = /^(?:if|for|while|switch|catch|return|super|await|throw|new)$/;

/** Functions and methods, and how many lines they have: the formatter puts their end below their beginning. */
function* functionsIn(lines: readonly string[]): Iterable<[name: string, length: number]> {
  for (const [start, line] of lines.entries()) {
    const [, indent, name] = FUNCTION.exec(line) ?? [];
    if (name === undefined || STATEMENT.test(name)) continue;
    const end = lines.findIndex((one, at) => at > start && one.startsWith(`${indent}}`));
    const isBetween = lines.slice(start + 1, end).every((one) => one === "" || one.startsWith(`${indent}`));
    if (end > 0 && isBetween) yield [name, end - start + 1];
  }
}

Deno.test("CHANGELOG.md says nothing twice: a merge can bring back what was moved", async () => {
  const text = await Deno.readTextFile(new URL("CHANGELOG.md", ROOT));
  const entries = text.split(/\n(?=- |#|\n)/).filter((part) => part.startsWith("- "));
  assertEquals(entries.filter((entry, index) => entries.indexOf(entry) !== index), []);
});

Deno.test("flags by which a program finds the cache name every variable that moves it, where they name more than DENO_DIR", async () => {
  const paths = [
    ...["README.md", "deno.json", "cluster/README.md", "cluster/agent.ts", "examples/cluster/machines.ts"],
    ...["examples/tracing/main.ts", "cluster/tests/helpers/agent_process.ts"],
    ...(await Array.fromAsync(Deno.readDir(new URL("docs/", ROOT)), ({ name }) => `docs/${name}`)),
  ].filter((path) => /\.(?:md|ts|json)$/.test(path));
  const short: string[] = [];
  let lists = 0;
  for (const path of paths) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    for (const [flag, names] of text.matchAll(/--allow-env=([\w,]*\bDENO_DIR\b[\w,]*)/g)) {
      if (!names!.includes("HOME")) continue;
      lists++;
      if (!names!.split(",").includes("XDG_CACHE_HOME")) short.push(`${path}: ${flag}`);
    }
  }
  assert(lists > 8, `${lists} lists were found`);
  assertEquals(short, []);
});
