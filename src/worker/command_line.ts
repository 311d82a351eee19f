/**
 * Builds the command line that starts one worker: `deno run <flags> data:<a line that loads the child's entry>`.
 *
 * The main module is a `data:` URL because such a module may import from `file:`, `http:` and `https:` alike, however
 * this library itself was loaded. It also keeps Deno from looking for a configuration in the current folder.
 */

import { findDeno, requireDenoVersion } from "./deno_executable.ts";
import { bareImportMap } from "./import_map.ts";
import { moduleFolder, nearestConfig, nearestPackageJson } from "./module_url.ts";
import { addToGrant, grantFlags, type Grants, isHeld, resolveDenials, resolveGrants } from "./permissions.ts";

/** What a worker is to be. */
export interface WorkerCommandOptions {
  /** The URL of the child's entry, which exports `serve(load?)`. */
  entryUrl: string;
  /** The URL of the user's module. */
  moduleUrl?: string | undefined;
  /**
   * How the user's module is loaded. A trusted one is part of the static graph: it needs no read permission, and it may
   * import any local file. An untrusted one is loaded at run time, and can import from its own folder only.
   *
   * @default {"trusted"}
   */
  trust?: "trusted" | "untrusted" | undefined;
  /** What the worker may do. @default {"none"} */
  permissions?: Deno.PermissionOptions | undefined;
  /** What the worker may not do, even where `permissions` grants it. @default nothing */
  deny?: Deno.PermissionOptionsObject | undefined;
  /** The URL from which the worker's configuration is looked for, upwards. @default {the module} */
  configOf?: string | undefined;
  /** Variables for the worker, which may read exactly these. `LD_*` and `DYLD_*` need an unscoped `--allow-run`. */
  env?: Record<string, string> | undefined;
  /** The folder the worker runs in. @default {the program's own} */
  cwd?: string | URL | undefined;
  /** Limit of the V8 heap, in MiB, at least 16. */
  memoryLimitMiB?: number | undefined;
  /** The Deno executable. */
  denoPath?: string | undefined;
  /** Lower-case letters and digits; workers with different keys share no `localStorage` and no `caches`. */
  storageKey: string;
}

/** A command line, ready for `Deno.Command` with `clearEnv`. */
export interface WorkerCommand {
  /** The executable. */
  readonly path: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** The whole environment of the worker. */
  readonly env: Record<string, string>;
  /** The folder it runs in; `undefined` for the program's own. */
  readonly cwd: string | URL | undefined;
}

const SMALLEST_HEAP_MIB = 16;

/** Where Deno fetches npm packages; `import` permissions do not govern that by themselves. */
const NPM_HOSTS = ["registry.npmjs.org", "registry.npmjs.org:443"];

// Where Deno keeps what it has cached, and by which registry; without these the cached modules are not found.
const DENO_VARIABLES = ["DENO_DIR", "HOME", "XDG_CACHE_HOME", "NPM_CONFIG_REGISTRY", "JSR_URL", "DENO_COVERAGE_DIR"];
const WINDOWS_VARIABLES = ["LOCALAPPDATA", "USERPROFILE", "SystemRoot", "SystemDrive", "windir", "TEMP", "TMP"];
const RUN_VARIABLES = ["PATH", "PATHEXT"];

/**
 * Builds the command line of a worker. Starts nothing, and never prompts.
 *
 * @throws {TypeError} If an option has a wrong type or form.
 * @throws {RangeError} If `memoryLimitMiB` is too small.
 * @throws {PermissionError} If a grant is larger than this program's own, or no Deno may be started.
 */
export function workerCommand(options: WorkerCommandOptions): WorkerCommand {
  requireDenoVersion();
  checkOptions(options);
  const grants = workerGrants(options);
  return {
    path: findDeno(options.denoPath),
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-lock",
      ...remoteFlags(options, grants),
      ...configFlags(options),
      // Storage belongs to an origin. Nothing is written for one unless its code stores something.
      `--location=http://${options.storageKey}.corral.invalid/`,
      ...(options.memoryLimitMiB === undefined ? [] : [`--v8-flags=--max-old-space-size=${options.memoryLimitMiB}`]),
      ...grantFlags(grants, resolveDenials(options.deny)),
      mainModule(options),
    ],
    env: workerEnv(options, grants),
    cwd: options.cwd,
  };
}

function checkOptions({ trust, env = {}, cwd, memoryLimitMiB, storageKey }: WorkerCommandOptions): void {
  if (trust !== undefined && trust !== "trusted" && trust !== "untrusted") {
    throw new TypeError(`Cannot use ${JSON.stringify(trust)} as trust: "trusted" or "untrusted" is wanted`);
  }
  if (!/^[a-z0-9]{1,63}$/.test(storageKey)) {
    throw new TypeError(
      `Cannot use ${JSON.stringify(storageKey)} as storage key: lower-case letters and digits are wanted`,
    );
  }
  if (
    cwd !== undefined && !(cwd instanceof URL && cwd.protocol === "file:") &&
    (typeof cwd !== "string" || cwd === "")
  ) {
    throw new TypeError(`Cannot use ${JSON.stringify(cwd)} as cwd: a path or a file: URL is wanted`);
  }
  checkMemoryLimit(memoryLimitMiB);
  checkEnv(env);
}

function checkMemoryLimit(limit: unknown): void {
  if (limit === undefined) return;
  if (typeof limit !== "number") {
    throw new TypeError(`Cannot use ${String(limit)} as memoryLimitMiB: a number of MiB is wanted`);
  }
  if (!Number.isSafeInteger(limit) || limit < SMALLEST_HEAP_MIB) {
    throw new RangeError(
      `Cannot use ${limit} as memoryLimitMiB: an integer of at least ${SMALLEST_HEAP_MIB} is wanted`,
    );
  }
}

function checkEnv(env: unknown): void {
  if (typeof env !== "object" || env === null || Array.isArray(env)) {
    throw new TypeError(`Cannot use ${String(env)} as env: an object of strings is wanted`);
  }
  for (const [name, value] of Object.entries(env)) {
    // A comma or an asterisk would change the meaning of --allow-env.
    if (!/^[^=,*\0]+$/.test(name)) {
      throw new TypeError(`Cannot set variable ${JSON.stringify(name)}: not a usable name`);
    }
    if (typeof value !== "string" || value.includes("\0")) {
      throw new TypeError(
        `Cannot set variable ${JSON.stringify(name)}: a string without NUL is wanted, not ${typeof value}`,
      );
    }
    if (name.toUpperCase() === "DENO_PERMISSION_BROKER_PATH") {
      throw new TypeError(
        `Cannot set variable "${name}": under a permission broker Deno ignores what a worker was granted`,
      );
    }
  }
}

function workerGrants({ entryUrl, moduleUrl, trust, permissions, env = {} }: WorkerCommandOptions): Grants {
  const grants = resolveGrants(permissions);
  // The values come from this program, so it gives away nothing that it does not hold.
  addToGrant(grants, "env", Object.keys(env));
  if (trust === "untrusted" && moduleUrl?.startsWith("file:")) {
    addToGrant(grants, "read", resolveGrants({ read: [moduleFolder(moduleUrl)] }).get("read") as string[]);
  }
  // A worker finds "deno" only on a PATH, which this program may not be able to pass on.
  const run = grants.get("run");
  if (run !== true && run?.includes("deno") && isHeld("run", Deno.execPath())) {
    addToGrant(grants, "run", [Deno.execPath()]);
  }
  // A list of hosts replaces Deno's own, and then even cached modules of other hosts are refused.
  if (grants.has("import")) addToGrant(grants, "import", remoteHosts(entryUrl, moduleUrl));
  return grants;
}

function remoteHosts(entryUrl: string, moduleUrl: string | undefined): string[] {
  const moduleHost = moduleUrl === undefined ? undefined : hostOf(moduleUrl);
  return [hostOf(entryUrl), moduleHost !== undefined && isHeld("import", moduleHost) ? moduleHost : undefined]
    .filter((host) => host !== undefined);
}

function hostOf(url: string): string | undefined {
  if (!isRemote(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

function isRemote(url: string | undefined): boolean {
  return url !== undefined && /^https?:/.test(url);
}

/**
 * Decides what a worker may load from elsewhere. Cached modules only, unless `import` is granted.
 *
 * An untrusted worker has no use even of those, but `--no-remote` would also bar an entry or a module that is itself
 * remote. Access to npm is no matter of `import` permissions in Deno: it is open with `import: true` or with
 * npm's registry among the hosts, and closed otherwise, lest a package's name carry data out.
 */
function remoteFlags({ entryUrl, moduleUrl, trust }: WorkerCommandOptions, grants: Grants): string[] {
  const hosts = grants.get("import");
  if (hosts === true) return [];
  if (hosts !== undefined) return hosts.some((host) => NPM_HOSTS.includes(host)) ? [] : ["--no-npm"];
  if (trust !== "untrusted") return ["--cached-only"];
  const needsRemote = isRemote(entryUrl) || isRemote(moduleUrl) || moduleUrl?.startsWith("jsr:");
  return [
    "--cached-only",
    ...(needsRemote ? [] : ["--no-remote"]),
    ...(moduleUrl?.startsWith("npm:") ? [] : ["--no-npm"]),
  ];
}

/**
 * Passes on the configuration of the user's module, and never one that happens to lie in the current folder.
 *
 * The configuration decides about `node_modules`. Where there is none, a `package.json` means a folder that npm made.
 */
function configFlags({ moduleUrl, configOf = moduleUrl, trust }: WorkerCommandOptions): string[] {
  if (configOf === undefined) return ["--no-config"];
  const config = nearestConfig(configOf);
  if (trust === "untrusted") return ["--no-config", ...importMapFlag(config)];
  if (config !== undefined) return [`--config=${config}`];
  return nearestPackageJson(configOf) === undefined ? ["--no-config"] : ["--no-config", "--node-modules-dir=manual"];
}

function importMapFlag(config: string | undefined): string[] {
  const map = config === undefined ? undefined : bareImportMap(config);
  return map === undefined ? [] : [`--import-map=${map}`];
}

function mainModule({ entryUrl, moduleUrl, trust }: WorkerCommandOptions): string {
  const source = `import{serve}from${JSON.stringify(entryUrl)};${serveCall(moduleUrl, trust)}`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

function serveCall(moduleUrl: string | undefined, trust: WorkerCommandOptions["trust"]): string {
  if (moduleUrl === undefined) return "serve();";
  const url = JSON.stringify(moduleUrl);
  // Deno adds the argument of import() to the static graph only where it is a literal.
  return trust === "untrusted" ? `const url=${url};serve(()=>import(url));` : `serve(()=>import(${url}));`;
}

function workerEnv({ env = {} }: WorkerCommandOptions, grants: Grants): Record<string, string> {
  const names = [
    ...DENO_VARIABLES,
    ...(Deno.build.os === "windows" ? WINDOWS_VARIABLES : []),
    ...(grants.has("run") ? RUN_VARIABLES : []),
  ];
  return { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...readableVariables(names), ...env };
}

function readableVariables(names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    if (!isHeld("env", name)) continue;
    const value = Deno.env.get(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}
