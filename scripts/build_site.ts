// deno-lint-ignore-file no-console
/**
 * Builds the site: the guide's pages and the reference in one folder, with every link checked. `deno task docs [FOLDER]`.
 */
import library from "../deno.json" with { type: "json" };
import { deadLinks } from "./site/check_links.ts";
import { drawPage, pagesOf } from "./site/pages.ts";

const ROOT = new URL("../", import.meta.url);
/** Where the source is; the site is built from it. */
export const REPOSITORY = "https://github.com/corral-deno/corral";

/** Builds the site into a folder. Returns the dead links of the guide's pages. */
export async function buildSite(folder: string): Promise<string[]> {
  for (const name of ["decisions", "docs"]) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  const pages = pagesOf(await markdownFiles());
  const site = new Map<string, string>();
  for (const page of pages) {
    const html = drawPage(page, await Deno.readTextFile(new URL(page.source, ROOT)), pages, REPOSITORY);
    site.set(page.target, html);
    await Deno.writeTextFile(`${folder}/${page.target}`, html);
  }
  await copyPictures(folder, site);
  await buildReference(`${folder}/api`);
  site.set("api/index.html", await Deno.readTextFile(`${folder}/api/index.html`));
  // The reference's own links are deno doc's business.
  const dead = deadLinks(site).filter((line) => !line.startsWith("api/"));
  return [...dead, ...await missingFiles(site)];
}

/** Links into the repository, to files that it does not have. */
async function missingFiles(site: ReadonlyMap<string, string>): Promise<string[]> {
  const missing: string[] = [];
  for (const [page, text] of site) {
    for (const [, path] of text.matchAll(new RegExp(`href="${REPOSITORY}/blob/main/([^"#]*)`, "g"))) {
      const found = await Deno.stat(new URL(path!, ROOT)).then(() => true, () => false);
      if (!found) missing.push(`${page}: the repository has no ${path}`);
    }
  }
  return missing;
}

async function markdownFiles(): Promise<string[]> {
  const files: string[] = [];
  for (const folder of ["", "docs/", "docs/decisions/"]) {
    for await (const { name, isFile } of Deno.readDir(new URL(folder, ROOT))) {
      if (isFile && name.endsWith(".md")) files.push(folder + name);
    }
  }
  return files.sort();
}

async function copyPictures(folder: string, site: Map<string, string>): Promise<void> {
  for await (const { name } of Deno.readDir(new URL("docs/", ROOT))) {
    if (!/\.(svg|png)$/.test(name)) continue;
    for (const path of [name, `docs/${name}`]) {
      // The README is at the root of the repository, and names them with their folder.
      await Deno.copyFile(new URL(`docs/${name}`, ROOT), `${folder}/${path}`);
      site.set(path, "");
    }
  }
}

async function buildReference(folder: string): Promise<void> {
  const args = ["doc", "--html", "--name=corral", `--output=${folder}`, ...Object.values(library.exports)];
  const { success, stderr } = await new Deno.Command("deno", { args, cwd: ROOT, stdout: "null" }).output();
  if (!success) throw new Error(`Cannot build the reference: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  const folder = Deno.args[0] ?? "site";
  const dead = await buildSite(folder);
  for (const line of dead) console.error(line);
  console.log(`Site: ${folder}/index.html, ${dead.length} dead links`);
  if (dead.length > 0) Deno.exit(1);
}
