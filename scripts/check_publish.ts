/**
 * Checks that each package could be published as it lies here, by a dry run of `deno publish` in its folder, and that what
 * would be published has no `links`, which Deno takes in the root of a workspace only.
 *
 *     deno run --allow-read=. --allow-run=deno scripts/check_publish.ts
 */

/** The folders of the packages that are published, below the root, in the order in which they must be. */
export const PUBLISHED = [".", "cli", "cluster"];

const ROOT = new URL("../", import.meta.url);

async function isPublishable(folder: string): Promise<boolean> {
  const execPath = Deno.execPath();
  const { state } = await Deno.permissions.query({ name: "run", command: execPath });
  const { success } = await new Deno.Command(state === "granted" ? execPath : "deno", {
    args: ["publish", "--dry-run", "--allow-dirty", "--quiet"],
    cwd: new URL(`${folder}/`, ROOT),
  }).spawn().status;
  return success;
}

async function hasLinks(folder: string): Promise<boolean> {
  return "links" in JSON.parse(await Deno.readTextFile(new URL(`${folder}/deno.json`, ROOT)));
}

if (import.meta.main) {
  let isGood = true;
  for (const folder of PUBLISHED) {
    if (await hasLinks(folder)) {
      // deno-lint-ignore no-console
      console.error(`Cannot publish ${folder}: its deno.json has links, wanted none`);
      isGood = false;
    }
    isGood = await isPublishable(folder) && isGood;
  }
  if (!isGood) Deno.exit(1);
}
