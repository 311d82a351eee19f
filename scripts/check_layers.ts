/**
 * Checks that imports in the packages go one way, downwards, that there are no cycles, and that the library imports nothing
 * but itself: it must load from any `file:` or `http:` URL without a configuration.
 *
 *     deno run --allow-read=src,cli,cluster/src --allow-run=deno scripts/check_layers.ts
 *
 * With `--table` it prints the table of the library's folders that `docs/design.md` shows.
 *
 * The imports come from `deno info`, so that text in comments and strings is not mistaken for them.
 */
import { denoPath } from "./deno_path.ts";
import { type CheckedPackage, isSourceFolder, LAYERS, type Layers, layerTable, PACKAGES } from "./layers.ts";

/** Built-in modules that a layer may load on demand: no configuration is needed for them. */
const ON_DEMAND = [{ from: "child", specifier: "node:async_hooks" }, { from: "child", specifier: "node:net" }];

/** `import()` of a file that is needed late or never, and must be in the module graph, and so in the cache. */
const CACHE_ANCHORS = [{ from: "worker", to: "child/mod.ts" }];

/** One import, export or `import()` with a literal. `path` is within the source folder, if it leads there. */
export interface Import {
  /** The text of the import. */
  specifier: string;
  /** The file that is meant, relative to the source folder. */
  path?: string;
  /** Whether it is an `import()`. */
  dynamic: boolean;
}

/** The imports of each file, by its path relative to the source folder. */
export type Tree = Map<string, Import[]>;

/** Lists what breaks the rules, one line each. */
export function findViolations(tree: Tree, checked: Omit<CheckedPackage, "folder"> = PACKAGES[0]!): string[] {
  return [...tree].flatMap(([file, imports]) =>
    imports.flatMap((one) => {
      const fault = judge(layerOf(file, checked.layers), one, checked) ?? judgeWithin(file, one, checked.within);
      return fault ? [`${file}: imports "${one.specifier}": ${fault}`] : [];
    })
  ).concat(findCycles(tree).map((cycle) => `${cycle[0]}: import cycle: ${cycle.join(" → ")}`));
}

function judge(
  layer: string,
  { specifier, path, dynamic }: Import,
  { layers, kept = {}, mayImportPackages }: Omit<CheckedPackage, "folder">,
): string | undefined {
  const allowed = layers[layer];
  if (!allowed) return `"${layer}" is not in the table of layers`;
  if (!/^\.\.?\//.test(specifier)) {
    if (dynamic && ON_DEMAND.some((one) => one.from === layer && one.specifier === specifier)) return undefined;
    const keeper = Object.hasOwn(kept, specifier) ? kept[specifier]! : layer;
    if (keeper !== layer) return `only ${keeper} may import it`;
    return mayImportPackages ? undefined : "the library may import only its own files";
  }
  if (path === undefined) return "leads out of the source folder";
  const target = layerOf(path, layers);
  if (target === layer || allowed.includes(target) || allowed.includes(path.replace(/\.ts$/, ""))) return undefined;
  if (dynamic && CACHE_ANCHORS.some(({ from, to }) => from === layer && to === path)) return undefined;
  return `${layer} may import ${allowed.join(", ") || "nothing"}`;
}

/** Judges an import of another part of the folder that a sub-folder is in. */
function judgeWithin(file: string, { specifier, path }: Import, within: Layers): string | undefined {
  const [folder, part] = partOf(file);
  const allowed = Object.hasOwn(within, part) ? within[part]! : undefined;
  if (allowed === undefined || path === undefined || !specifier.startsWith(".")) return undefined;
  const [targetFolder, target] = partOf(path);
  if (targetFolder !== folder || target === part) return undefined;
  if (allowed.includes(target) || allowed.includes(path.replace(/\.ts$/, ""))) return undefined;
  return `of ${folder}, ${part} may import ${allowed.join(", ") || "nothing"}`;
}

/** The folder of a file, and the sub-folder in it: "." for a file that is in none. */
function partOf(path: string): [folder: string, part: string] {
  const [folder = "", ...rest] = path.split("/");
  return [folder, `${folder}/${rest.length > 1 ? rest[0] : "."}`];
}

/** The deepest folder above a file that has a line in the table, or else the uppermost. */
function layerOf(path: string, layers: Layers): string {
  const steps = path.replace(/\.ts$/, "").split("/");
  for (let depth = steps.length - 1; depth > 1; depth--) {
    const folder = steps.slice(0, depth).join("/");
    if (Object.hasOwn(layers, folder)) return folder;
  }
  return steps[0]!;
}

function findCycles(tree: Tree): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: string[]) => {
    const start = trail.indexOf(file);
    if (start >= 0) cycles.push([...trail.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    for (const { path, dynamic } of tree.get(file) ?? []) {
      if (path !== undefined && !dynamic) visit(path, [...trail, file]);
    }
    done.add(file);
  };
  for (const file of tree.keys()) visit(file, []);
  return cycles;
}

/** Reads the imports of every TypeScript file below the folder. */
export async function readTree(folder: URL): Promise<Tree> {
  const tree: Tree = new Map();
  for await (const path of sourceFiles(folder)) {
    if (!tree.has(path)) await readGraph(folder, path, tree);
  }
  return tree;
}

async function* sourceFiles(folder: URL, prefix = ""): AsyncIterable<string> {
  for await (const entry of Deno.readDir(new URL(prefix, folder))) {
    if (entry.isDirectory) yield* sourceFiles(folder, `${prefix}${entry.name}/`);
    else if (entry.name.endsWith(".ts")) yield prefix + entry.name;
  }
}

/** The part of the output of `deno info --json` that is used. */
interface Graph {
  modules: { specifier: string; error?: string; dependencies?: Dependency[] }[];
}

interface Dependency {
  specifier: string;
  code?: { specifier?: string };
  type?: { specifier?: string };
  isDynamic?: boolean;
}

async function readGraph(folder: URL, path: string, tree: Tree): Promise<void> {
  const { success, stdout } = await new Deno.Command(await denoPath(), {
    args: [
      "info",
      "--json",
      "--quiet",
      "--no-config",
      "--no-lock",
      "--no-remote",
      "--no-npm",
      `${new URL(path, folder)}`,
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot read the imports of ${path}: deno info failed`);
  const { modules }: Graph = JSON.parse(new TextDecoder().decode(stdout));
  for (const { specifier, error, dependencies = [] } of modules) {
    const file = within(folder, specifier);
    if (file === undefined) continue;
    if (error) throw new Error(`Cannot read the imports of ${file}: ${error}`);
    tree.set(file, dependencies.map((dependency) => toImport(folder, dependency)));
  }
}

function toImport(folder: URL, { specifier, code, type, isDynamic = false }: Dependency): Import {
  const path = within(folder, code?.specifier ?? type?.specifier ?? "");
  return { specifier, dynamic: isDynamic, ...(path !== undefined && { path }) };
}

function within(folder: URL, specifier: string): string | undefined {
  return specifier.startsWith(folder.href) ? decodeURI(specifier.slice(folder.href.length)) : undefined;
}

if (import.meta.main) {
  if (Deno.args.includes("--table")) {
    // deno-lint-ignore no-console
    console.log(layerTable(LAYERS, isSourceFolder));
    Deno.exit();
  }
  let files = 0;
  const violations: string[] = [];
  for (const checked of PACKAGES) {
    const tree = await readTree(new URL(`../${checked.folder}/`, import.meta.url));
    files += tree.size;
    violations.push(...findViolations(tree, checked).map((violation) => `${checked.folder}/${violation}`));
  }
  for (const violation of violations) {
    // deno-lint-ignore no-console
    console.error(violation);
  }
  // deno-lint-ignore no-console
  console.log(`Layers: ${files} files, ${violations.length} violations`);
  if (violations.length > 0) Deno.exit(1);
}
