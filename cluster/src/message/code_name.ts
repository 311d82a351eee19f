/**
 * The name of code: what an order is addressed to, in place of a file that the agent's machine may have elsewhere.
 *
 * It is the hash of the module graph, so that an agent with other code never sees the order, and no error of versions can use up a retry.
 */
import { sha256 } from "./letter.ts";

const HASH_DIGITS = 16;
const SIMPLE_FILE = /^[A-Za-z0-9._-]{1,40}$/;
/** With the runner of `corral map` in front, there are three parts. What an agent says of itself has little room for them. */
const CODE_VERSION = /^(?=.{1,128}$)[A-Za-z0-9._-]{1,64}(@[A-Za-z0-9._-]{1,64}){0,2}$/;

/** The part of the output of `deno info --json` that is used. */
export interface ModuleGraph {
  readonly roots: readonly string[];
  readonly redirects?: Readonly<Record<string, string>>;
  readonly modules: readonly GraphModule[];
}

interface GraphModule {
  readonly specifier: string;
  /** Why it cannot be loaded. */
  readonly error?: string;
  readonly dependencies?: readonly {
    /** What it is when the code runs; nothing for types alone. */
    readonly code?: { readonly specifier?: string };
    /** Loaded by `import()` alone. */
    readonly isDynamic?: boolean;
  }[];
}

/** Reads the source of a local module. */
export type ReadSource = (url: string) => Promise<Uint8Array>;

/**
 * The code name of a module graph.
 *
 * Of local modules the path below their common folder and the hash of the source count, so that two machines may have the project in
 * different places; of all others the resolved specifier, which names a version. Where only an `import()` asks for a module, or types are all that
 * is wanted of it, it may be missing: programs run without it, and that it is missing is a part of the name.
 */
export async function codeNameOf(graph: ModuleGraph, read: ReadSource): Promise<string> {
  const wanted = loadedAtOnce(graph);
  const broken = graph.modules.find(({ specifier, error }) => error !== undefined && wanted.has(specifier));
  if (broken !== undefined) throw new Error(`Cannot name the code: ${broken.specifier}: ${broken.error}`);
  const specifiers = graph.modules.map(({ specifier }) => specifier);
  const local = specifiers.filter((specifier) => specifier.startsWith("file:")).sort();
  const folder = commonFolder(local);
  const [root] = graph.roots;
  const lines = [`root ${relativeTo(folder, graph.redirects?.[root!] ?? root!)}`];
  const missing = new Set(missingModules(graph));
  for (const specifier of local) {
    const hash = missing.has(specifier) ? "missing" : sha256(await read(specifier));
    lines.push(`${hash} ${relativeTo(folder, specifier)}`);
  }
  lines.push(...specifiers.filter((specifier) => !specifier.startsWith("file:")).sort());
  return sha256(lines.join("\n")).slice(0, HASH_DIGITS);
}

/** The modules of a graph that cannot be loaded. */
export function missingModules({ modules }: ModuleGraph): string[] {
  return modules.filter(({ error }) => error !== undefined).map(({ specifier }) => specifier);
}

/** What is loaded before a line of the module runs. */
function loadedAtOnce({ roots, redirects = {}, modules }: ModuleGraph): ReadonlySet<string> {
  const known = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set<string>();
  const find = (specifier: string): void => void found.add(redirects[specifier] ?? specifier);
  roots.forEach(find);
  // It grows meanwhile.
  for (const specifier of found) {
    for (const { code, isDynamic } of known.get(specifier)?.dependencies ?? []) {
      if (code?.specifier !== undefined && isDynamic !== true) find(code.specifier);
    }
  }
  return found;
}

/**
 * The code name of a module: a hash of its module graph, by `deno info`.
 *
 * @param moduleUrl The URL of the module.
 * @param deno The command to run, such as `findDeno()` gives.
 * @param config The path of the `deno.json` for its imports. @default none
 * @param signal Ends it. @default none
 * @returns 16 hexadecimal digits.
 * @throws {Error} If `deno info` fails or was ended, or a module that is imported by a statement cannot be loaded.
 */
export async function codeNameOfModule(
  moduleUrl: string,
  deno: string,
  config?: string,
  signal?: AbortSignal,
): Promise<string> {
  return await codeNameOf(await moduleGraph(moduleUrl, deno, config, signal), (url) => Deno.readFile(new URL(url)));
}

/** What `deno info` says of a module. Throws what `codeNameOfModule` throws. */
export async function moduleGraph(
  moduleUrl: string,
  deno: string,
  config?: string,
  signal?: AbortSignal,
): Promise<ModuleGraph> {
  const { success, stdout, stderr } = await new Deno.Command(deno, {
    args: ["info", "--json", "--quiet", ...(config === undefined ? [] : ["--config", config]), moduleUrl],
    env: { NO_COLOR: "1" },
    // Without a deno.json, what Deno finds from the module's folder upwards decides, such as a package.json: not what lies where we were started.
    ...(config === undefined && moduleUrl.startsWith("file:") && { cwd: new URL(".", moduleUrl) }),
    stdout: "piped",
    stderr: "piped",
    ...(signal && { signal }),
  }).output();
  if (!success) {
    throw new Error(
      `Cannot name the code of ${moduleUrl}: deno info failed, ${new TextDecoder().decode(stderr).trim()}`,
    );
  }
  return JSON.parse(new TextDecoder().decode(stdout));
}

/**
 * The code name of a module that goes by a version, such as `tasks@1f3c9a`: its file is a part of the name, since a version stands for all modules of
 * a project, and an agent of one would run exports of another that have the same names. A version with a `@` has that part already.
 *
 * @param version What the operator calls the code.
 * @param moduleUrl The URL of the module. Its folder and its extension do not count: they may differ between machines.
 * @returns The name.
 */
export function codeNameOfVersion(version: string, moduleUrl: string): string {
  if (version.includes("@")) return version;
  const file = new URL(moduleUrl).pathname.replace(/^.*\//s, "").replace(/\.[^.]*$/, "");
  return `${SIMPLE_FILE.test(file) ? file : sha256(file).slice(0, HASH_DIGITS)}@${version}`;
}

/** Checks a `codeVersion`, which users know by a name of its own. Throws TypeError. */
export function checkCodeVersion(version: string, name = "codeVersion"): string {
  if (CODE_VERSION.test(version)) return version;
  throw new TypeError(
    `Cannot use ${
      JSON.stringify(version)
    } as ${name}: 1 to 64 letters, digits, ".", "_" or "-" are wanted, such as a git commit; ` +
      `or with the name of the module in front, such as "tasks@1f3c9a", where its file has another name elsewhere`,
  );
}

function commonFolder(urls: readonly string[]): string {
  let folder = new URL(".", urls[0] ?? "file:///").href;
  while (!urls.every((url) => url.startsWith(folder))) {
    const above = new URL("..", folder).href;
    // There is none above: on Windows, files may lie on several drives, or machines.
    if (above === folder) return "file://";
    folder = above;
  }
  return folder;
}

function relativeTo(folder: string, specifier: string): string {
  return specifier.startsWith(folder) ? specifier.slice(folder.length) : specifier;
}
