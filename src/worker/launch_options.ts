import { DEFAULT_MAX_FRAME_BYTES } from "../wire/framing/frame_format.ts";
import { checkForm, withAbsolutePaths } from "./permissions/permissions.ts";
import { absolutePath, fileUrlToPath, isReadable, moduleUrl } from "./project/module_url.ts";
import type { OptionChecks } from "../option_checks.ts";
import { shown } from "../shown.ts";

// A worker must be able to say what went wrong, with a stack.
const MIN_FRAME_BYTES = 8 * 1024;
const MAX_FRAME_BYTES = 2 ** 31;
const SMALLEST_HEAP_MIB = 16;

/** How a worker process is started, and what it may do: the options that a pool and a process share. */
export interface WorkerLaunchOptions {
  /** The module whose exports run there: a URL, an absolute path, or `import.meta`. Loaded once in each process, before all else. @default none */
  module?: string | URL | ImportMeta;
  /**
   * What it may do; the shape is that of `Worker`'s `deno.permissions`. A key that is left out grants nothing, relative paths count from
   * this program's working directory, and nothing that this program does not hold itself can be granted. With `run` it can
   * start processes and pools of its own. @default "none"
   */
  permissions?: Deno.PermissionOptions;
  /** What it may not do, even where `permissions` grants it: `true` or a list for each kind. @default nothing */
  deny?: Deno.PermissionOptionsObject;
  /** Its environment variables, which it may read and set; there are no others. @default none */
  env?: Record<string, string>;
  /** Its working directory: a path or a `file:` URL. @default this program's */
  cwd?: string | URL;
  /** A file or folder; the `deno.json` for its imports is looked for in that folder, or the file's, and above. @default the module */
  configOf?: string | URL;
  /** "exports": of what is sent only exports of the module and built-ins run; no text is compiled. @default "any" */
  functions?: "any" | "exports";
  /**
   * Whether it loads from elsewhere only what the lock file near its `deno.json` pins, if there is one. `false` ignores the lock file, which
   * `permissions.import` needs for what is not in it. Neither ever writes one. @default true
   */
  frozen?: boolean;
  /**
   * "untrusted": the module and what it imports must lie in its own folder. It may read only that folder, and only the files that are there
   * when its worker starts. No link may lead out of it. @default "trusted"
   */
  trust?: "trusted" | "untrusted";
  /**
   * Whether it may use `localStorage`, `caches` and `Deno.openKv()` without a path. They write to Deno's own folder, without a permission and
   * without a limit. What is kept there is private to the pool or process, and stays when it has ended. @default false
   */
  storage?: boolean;
  /**
   * Whether `permissions.write` may cover what workers run: Deno, its cache, this library, a folder of the PATH, and for a trusted
   * module itself, its `deno.json`, its import map and its lock file. Code that can write there can read every file. @default false
   */
  dangerouslyWritableCode?: boolean;
  /** The `deno` to run. @default the one that runs this program, or the `deno` that it may run */
  denoPath?: string;
  /**
   * MiB that it may use beyond an idle one, on the V8 heap or outside it: a whole number from 16. What needs more rejects with
   * `OutOfMemoryError`.
   * @default no limit
   */
  memoryLimitMiB?: number;
  /** Milliseconds between SIGTERM and SIGKILL when it is ended; `Infinity` never sends SIGKILL. @default 250 */
  killGraceMs?: number;
  /**
   * Largest message to or from it, in bytes, from 8 KiB to 2 GiB; what is larger rejects with `PayloadTooLargeError`. It also bounds what its
   * messages cost this program: values take about that much memory at most, or a quarter of the program's heap if that is less, and one
   * string at most an eighth of it (or 32 MiB, if that is more). @default 256 MiB
   */
  maxFrameBytes?: number;
}

/** {@linkcode WorkerLaunchOptions}, checked, with every default filled in. */
export interface ResolvedLaunchOptions {
  /** The URL of the user's module. */
  readonly moduleUrl: string | undefined;
  readonly permissions: Deno.PermissionOptions;
  readonly deny: Deno.PermissionOptionsObject | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | URL | undefined;
  /** The URL from which the configuration is looked for, upwards; `undefined` for the module's. */
  readonly configOf: string | undefined;
  readonly functions: "any" | "exports";
  readonly frozen: boolean;
  readonly trust: "trusted" | "untrusted";
  readonly storage: boolean;
  readonly dangerouslyWritableCode: boolean;
  readonly denoPath: string | undefined;
  readonly memoryLimitMiB: number | undefined;
  readonly killGraceMs: number;
  readonly maxFrameBytes: number;
}

/** The names of {@linkcode WorkerLaunchOptions}. */
export const LAUNCH_OPTIONS: Record<keyof WorkerLaunchOptions, true> = {
  module: true,
  permissions: true,
  deny: true,
  env: true,
  cwd: true,
  configOf: true,
  functions: true,
  frozen: true,
  trust: true,
  storage: true,
  dangerouslyWritableCode: true,
  denoPath: true,
  memoryLimitMiB: true,
  killGraceMs: true,
  maxFrameBytes: true,
};

/**
 * Checks how workers are to be started, and fills in the defaults. What only the running program can tell, whether it holds what it
 * grants, is checked when the command line is made.
 *
 * @throws {TypeError} If an option has a wrong type or form.
 * @throws {RangeError} If a number is out of its range.
 */
export function resolveLaunchOptions(options: WorkerLaunchOptions, checks: OptionChecks): ResolvedLaunchOptions {
  const { module, permissions = "none", deny, env = {}, cwd, configOf, denoPath } = options;
  checkForm(permissions);
  checkForm(deny);
  return {
    moduleUrl: module === undefined ? undefined : moduleUrl(module),
    permissions: withAbsolutePaths(permissions),
    deny: withAbsolutePaths(deny),
    env: checkedEnv(env, checks),
    cwd: checkedCwd(cwd, checks),
    configOf: configOf === undefined ? undefined : placeUrl(configOf),
    functions: checks.choice("functions", options.functions, ["any", "exports"]),
    frozen: checks.flag("frozen", options.frozen) ?? true,
    trust: checks.choice("trust", options.trust, ["trusted", "untrusted"]),
    storage: checks.flag("storage", options.storage) ?? false,
    dangerouslyWritableCode: checks.flag("dangerouslyWritableCode", options.dangerouslyWritableCode) ?? false,
    denoPath: checkedDenoPath(denoPath, checks),
    memoryLimitMiB: checkedMemoryLimit(options.memoryLimitMiB, checks),
    killGraceMs: checks.duration("killGraceMs", options.killGraceMs) ?? 250,
    maxFrameBytes: checks.within(
      "maxFrameBytes",
      options.maxFrameBytes,
      DEFAULT_MAX_FRAME_BYTES,
      MIN_FRAME_BYTES,
      MAX_FRAME_BYTES,
    ),
  };
}

/** A folder is looked into: as the file that it is not, what lies in it would be passed by. */
function placeUrl(place: string | URL): string {
  const url = moduleUrl(place);
  const isFolder = url.startsWith("file:") && isReadable(fileUrlToPath(new URL(url)), "isDirectory");
  return isFolder ? new URL(`${new URL(url).pathname.replace(/\/$/, "")}/`, url).href : url;
}

function checkedCwd(cwd: unknown, checks: OptionChecks): string | URL | undefined {
  // What import.meta.resolve() makes; Deno would take it for a path.
  if (typeof cwd === "string" && /^file:/i.test(cwd) && URL.canParse(cwd)) return new URL(cwd);
  if (cwd === undefined) return undefined;
  // The program may go elsewhere before a worker starts.
  if (typeof cwd === "string" && cwd !== "") return absolutePath(cwd);
  if (cwd instanceof URL && cwd.protocol === "file:") return cwd;
  throw checks.wrongType(`"cwd" is ${shown(cwd)}, a path or a file: URL is wanted`);
}

function checkedDenoPath(path: unknown, checks: OptionChecks): string | undefined {
  if (path === undefined) return undefined;
  // A name is looked for on the PATH; a path would count from the folder of the worker.
  if (typeof path === "string" && path !== "") return /[\\/]/.test(path) ? absolutePath(path) : path;
  throw checks.wrongType(`"denoPath" is ${shown(path)}, the path of a Deno executable is wanted`);
}

function checkedMemoryLimit(limit: number | undefined, checks: OptionChecks): number | undefined {
  if (limit === undefined) return undefined;
  if (typeof limit !== "number") {
    throw checks.wrongType(`"memoryLimitMiB" is ${shown(limit)}, a number of MiB is wanted`);
  }
  return checks.count("memoryLimitMiB", limit, SMALLEST_HEAP_MIB, SMALLEST_HEAP_MIB);
}

function checkedEnv(env: unknown, checks: OptionChecks): Record<string, string> {
  if (typeof env !== "object" || env === null || Array.isArray(env)) {
    throw checks.wrongType(`"env" is ${shown(env)}, an object of strings is wanted`);
  }
  for (const [name, value] of Object.entries(env)) {
    const variable = `variable ${JSON.stringify(name)} in "env"`;
    // A comma or an asterisk would change the meaning of --allow-env.
    if (!/^[^=,*\0]+$/.test(name)) throw checks.wrongType(`${variable} is not a usable name`);
    if (typeof value !== "string" || value.includes("\0")) {
      throw checks.wrongType(`${variable} is ${typeof value}, a string without NUL is wanted`);
    }
    if (name.toUpperCase() === "DENO_PERMISSION_BROKER_PATH") {
      throw checks.wrongType(
        `${variable} is refused, under a permission broker Deno ignores what a worker was granted`,
      );
    }
  }
  return { ...env };
}
