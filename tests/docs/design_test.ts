// Unit: that the design document and the pages of decisions say what is there. It reads the repository's files.
import { assert, assertEquals } from "@std/assert";
import { isSourceFolder, LAYERS, layerTable } from "../../scripts/layers.ts";

const ROOT = new URL("../../", import.meta.url);
const DESIGN = await Deno.readTextFile(new URL("docs/design.md", ROOT));
const MOST_FILES_OF_A_MAP = 25;
const MOST_FILES_OF_A_FOLDER = 20;
/** Where code may name a page of decisions. */
const CODE = ["src", "cli", "cluster", "scripts"];

Deno.test("docs/design.md shows the layers that are checked", () => {
  const rows = tableRows(layerTable(LAYERS, isSourceFolder));
  const shown = tableRows(DESIGN);
  assertEquals(rows.filter((row) => !shown.includes(row)), [], "deno task layers --table prints the rows");
});

Deno.test("docs/design.md names the files that Pool.map walks through, and they are few", async () => {
  const [section] = DESIGN.split("### The files that `Pool.map` walks through")[1]!.split("\n## ");
  const files = [...section!.matchAll(/(\d+) `(src\/[\w/.]+)`/g)].map(([, number, path]) => [Number(number), path!]);
  assertEquals(files.map(([number]) => number), Array.from(files, (_, index) => index + 1));
  assertEquals(new Set(files.map(([, path]) => path)).size, files.length);
  assert(files.length > 0 && files.length <= MOST_FILES_OF_A_MAP, `${files.length} files`);
  assertEquals(await missing(files.map(([, path]) => path as string)), []);
});

Deno.test("docs/design.md and the decisions name files that exist", async () => {
  const pages = [DESIGN, ...await Promise.all((await decisions()).map((page) => Deno.readTextFile(pageUrl(page))))];
  const named = pages.flatMap((
    text,
  ) => [...text.matchAll(/`((?:src|cli|cluster|scripts|tests|bench)\/[\w/.]+\.ts)`/g)]);
  assert(named.length > 0);
  assertEquals(await missing(named.map(([, path]) => path!)), []);
});

Deno.test("Code names only files that exist", async () => {
  const wrong: string[] = [];
  for (const folder of [...CODE, "tests", "bench"]) {
    for await (const path of sourceFiles(new URL(`${folder}/`, ROOT))) {
      const text = await Deno.readTextFile(path);
      const named = [...text.matchAll(/`((?:src|cli|cluster|scripts|tests|bench|docs)\/[\w/.]+\.(?:ts|md))`/g)];
      for (const file of await missing(named.map(([, file]) => file!))) wrong.push(`${path.pathname}: ${file}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("No folder has more than 20 files at one level", async () => {
  const counts = new Map<string, number>();
  for (const folder of ["src", "cli", "cluster", "tests", "bench", "scripts", "examples", "docs"]) {
    for await (const { href } of allFiles(new URL(`${folder}/`, ROOT))) {
      const holder = href.slice(ROOT.href.length, href.lastIndexOf("/"));
      counts.set(holder, (counts.get(holder) ?? 0) + 1);
    }
  }
  assert(counts.size > 20);
  assertEquals([...counts].filter(([, count]) => count > MOST_FILES_OF_A_FOLDER), []);
});

Deno.test("docs/observability.md lists each event, and each method of an observer", async () => {
  const [page, events, observer] = await Promise.all(
    ["docs/observability.md", "src/pool/observing/events.ts", "src/pool/observing/observer.ts"]
      .map((path) => Deno.readTextFile(new URL(path, ROOT))),
  );
  const [table] = page!.split("## Events")[1]!.split("\n## ");
  const cells = tableRows(table!).slice(1).map((row) => row.split("|").slice(1, 3).map(namesIn));
  const [, states] = /WorkerStateEvent<S extends ([^>]*)>/.exec(events!)!;
  const types = [...events!.matchAll(/readonly type: "(\w+)"/g), ...states!.matchAll(/"(\w+)"/g)].map(([, name]) =>
    name!
  );
  const methods = [...observer!.matchAll(/^ {2}(\w+)\?\(/gm)].map(([, name]) => name!);
  assert(types.length > 5 && methods.length > 5);
  assertEquals(cells.flatMap(([names]) => names!).toSorted(), types.toSorted());
  // It is asked, and told nothing; the text below the table says so.
  assertEquals(
    cells.flatMap(([, names]) => names!).toSorted(),
    methods.filter((name) => name !== "context").toSorted(),
  );
});

Deno.test("each page of decisions is named by code, and listed in docs/design.md", async () => {
  const pages = await decisions();
  const named = new Set<string>();
  for (const folder of CODE) {
    for await (const path of sourceFiles(new URL(`${folder}/`, ROOT))) {
      const text = await Deno.readTextFile(path);
      for (const [, page] of text.matchAll(/docs\/decisions\/(\w+)\.md/g)) named.add(page!);
    }
  }
  assertEquals([...named].toSorted(), pages);
  const listed = [...DESIGN.matchAll(/^\| \[(\w+)\]\(decisions\/\1\.md\)/gm)].map(([, page]) => page!);
  assertEquals(listed.toSorted(), pages);
});

/** What a cell names. */
function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
}

/** The rows of all tables, whatever their columns are filled up with. */
function tableRows(text: string): string[] {
  return text.split("\n").filter((line) => line.startsWith("| ")).map((line) => line.replaceAll(/ +/g, " ").trim())
    .filter((line) => !/^[| -]+$/.test(line));
}

async function decisions(): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(new URL("docs/decisions/", ROOT)), ({ name }) => name);
  return names.map((name) => name.replace(/\.md$/, "")).toSorted();
}

const pageUrl = (page: string): URL => new URL(`docs/decisions/${page}.md`, ROOT);

async function* sourceFiles(folder: URL): AsyncIterable<URL> {
  for await (const file of allFiles(folder)) {
    if (file.pathname.endsWith(".ts")) yield file;
  }
}

async function* allFiles(folder: URL): AsyncIterable<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) yield new URL(name, folder);
    // What `deno task install` makes of the command is in no commit.
    else if (name !== "node_modules" && name !== "built") yield* allFiles(new URL(`${name}/`, folder));
  }
}

async function missing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => Deno.stat(new URL(path, ROOT)).then(() => true, () => false)));
  return paths.filter((_, index) => !found[index]);
}
