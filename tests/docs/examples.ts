// End-to-end: the `ts` blocks of doc comments and of Markdown files, each a module of its own. `deno task test:doc` runs it.
//
// `deno test --doc` would take 0.4 s of a processor more for each of them, since it begins again for each.
import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { blocksIn, type CodeBlock } from "../helpers/programs/markdown.ts";
import "../../mod.ts";

const ROOT = new URL("../../", import.meta.url);
const FOLDER = await Deno.makeTempDir({ prefix: "corral-examples-" });
Deno.test.afterAll(() => Deno.remove(FOLDER, { recursive: true }));

/** The files at or below these paths, relative to the root, that can have documentation. */
async function* filesOf(paths: readonly string[]): AsyncIterable<string> {
  for (const path of paths) {
    if (/\.(?:ts|md)$/.test(path)) yield path;
    else if ((await Deno.stat(new URL(path, ROOT))).isDirectory) {
      const names = await Array.fromAsync(Deno.readDir(new URL(path, ROOT)), ({ name }) => `${path}/${name}`);
      yield* filesOf(names.sort());
    }
  }
}

/** The file with other lines left empty, without the stars of its doc comments: what stands between two fences keeps its line. */
function documentationOf(text: string): string {
  let inComment = false;
  return text.split("\n").map((line) => {
    const begins = /^\s*\/\*\*/.test(line);
    if (begins) inComment = true;
    const shown = inComment && !begins ? line.replace(/^\s*\* ?/, "") : "";
    if (/\*\/\s*$/.test(line)) inComment = false;
    return shown;
  }).join("\n");
}

/** What a block imports beside its file lies beside the block no longer. */
function fromAnywhere(block: string, path: string): string {
  const resolve = (relative: string): string => new URL(relative, new URL(path, ROOT)).href;
  return block.replace(
    /((?:from |import\(|import\.meta\.resolve\()")(\.[^"]*)/g,
    (_, before, to) => before + resolve(to),
  );
}

const isRun = ({ language }: CodeBlock): boolean => language.startsWith("ts") && language !== "ts ignore";

for await (const path of filesOf(Deno.args)) {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  const blocks = blocksIn(path, path.endsWith(".md") ? text : documentationOf(text)).filter(isRun);
  assertEquals(blocks.length, text.match(/^[ *]*```ts(?! ignore)/gm)?.length ?? 0, path);
  for (const { line, text: block } of blocks) {
    Deno.test(`${path}:${line}`, async () => {
      const file = `${FOLDER}/${path.replaceAll("/", "_")}_${line}.ts`;
      await Deno.writeTextFile(file, fromAnywhere(block, path));
      await import(pathToFileURL(file).href);
    });
  }
}
