// End-to-end: the code blocks of the Markdown files.
//
// - `ts`: run and type-checked by `deno task test:doc`; here, that it runs all of them, and that the blocks of pages for learning, run
//   in a project of their own with the flags that they name, print what their comments say.
// - `sh`: every command line is run, but for those in NOT_RUN: there, the task must exist and the version be the pinned one.
// - `py`: parsed by python3, where that is installed.
// - `ts ignore`: a file of a project, which is named above it; docs/start.md has a test of its own.
// - no language: a picture, a layout or a file of another language, nothing to run.
import { assert, assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { corralArgs } from "../helpers/programs/corral.ts";
import { type CodeBlock, codeBlocks } from "../helpers/programs/markdown.ts";
import { COMMAND_CONFIG } from "../helpers/programs/packages.ts";
import { ProjectFolder } from "../helpers/programs/project_folder.ts";

const ROOT = new URL("../../", import.meta.url);
const PINNED = "deno@2.9.6";
/** Commands that other tests or checks run, that take minutes, or that need a network. */
const NOT_RUN =
  /^(?:npx -y (?<version>\S+)|deno) task (?<task>demo(?::cluster)?|example:pipeline|test|ok|examples|bench[:\w]*)(?: |$)/;

/** Pages whose blocks show what they print. */
const PRINTING = ["docs/guide.md", "docs/recipes.md", "docs/observability.md", "docs/security.md"];
/** Its commands are for a folder of their own: see start_test.ts. */
const FOLLOWED = "docs/start.md";
const blocks = (await codeBlocks()).filter(({ path, language }) => path !== FOLLOWED || language === "ts");
const PAGES = new Map(
  await Promise.all(
    PRINTING.map(async (path) => [path, (await Deno.readTextFile(new URL(path, ROOT))).split("\n")] as const),
  ),
);
const inLanguage = (language: string): CodeBlock[] => blocks.filter((block) => block.language === language);

Deno.test("Markdown files have code blocks in languages that are checked, and in no others", () => {
  assertEquals(
    blocks.filter(({ language }) => !["ts", "ts ignore", "sh", "py", ""].includes(language)).map(placeOf),
    [],
  );
  assert(inLanguage("ts").length > 0 && inLanguage("sh").length > 0 && inLanguage("py").length > 0);
});

Deno.test("deno task test:doc runs the ts blocks of every Markdown file", () => {
  const runs = config.tasks["test:doc"].command.split(" ");
  const isRun = ({ path }: CodeBlock) => runs.includes(path) || runs.includes(path.split("/")[0]!);
  assertEquals(inLanguage("ts").filter((block) => !isRun(block)).map(placeOf), []);
});

/** The cache of all pages: a reader's has the library in it after the first block. */
const CACHE = await Deno.makeTempDir({ prefix: "corral-docs-cache-" });
Deno.test.afterAll(() => Deno.remove(CACHE, { recursive: true }));

for (const page of PRINTING) {
  Deno.test(`${page} has blocks that print what their comments say`, async () => {
    const shown = blocks.filter((block) =>
      block.path === page && block.language.startsWith("ts") && [undefined, "main.ts"].includes(fileOf(block))
    );
    for (const [flags, alike] of Map.groupBy(shown, flagsOf)) {
      assertEquals(await printedBy(page, alike, flags), new Map(alike.map((block) => [placeOf(block), toldBy(block)])));
    }
  });
}

/** The examples of the page about the command build on each other: they run in a folder of their own, in order. */
const COMMAND_PAGE = "docs/command.md";
/** A machine of examples: cluster/tests/map/docs_test.ts runs them, with a Redis in its place. */
const ELSEWHERE = "10.0.0.5";

Deno.test(`${COMMAND_PAGE} has commands that work, one after the other`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "corral-docs-" });
  try {
    const here = inLanguage("sh").filter(({ path, text }) => path === COMMAND_PAGE && !text.includes(ELSEWHERE));
    for (const { text } of here) {
      for (const line of text.split("\n").filter((line) => line.trim() !== "")) await runShell(line, folder);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (const block of inLanguage("sh").filter(({ path }) => path !== COMMAND_PAGE)) {
  Deno.test(`${placeOf(block)} has commands that work`, async () => {
    for (const line of block.text.split("\n").filter((line) => !/^\s*(#|$)/.test(line))) {
      const { version = PINNED, task } = NOT_RUN.exec(line)?.groups ?? {};
      if (task === undefined) await runShell(line);
      assertEquals(version, PINNED, line);
      assert(task === undefined || task in config.tasks, `no task for: ${line}`);
    }
  });
}

const python = await hasPython();

Deno.test({
  name: `Markdown files have py blocks that Python can read${python ? "" : " (skipped: there is no python3)"}`,
  ignore: !python,
  async fn() {
    const sources = JSON.stringify(Object.fromEntries(inLanguage("py").map((block) => [placeOf(block), block.text])));
    const script = "import ast, json, sys\n" +
      "for place, text in json.loads(sys.argv[1]).items(): ast.parse(text, place)";
    const { success, stderr } = await new Deno.Command("python3", { args: ["-c", script, sources] }).output();
    assert(success, new TextDecoder().decode(stderr));
  },
});

function placeOf({ path, line }: CodeBlock): string {
  return `${path}:${line}`;
}

/** The file that a block is saved as, which stands two lines above the fence. */
function fileOf({ path, line }: CodeBlock): string | undefined {
  return /^`([\w.]+)`:$/.exec(PAGES.get(path)?.[line - 3] ?? "")?.[1];
}

/** The flags that the first line of a block names. */
function flagsOf({ text }: CodeBlock): string {
  return /^\/\/ deno run (.*) main\.ts\n/.exec(text)?.[1] ?? "--allow-run=deno";
}

/** What a block prints by its comments, without spaces. */
function toldBy(block: CodeBlock): string {
  const comments = [...block.text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment!);
  assert(comments.length > 0, `${placeOf(block)} shows no output`);
  return withoutSpace(comments.join(""));
}

/**
 * What blocks print, without spaces, by their places. They run as a reader's program does: in a project that has the library, beside the files of
 * the page, with these flags. It is one program for all of them, which takes much less time.
 */
async function printedBy(page: string, shown: readonly CodeBlock[], flags: string): Promise<Map<string, string>> {
  const library = JSON.parse(await Deno.readTextFile(COMMAND_CONFIG));
  const imports = Object.fromEntries(
    Object.entries<string>(library.exports).map(([name, file]) => [
      `${library.name}${name.slice(1)}`,
      new URL(file, pathToFileURL(COMMAND_CONFIG)).href,
    ]),
  );
  const files: Record<string, string> = { "deno.json": JSON.stringify({ imports }, null, 2), "main.ts": "" };
  for (const block of blocks) {
    const file = block.path === page ? fileOf(block) : undefined;
    if (file !== undefined && file !== "main.ts") files[file] = block.text;
  }
  for (const block of shown) {
    files[`at_${block.line}.ts`] = block.text;
    files["main.ts"] += `console.log("\\f${placeOf(block)}\\f"); await import("./at_${block.line}.ts");\n`;
  }
  await using folder = await ProjectFolder.make(files, { PATH: pathWithDeno(), DENO_DIR: CACHE });
  const { stdout, stderr } = await folder.deno("run", "--quiet", "--no-prompt", ...flags.split(" "), "main.ts");
  assertEquals(stderr, "");
  return new Map(
    [...stdout.matchAll(/\f(.*)\f([^\f]*)/g)].map(([, place, output]) => [place!, withoutSpace(output!)]),
  );
}

/** Finds the Deno that runs this test as `deno`. */
function pathWithDeno(): string {
  return `${Deno.execPath().replace(/[^/]*$/, "")}:${Deno.env.get("PATH")}`;
}

/** Tools that a recipe may use, and that need not be there. */
const OPTIONAL_TOOLS = ["jq", "mlr", "sqlite3", "gzip", "xargs"];

/** Runs a line in a shell, with the `deno` that runs this test, and `corral` from the working tree. */
async function runShell(line: string, cwd: URL | string = ROOT): Promise<void> {
  const tools = OPTIONAL_TOOLS.filter((tool) => new RegExp(`(^|[|;&] *)${tool} `).test(line));
  const skip = tools.map((tool) => `command -v ${tool} > /dev/null || exit 0;`).join(" ");
  const bin = await Deno.makeTempDir({ prefix: "corral-bin-" });
  const command = [Deno.execPath(), ...corralArgs([], ["-A"])].map((part) => `"${part}"`).join(" ");
  // With one worker, unless the line says how many: another one shows nothing more.
  const map = 'if [ "$1" = map ]; then shift; set -- map -j 1 "$@"; fi';
  await Deno.writeTextFile(`${bin}/corral`, `#!/bin/sh\n${map}\nexec ${command} "$@"\n`, { mode: 0o755 });
  const script = `PATH="${bin}:$PATH"; deno() { "${Deno.execPath()}" "$@"; }; set -eo pipefail; ${skip} ${line}`;
  const { success, stdout, stderr } = await new Deno.Command("bash", { args: ["-c", script], cwd }).output();
  await Deno.remove(bin, { recursive: true });
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert(success, `${line}: ${output}`);
}

async function hasPython(): Promise<boolean> {
  try {
    return (await new Deno.Command("python3", { args: ["--version"] }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const withoutSpace = (text: string): string => text.replaceAll(/\s/g, "");
