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

/**
 * What each folder of a package, and each file beside them, may import of it. A new folder needs a line here; a sub-folder that has one,
 * such as "pool/scheduling", is a layer of its own, apart from the rest of its folder. What may be imported is a layer, or one
 * file of a layer, without ".ts".
 */
export type Layers = Readonly<Record<string, readonly string[]>>;

/** The library, `src/`. */
export const LAYERS: Layers = {
  troubles: [],
  require_deno: ["troubles"],
  copies: [],
  errors: ["copies"],
  abort: [],
  shown: [],
  deque: [],
  timer: ["abort", "shown", "deno_internals"],
  option_checks: ["shown"],
  colors: [],
  duration_histogram: [],
  dashboard: ["duration_histogram", "option_checks", "shown", "timer", "errors"],
  printing: ["copies"],
  line_printer: [],
  progress: [
    "require_deno",
    "duration_histogram",
    "printing",
    "line_printer",
    "option_checks",
    "shown",
    "timer",
    "pool",
  ],
  trace_file: ["pool", "wire", "option_checks", "shown"],
  tracing: ["wire"],
  deno_internals: [],
  library_folder: [],
  own_process: [],
  wire: ["errors", "copies", "troubles"],
  hub: ["abort", "deque", "shown", "wire", "timer", "errors", "copies"],
  child: ["hub", "wire", "own_process", "timer", "errors", "colors", "deno_internals", "troubles"],
  handles: ["manager", "channels", "sync", "hub"],
  worker: [
    "option_checks",
    "shown",
    "tracing",
    "printing",
    "line_printer",
    "hub",
    "wire",
    "own_process",
    "timer",
    "errors",
    "colors",
    "deno_internals",
    "library_folder",
    "troubles",
  ],
  pool: [
    "require_deno",
    "pool/jobs",
    "pool/local",
    "dashboard",
    "duration_histogram",
    "tracing",
    "abort",
    "option_checks",
    "shown",
    "handles",
    "deque",
    "hub",
    "worker",
    "wire",
    "own_process",
    "timer",
    "errors",
    "library_folder",
    "printing",
    "copies",
  ],
  "pool/jobs": ["pool", "abort", "deque", "shown", "wire", "errors"],
  "pool/local": ["pool", "pool/scheduling", "handles", "hub", "worker", "wire", "timer", "errors"],
  // Pure, so that tests can run it in simulated time.
  "pool/scheduling": ["deque", "errors"],
  process: [
    "require_deno",
    "option_checks",
    "shown",
    "tracing",
    "printing",
    "handles",
    "hub",
    "worker",
    "wire",
    "own_process",
    "timer",
    "errors",
    "copies",
  ],
  sync: ["require_deno", "hub", "wire", "shown", "timer", "errors", "copies"],
  channels: ["require_deno", "hub", "deque", "wire", "shown", "timer", "errors"],
  manager: ["require_deno", "channels", "sync", "hub", "worker", "wire", "shown", "timer", "errors", "copies"],
  backend: ["require_deno", "pool", "worker", "wire"],
  ahead: ["require_deno", "option_checks", "worker"],
  futures: [
    "require_deno",
    "pool",
    "pool/jobs",
    "worker",
    "wire",
    "option_checks",
    "shown",
    "timer",
    "errors",
    "copies",
  ],
};

/** The command, `cli/`. */
export const CLI_LAYERS: Layers = {
  "deno.json": [],
  errors: [],
  runner: [],
  files: ["errors"],
  options: ["files", "errors"],
  records: ["runner", "errors"],
  input: ["records", "runner", "options", "files", "errors"],
  observers: ["records", "options", "files", "errors"],
  output: ["observers", "records", "runner", "options", "files", "errors"],
  joblog: ["output", "input", "observers", "records", "runner", "options", "files", "errors"],
  run: ["output", "input", "observers", "records", "options", "runner", "errors"],
  cluster: ["run", "output", "observers", "records", "runner", "options", "files", "errors", "deno.json"],
  session: [
    "deno.json",
    "cluster",
    "runner",
    "run",
    "joblog",
    "output",
    "input",
    "observers",
    "records",
    "options",
    "files",
    "errors",
  ],
  command: ["session", "cluster", "observers", "options", "runner", "files", "errors", "deno.json"],
  main: ["command"],
};

/** Pools on many machines, `cluster/src/`. Only `bullmq` may know the engine. */
export const CLUSTER_LAYERS: Layers = {
  corral: [],
  clock: [],
  names: [],
  message: ["corral"],
  broker: ["message"],
  bullmq: ["broker", "message", "names", "clock"],
  client: ["bullmq", "broker", "message", "names", "clock", "corral"],
  agent: ["bullmq", "message", "names", "clock", "corral"],
};

/** A package that is checked. */
export interface CheckedPackage {
  /** Its folder, below the root of the repository. */
  readonly folder: string;
  readonly layers: Layers;
  /** Whether it may import packages, and files that are not its own: a library may not. */
  readonly mayImportPackages: boolean;
}

/** All packages of the workspace. */
export const PACKAGES: readonly CheckedPackage[] = [
  { folder: "src", layers: LAYERS, mayImportPackages: false },
  { folder: "cli", layers: CLI_LAYERS, mayImportPackages: true },
  { folder: "cluster/src", layers: CLUSTER_LAYERS, mayImportPackages: true },
];

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

/** The table of folders, as Markdown. Layers that are one file beside the folders are left out. */
export function layerTable(layers: Layers, isFolder: (layer: string) => boolean): string {
  const rows = Object.entries(layers).filter(([layer]) => isFolder(layer)).map(([layer, allowed]) =>
    `| \`${layer}\` | ${allowed.join(", ")} |`
  );
  return ["| folder | may import |", "| --- | --- |", ...rows].join("\n");
}

/** Whether a layer is a folder of `src/`, not a file. */
export function isSourceFolder(layer: string): boolean {
  try {
    return Deno.statSync(new URL(`../src/${layer}`, import.meta.url)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Lists what breaks the rules, one line each. */
export function findViolations(tree: Tree, checked: Omit<CheckedPackage, "folder"> = PACKAGES[0]!): string[] {
  return [...tree].flatMap(([file, imports]) =>
    imports.flatMap((one) => {
      const fault = judge(layerOf(file, checked.layers), one, checked);
      return fault ? [`${file}: imports "${one.specifier}": ${fault}`] : [];
    })
  ).concat(findCycles(tree).map((cycle) => `${cycle[0]}: import cycle: ${cycle.join(" → ")}`));
}

function judge(
  layer: string,
  { specifier, path, dynamic }: Import,
  { layers, mayImportPackages }: Omit<CheckedPackage, "folder">,
): string | undefined {
  const allowed = layers[layer];
  if (!allowed) return `"${layer}" is not in the table of layers`;
  if (!/^\.\.?\//.test(specifier)) {
    if (dynamic && ON_DEMAND.some((one) => one.from === layer && one.specifier === specifier)) return undefined;
    return mayImportPackages ? undefined : "the library may import only its own files";
  }
  if (path === undefined) return "leads out of the source folder";
  const target = layerOf(path, layers);
  if (target === layer || allowed.includes(target) || allowed.includes(path.replace(/\.ts$/, ""))) return undefined;
  if (dynamic && CACHE_ANCHORS.some(({ from, to }) => from === layer && to === path)) return undefined;
  return `${layer} may import ${allowed.join(", ") || "nothing"}`;
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
  const execPath = Deno.execPath();
  const { state } = await Deno.permissions.query({ name: "run", command: execPath });
  const { success, stdout } = await new Deno.Command(state === "granted" ? execPath : "deno", {
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
