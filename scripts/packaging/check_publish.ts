/**
 * Checks that each package could be published as `deno task package` has made it, by a dry run of `deno publish` in its folder; that what
 * would be published has no `links`, which Deno takes in the root of a workspace only; and that no page in it has links to
 * files which are not in it. (JSR shows the comment of `mod.ts` where there is no README: ours leads to the repository's files.)
 *
 *     deno run --allow-read=. --allow-run=deno scripts/packaging/check_publish.ts
 */
import { PUBLISHED } from "./build_packages.ts";
import { denoPath } from "../deno_path.ts";

const PACKAGES = new URL("../../dist/", import.meta.url);

async function isPublishable(folder: string): Promise<boolean> {
  const { success } = await new Deno.Command(await denoPath(), {
    // The types of the sources have been checked where these lie.
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check", "--quiet"],
    cwd: new URL(`${folder}/`, PACKAGES),
  }).spawn().status;
  return success;
}

async function hasLinks(folder: string): Promise<boolean> {
  return "links" in JSON.parse(await Deno.readTextFile(new URL(`${folder}/deno.json`, PACKAGES)));
}

/** The links of published pages that lead nowhere, one line each. */
async function deadLinks(folder: string): Promise<string[]> {
  const { publish } = JSON.parse(await Deno.readTextFile(new URL(`${folder}/deno.json`, PACKAGES)));
  const included: string[] = publish.include;
  const isThere = (target: string) => included.some((path) => target === path || target.startsWith(`${path}/`));
  const pages = await Promise.all(
    included.filter((path) => path.endsWith(".md")).map(async (path) => {
      const text = await Deno.readTextFile(new URL(`${folder}/${path}`, PACKAGES));
      const targets = Array.from(
        text.matchAll(/\]\((?!https?:|#)([^)#]+)/g),
        ([, target]) => target!.replace(/^\.\//, ""),
      );
      return targets.filter((target) => !isThere(target)).map((target) => `${folder}/${path} links to ${target}`);
    }),
  );
  return pages.flat();
}

if (import.meta.main) {
  let isGood = true;
  for (const folder of PUBLISHED) {
    if (await hasLinks(folder)) {
      // deno-lint-ignore no-console
      console.error(`Cannot publish ${folder}: its deno.json has links, wanted none`);
      isGood = false;
    }
    for (const link of await deadLinks(folder)) {
      // deno-lint-ignore no-console
      console.error(`Cannot publish ${folder}: ${link}, which is not published`);
      isGood = false;
    }
    isGood = await isPublishable(folder) && isGood;
  }
  if (!isGood) Deno.exit(1);
}
