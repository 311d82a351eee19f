// deno-lint-ignore-file no-console
/**
 * Makes what is published: each package with its sources, and beside them what these make in few files, which programs load.
 *
 *     deno task package     makes it in dist/, which is a workspace as this one is; this script can be given another folder
 *
 * The sources say what the types are, and the documentation. To run them, Deno would look up, check and read some 260 files, and what it made
 * of each, at every start of a program. See `docs/decisions/packages.md`.
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The folders of the packages that are published, below the root, in the order in which they must be. */
export const PUBLISHED = [".", "cli", "cluster"];

/** Where the files that programs load lie in a package. Places that are relative to a folder of `cli/` mean the same there. */
const BUILT = "built";

/** What says in other runtimes what is wanted: the sources that import it do so before all else, which the bundler does not keep up. */
const FIRST = "./src/require_deno.ts";

/** What does not belong to a package, though it may lie in its folder. */
const LEFT_OUT = [BUILT, "node_modules", "tests", "soak"];

/** What of a `deno.json` is needed here. */
interface Config {
  readonly exports: string | Readonly<Record<string, string>>;
  readonly exclude?: readonly string[];
  readonly imports?: Readonly<Record<string, string>>;
  readonly publish: { readonly include: readonly string[] };
  readonly workspace?: readonly string[];
}

/**
 * Makes the packages in a folder that is not there yet.
 *
 * @throws {Error} If Deno's bundler, which it gets from npm, cannot be had or fails.
 */
export async function buildPackages(target: string): Promise<void> {
  for (const folder of PUBLISHED) await buildPackage(join(ROOT, folder), join(target, folder));
  // `deno publish` wants to see all members of a workspace: the stand-ins of @std are some.
  const { workspace = [] } = await readConfig(ROOT);
  const others = workspace.filter((member) => !PUBLISHED.includes(member.slice("./".length)));
  for (const member of others) await copy(join(ROOT, member), join(target, member));
}

async function readConfig(folder: string): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(join(folder, "deno.json")));
}

async function buildPackage(folder: string, target: string): Promise<void> {
  const config = await readConfig(folder);
  const { include } = config.publish;
  // A pattern is for `deno publish`, which finds in the copy what it would find here.
  for (const path of include.some((path) => path.includes("*")) ? ["."] : include) {
    await copy(join(folder, path), join(target, path));
  }
  const sources = typeof config.exports === "string" ? [config.exports] : Object.values(config.exports);
  const first = await importedFirst(folder, sources);
  // Other packages stay imports, under the names that `deno publish` resolves.
  const external = Object.keys(config.imports ?? {}).flatMap((name) => [name, `${name}/*`]);
  await bundle({
    cwd: folder,
    sources: first.length > 0 ? [...sources, FIRST] : sources,
    external,
    outdir: join(target, BUILT),
  });
  for await (const { name } of Deno.readDir(join(target, BUILT))) {
    if (name.endsWith(".js")) {
      await rewrite(join(target, BUILT, name), (text) => knowingItsPlace(withClassNames(text), name));
    }
  }
  for (const source of sources) await completeEntry(target, source, first.includes(source));
  await Deno.writeTextFile(join(target, "deno.json"), `${JSON.stringify(builtConfig(config), null, 2)}\n`);
}

/** Copies a file, or what belongs to a package in a folder. */
async function copy(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  await Deno.mkdir(isDirectory ? to : dirname(to), { recursive: true });
  if (!isDirectory) return await Deno.copyFile(from, to);
  for await (const { name } of Deno.readDir(from)) {
    if (!LEFT_OUT.includes(name)) await copy(`${from}/${name}`, `${to}/${name}`);
  }
}

/** A class that names itself in its body gets an underscore from the bundler, which users would read in stacks and in `constructor.name`. */
export function withClassNames(text: string): string {
  return text.matchAll(/^var (\w+) = class _\1\b/gm).reduce(
    (result, [, name]) => result.replaceAll(new RegExp(`(?<![\\w$.])_${name}(?![\\w$])`, "g"), name!),
    text,
  );
}

/** `src/library_folder.ts` tells by its own name which files are the library's: here it stands in a file of another name. */
function knowingItsPlace(text: string, name: string): string {
  return text.replace('"/src/library_folder.ts"', `"/${BUILT}/${name}"`);
}

/** Those of the sources that import {@linkcode FIRST}. */
async function importedFirst(folder: string, sources: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(sources.map((source) => Deno.readTextFile(join(folder, source))));
  return sources.filter((_, index) => texts[index]!.includes(`/${FIRST.slice(FIRST.lastIndexOf("/") + 1)}";`));
}

/** Has a file that programs load tell Deno and JSR that its types are those of its source, and load first what its source loads first. */
async function completeEntry(target: string, source: string, importsFirst: boolean): Promise<void> {
  const path = builtPath(source);
  const up = "../".repeat(path.split("/").length - 2);
  const head = [
    `/* @ts-self-types="${up}${source.slice("./".length)}" */`,
    ...(importsFirst ? [`import "${up}${builtPath(FIRST).slice("./".length)}";`] : []),
  ];
  await rewrite(join(target, path), (text) => [...head, text].join("\n"));
}

async function rewrite(path: string, change: (text: string) => string): Promise<void> {
  await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
}

/** `./src/pool/mod.ts` becomes `./built/src/pool/mod.js`. */
function builtPath(source: string): string {
  return `./${BUILT}/${source.slice("./".length).replace(/\.ts$/, ".js")}`;
}

/** The `deno.json` of a package whose exports are the files that programs load. */
export function builtConfig({ exclude: _, ...config }: Config): Config {
  const { exports, publish } = config;
  return {
    ...config,
    exports: typeof exports === "string"
      ? builtPath(exports)
      : Object.fromEntries(Object.entries(exports).map(([name, source]) => [name, builtPath(source)])),
    publish: { ...publish, include: [...publish.include, BUILT] },
  };
}

if (import.meta.main) {
  const target = resolve(Deno.args[0] ?? join(ROOT, "dist"));
  await Deno.remove(target, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await buildPackages(target);
  console.log(`The packages are in ${target}; "deno publish" in it, then in its cli and its cluster, publishes them`);
}
