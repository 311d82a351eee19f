/**
 * Builds the command line that starts one worker: `deno run <flags> data:<lines that read the rest from stdin>`.
 *
 * The main module is a `data:` URL because such a module may import from `file:`, `http:` and `https:` alike. It also keeps Deno
 * from looking for a configuration in the current folder. Why each flag is there: `docs/decisions/starting.md`.
 */

import type { ProjectFiles } from "../../own_process.ts";
import { requireArgumentsFit } from "../permissions/argument_limits.ts";
import { type ChildProgram, childProgram } from "./child_program.ts";
import { requireVisible } from "./compiled_program.ts";
import { addOtherNames, isDenied, removeDenied, resolveDenials } from "../permissions/denials.ts";
import { requireCodeUnwritable } from "../permissions/code_guard.ts";
import { findDeno, requireDenoVersion } from "./deno_executable.ts";
import { grantInput, type InputDescriptor } from "./input_descriptor.ts";
import { configure } from "../project/configuration.ts";
import type { ResolvedLaunchOptions } from "../launch_options.ts";
import { programFlags } from "../project/program_flags.ts";
import { mainModule } from "./main_module.ts";
import { covers, fileUrlToPath, isLink, moduleFolder } from "../project/module_url.ts";
import {
  addToGrant,
  grantFlags,
  type Grants,
  isHeld,
  type PermissionKind,
  resolveGrants,
} from "../permissions/permissions.ts";
import { remoteFlags, remoteHosts } from "../permissions/remote_access.ts";
import { untrustedFolder } from "../permissions/untrusted_folder.ts";
import { hideVariables } from "./hidden_variables.ts";
import { mayConnect, workerEnv } from "./worker_environment.ts";

/** What a worker is to be. */
export interface WorkerCommandOptions extends ResolvedLaunchOptions {
  /** What the worker runs. */
  readonly program: ChildProgram;
  /** Lower-case letters and digits; workers with different keys share no `localStorage` and no `caches`. */
  readonly storageKey: string;
  /** Whether it reads stdin in any case, and so needs no grant for a descriptor of its own. @default false */
  readonly readsStdin?: boolean;
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

/** The same, with what the worker is told of it. */
export interface LaunchCommand extends WorkerCommand {
  /** The files by which it resolves imports. What it starts may take them over. */
  readonly project: ProjectFiles;
  /** The `deno.json` that names its bare imports. */
  readonly namesOf: string | undefined;
  /** Whether its code may start commands, which are to end with it. */
  readonly mayRun: boolean;
  /** Where it reads; `undefined` where that is its stdin. */
  readonly input: InputDescriptor | undefined;
  /** What it reads first. */
  readonly preamble: Uint8Array;
}

/**
 * Builds the command line of a worker. Starts nothing, and never prompts.
 *
 * @throws {TypeError} If a permission has a wrong form, or the module is one that workers cannot see.
 * @throws {RangeError} If the system would not take a command line of that length.
 * @throws {PermissionError} If a grant is larger than this program's own, or no Deno may be started.
 */
export function workerCommand(options: WorkerCommandOptions): LaunchCommand {
  requireDenoVersion();
  requireVisible(options.moduleUrl);
  const denials = resolveDenials(options.deny);
  const grants = workerGrants(options, denials);
  addOtherNames(denials, grants);
  const { project, namesOf, flags } = configure(options);
  const path = findDeno(options.denoPath);
  if (denials.get("write") !== true) requireCodeUnwritable(grants, options, project, path);
  const input = options.readsStdin ? undefined : grantInput(grants, denials);
  const env = workerEnv(options, grants, path);
  const hidingFlags = hideVariables(grants, options, env, denials);
  const args = [
    "run",
    "--quiet",
    "--no-prompt",
    ...remoteFlags(options, grants, project),
    ...flags,
    ...(mayConnect(grants) ? programFlags().connecting : []),
    // Storage belongs to an origin. Nothing is written for one unless its code stores something.
    `--location=http://${options.storageKey}.corral.invalid/`,
    ...(options.memoryLimitMiB === undefined ? [] : [`--v8-flags=--max-old-space-size=${options.memoryLimitMiB}`]),
    ...grantFlags(grants, denials),
    ...hidingFlags,
    mainModule(options.program, { ...options, needsDeferred: needsDeferred(options, project) }, input),
  ];
  requireArgumentsFit(args, env);
  return {
    path,
    args,
    env,
    cwd: options.cwd,
    project,
    namesOf,
    mayRun: grants.has("run"),
    input,
    preamble: options.program.bytes,
  };
}

/** The command line of a worker that runs this library. Throws what {@linkcode workerCommand} throws. */
export function launchCommand(
  options: ResolvedLaunchOptions,
  own: Pick<WorkerCommandOptions, "storageKey" | "readsStdin">,
): LaunchCommand {
  return workerCommand({ ...options, ...own, program: childProgram() });
}

function needsDeferred({ moduleUrl }: ResolvedLaunchOptions, { importsLazily }: ProjectFiles): boolean {
  return importsLazily === true || moduleUrl?.startsWith("file:") === true && isLink(fileUrlToPath(new URL(moduleUrl)));
}

/** What an untrusted module may read of its folder. It is loaded from there whatever is denied around it; what is denied within, it may not read. */
function ownFiles(options: WorkerCommandOptions, moduleUrl: string, denials: Grants): string[] {
  const { paths, files } = untrustedFolder(options)!.grants(fileUrlToPath(new URL(moduleUrl)));
  const denied = denials.get("read");
  if (denied === undefined || denied === true) return [...paths];
  const folder = { path: moduleFolder(moduleUrl), isFolder: false };
  const within = new Map([["read", denied.filter((one) => !covers(one, folder))]]) as Grants;
  const isDeniedWithin = (path: string): boolean => isDenied("read", path, within);
  // Where the folder is granted as a whole, links in it would lead to what is denied.
  if (paths !== files) {
    const names = files.filter(isDeniedWithin).map((path) => topmost(path, folder.path, isDeniedWithin));
    denials.set("read", [...new Set([...denied, ...names])]);
  }
  return paths.filter((path) => !isDeniedWithin(path));
}

/** The highest of the folders around a path, below `end`, for which something holds as it does for the path; the path itself if there is none. */
function topmost(path: string, end: string, holds: (path: string) => boolean): string {
  const above = path.replace(/[\\/][^\\/]*$/, "");
  return above.length > end.length && holds(above) ? topmost(above, end, holds) : path;
}

function workerGrants(options: WorkerCommandOptions, denials: Grants): Grants {
  const { moduleUrl, trust, permissions, env } = options;
  const grants = resolveGrants(permissions);
  const undenied = (kind: PermissionKind, items: string[]) => items.filter((item) => !isDenied(kind, item, denials));
  // The values come from this program, so it gives away nothing that it does not hold.
  addToGrant(grants, "env", Object.keys(env));
  removeDenied(grants, denials);
  if (trust === "untrusted" && moduleUrl?.startsWith("file:")) {
    // This program must hold what it passes on, and may then look into it.
    resolveGrants({ read: [moduleFolder(moduleUrl)] });
    addToGrant(grants, "read", ownFiles(options, moduleUrl, denials));
  }
  // A worker finds "deno" only on a PATH, which this program may not be able to pass on.
  const run = grants.get("run");
  if (run !== true && run?.includes("deno") && isHeld("run", Deno.execPath())) {
    addToGrant(grants, "run", undenied("run", [Deno.execPath()]));
  }
  // A list of hosts replaces Deno's own, and then even cached modules of other hosts are refused.
  if (grants.has("import")) addToGrant(grants, "import", undenied("import", remoteHosts(options)));
  return grants;
}
