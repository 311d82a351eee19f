// Unit: that the design document and the pages of decisions say what is there. It reads the repository's files.
import { assert, assertEquals } from "@std/assert";
import { isSourceFolder, LAYERS, layerTable } from "../../scripts/check_layers.ts";

const ROOT = new URL("../../", import.meta.url);
const DESIGN = await Deno.readTextFile(new URL("docs/design.md", ROOT));
const MOST_FILES_OF_A_MAP = 25;
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
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory && name !== "node_modules") yield* sourceFiles(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts") && !name.endsWith("_source.ts")) yield new URL(name, folder);
  }
}

async function missing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => Deno.stat(new URL(path, ROOT)).then(() => true, () => false)));
  return paths.filter((_, index) => !found[index]);
}
