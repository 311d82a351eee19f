// deno-lint-ignore-file no-console
/**
 * Checks that everything which has a version has that of a tag.
 *
 *     deno run --allow-read=. scripts/check_version.ts v0.1.0
 */
import { PUBLISHED } from "./packaging/build_packages.ts";
import { VERSION } from "../src/wire/version.ts";

const ROOT = new URL("../", import.meta.url);

/** Lists what has another version, one line each. */
export async function findVersions(tag: string): Promise<string[]> {
  const wanted = tag.replace(/^v/, "");
  const faults = VERSION === wanted ? [] : [`src/wire/version.ts has ${VERSION}, wanted ${wanted}`];
  for (const folder of PUBLISHED) {
    const path = folder === "." ? "deno.json" : `${folder}/deno.json`;
    const { version, imports = {} } = JSON.parse(await Deno.readTextFile(new URL(path, ROOT)));
    if (version !== wanted) faults.push(`${path} has ${version}, wanted ${wanted}`);
    const library: string | undefined = imports["@corral/multiprocessing"];
    if (library !== undefined && library !== `jsr:@corral/multiprocessing@^${wanted}`) {
      faults.push(`${path} imports ${library}, wanted jsr:@corral/multiprocessing@^${wanted}`);
    }
  }
  return faults;
}

if (import.meta.main) {
  const [tag] = Deno.args;
  if (tag === undefined) throw new Error("Cannot check: no tag was given, wanted one like v0.1.0");
  const faults = await findVersions(tag);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
}
