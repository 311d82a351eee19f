/**
 * Checks that the package could be published, by a dry run on a copy of it.
 *
 *     deno run --allow-read --allow-write=<temporary folder> --allow-run=deno scripts/check_publish.ts
 *
 * Deno takes the linked stand-ins of `offline/std` for modules that the package lost, as long as they lie in its folder.
 * So the copy has them beside it.
 */

const ROOT = new URL("../", import.meta.url);

/** What is read of the configuration. */
interface Config {
  links: string[];
  publish: { include: string[] };
}

async function copy(from: URL, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(new URL(`${name}`, `${from}/`), `${to}/${name}`);
}

async function checkIn(folder: string): Promise<boolean> {
  const config: Config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  await Deno.mkdir(`${folder}/package`);
  for (const path of config.publish.include) await copy(new URL(path, ROOT), `${folder}/package/${path}`);
  for (const link of config.links) await copy(new URL(link, ROOT), `${folder}/${link}`);
  const links = config.links.map((link) => link.replace("./", "../"));
  await Deno.writeTextFile(`${folder}/package/deno.json`, JSON.stringify({ ...config, links }));
  const execPath = Deno.execPath();
  const { state } = await Deno.permissions.query({ name: "run", command: execPath });
  const { success } = await new Deno.Command(state === "granted" ? execPath : "deno", {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-lock", "--quiet"],
    cwd: `${folder}/package`,
  }).spawn().status;
  return success;
}

const folder = await Deno.makeTempDir({ prefix: "corral-publish-" });
let published: boolean;
try {
  published = await checkIn(folder);
} finally {
  await Deno.remove(folder, { recursive: true });
}
if (!published) Deno.exit(1);
