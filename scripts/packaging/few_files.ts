/** Makes a copy of a program in few files, of which Deno reads each when it is wanted. */
import { bundle } from "./bundle.ts";

/** What draws reports, and is loaded when one is drawn. */
const EXTERNAL = ["linkedom", "@observablehq/plot"];

/**
 * Bundles a program into a folder, where its main file gets the name that it has, with `.js`. Deno gets its bundler from npm.
 *
 * Deno reads all that a literal `import()` can reach before it runs the first line, and the lists of all versions of packages that are named there. So the
 * copy has no literals: it reads what it imports late by its place, for which it needs permission to read its folder.
 *
 * @returns The path of the main file. `undefined` if there is no bundler, or the folder may not be written.
 */
export async function fewFiles(path: string, folder: string, cwd: string): Promise<string | undefined> {
  try {
    await bundle({ cwd, sources: [path], external: EXTERNAL, outdir: folder });
  } catch {
    return undefined;
  }
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(`${folder}/${name}`);
    const late = withoutLiterals(text);
    if (late !== text) await Deno.writeTextFile(`${folder}/${name}`, late);
  }
  return `${folder}/${path.slice(path.lastIndexOf("/") + 1).replace(/\.ts$/, ".js")}`;
}

/** The text of a file of the bundler's, with nothing left in it that Deno would look for before it is wanted. */
export function withoutLiterals(text: string): string {
  const names = ["\\./[\\w.-]+\\.js", ...EXTERNAL].join("|");
  return text.replaceAll(new RegExp(`\\bimport\\(("(?:${names})")\\)`, "g"), "import([$1][0])");
}
