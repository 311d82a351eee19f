/**
 * Builds the command line that starts one worker: `deno run <flags> data:<a line that loads the child's entry>`.
 *
 * The main module is a `data:` URL because such a module may import from `file:`, `http:` and `https:` alike, however
 * this library itself was loaded. It also keeps Deno from looking for a configuration in the current folder.
 */

import { findDeno, requireDenoVersion } from "./deno_executable.ts";
import { configFlags } from "./configuration.ts";
import type { WorkerCommandOptions } from "./launch_options.ts";
import { mainModule } from "./main_module.ts";
import { moduleFolder } from "./module_url.ts";
import { addToGrant, grantFlags, type Grants, isHeld, resolveDenials, resolveGrants } from "./permissions.ts";
import { remoteFlags, remoteHosts } from "./remote_access.ts";
import { workerEnv } from "./worker_environment.ts";

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
