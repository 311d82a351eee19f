// Unit: docs/troubleshooting.md explains texts that the library really prints.
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

async function sourceTexts(folder: URL): Promise<string> {
  const texts: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (isDirectory) texts.push(await sourceTexts(new URL(`${name}/`, folder)));
    else if (isFile && name.endsWith(".ts")) texts.push(await Deno.readTextFile(new URL(name, folder)));
  }
  return texts.join("\n");
}

/** A text as the source may hold it: strings joined by `+` over several lines, quotes escaped, values put in. */
function plain(source: string): string {
  return source.replaceAll(/["'`]\s*\+\s*["'`]/g, "").replaceAll("\\`", "`").replaceAll(/\$\{OLDEST_DENO\}/g, "2.9.0");
}

Deno.test("docs/troubleshooting.md has headings that are texts of errors", async () => {
  const page = await Deno.readTextFile(new URL("docs/troubleshooting.md", ROOT));
  const source = plain(await sourceTexts(new URL("src/", ROOT)) + await Deno.readTextFile(new URL("mod.ts", ROOT)));
  const headings = [...page.matchAll(/^### (.*?)(?: \(in a worker\))?$/gm)].map(([, text]) => text!);
  assert(headings.length > 10);
  assertEquals(headings.filter((heading) => !source.includes(heading)), []);
});
