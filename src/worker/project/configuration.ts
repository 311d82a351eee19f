import type { ProjectFiles } from "../../own_process.ts";
import { isRecord, readConfig } from "./config_file.ts";
import type { ResolvedLaunchOptions } from "../launch_options.ts";
import { isInsideCompiled } from "../program/compiled_program.ts";
import { type ProgramFlags, programFlags } from "./program_flags.ts";
import { pathToFileUrl, programModule } from "./module_url.ts";
import { findProject, nearestConfig, type ProjectChoice } from "./project.ts";

/** How a worker resolves imports: as this program does, and with nothing that happens to lie in the current folder. */
export interface Configuration {
  readonly project: ProjectFiles;
  /** The `deno.json` that names its bare imports. */
  readonly namesOf: string | undefined;
  /** The flags that say so. */
  readonly flags: readonly string[];
}

/** What the program's flags say of a project that `configOf` names: nothing, they are about the program's own. */
const ELSEWHERE: ProjectChoice = { config: undefined, lock: undefined };

/**
 * The configuration of a worker. Why so, and what else was tried: docs/decisions/resolving.md.
 *
 * A trusted one gets the project of its module; without a module that is a file, the one of the program. It loads what the
 * lock file pins, and never writes there: with `--frozen`, Deno refuses what is not in it.
 *
 * An untrusted one gets the bare names of the module's own `deno.json` only, since the module's author wrote that as well: a lock
 * file may redirect URLs, as an import map does. What it names by a registry's specifier is pinned by the program's lock, or by that near `configOf`.
 */
export function configure(options: ResolvedLaunchOptions): Configuration {
  return options.trust === "untrusted" ? untrustedConfiguration(options) : trustedConfiguration(options);
}

function trustedConfiguration({ moduleUrl, configOf, frozen }: ResolvedLaunchOptions): Configuration {
  const program = programFlags();
  const from = isReal(configOf) ? configOf : isFile(moduleUrl) ? moduleUrl : programUrl();
  const project = findProject(from, configOf === undefined ? program : ELSEWHERE);
  const { config, tsconfig, nodeModules } = project;
  const lock = lockFlags(project, frozen);
  // Deno takes a tsconfig.json for a deno.json with nothing but compiler options, and then does not see the package.json, of which a lock file tells.
  const named = config ?? (lock.includes("--no-lock") ? tsconfig : undefined);
  return {
    project: isFile(from) ? { ...project, folder: new URL(".", from).href } : project,
    namesOf: config,
    flags: [
      ...lock,
      named === undefined ? "--no-config" : `--config=${named}`,
      ...(nodeModules === undefined ? [] : [`--node-modules-dir=${nodeModules}`]),
      ...passedOn(program, nodeModules !== undefined),
    ],
  };
}

function untrustedConfiguration(options: ResolvedLaunchOptions): Configuration {
  const { moduleUrl, configOf = moduleUrl, frozen } = options;
  const ofProgram = isFile(moduleUrl) || moduleUrl === undefined
    ? {}
    : options.configOf === undefined
    ? findProject(programUrl(), programFlags())
    : findProject(options.configOf, ELSEWHERE);
  // Of a workspace above, which a stranger may have written as well, it needs nothing.
  const config = isFile(configOf) ? nearestConfig(configOf) : undefined;
  const map = config === undefined ? undefined : bareImportMap(config);
  return {
    project: {},
    namesOf: config,
    flags: [...lockFlags(ofProgram, frozen), "--no-config", ...(map === undefined ? [] : [`--import-map=${map}`])],
  };
}

function lockFlags({ lock }: ProjectFiles, frozen: boolean): string[] {
  return lock === undefined || !frozen ? ["--no-lock"] : [`--lock=${lock}`, "--frozen"];
}

function passedOn({ passedOn }: ProgramFlags, decidesNodeModules: boolean): string[] {
  return passedOn.filter((flag) => !(decidesNodeModules && flag.startsWith("--node-modules-dir")));
}

/** Where the program lies; a worker's own main module is not a file. */
function programUrl(): string | undefined {
  const program = programModule();
  return isFile(program) && isReal(program) ? program : undefined;
}

function isReal(url: string | undefined): url is string {
  return url !== undefined && !isInsideCompiled(url);
}

function isFile(url: string | undefined): url is string {
  return url !== undefined && url.startsWith("file:");
}

/** An import map with the bare names of a configuration, as a `data:` URL; `undefined` if there are none. */
function bareImportMap(configPath: string): string | undefined {
  const imports = foreignNames(configPath);
  if (Object.keys(imports).length === 0) return undefined;
  return `data:application/json,${encodeURIComponent(JSON.stringify({ imports }))}`;
}

/**
 * What an untrusted module has of a configuration: its bare names, with what they mean.
 *
 * Passing the whole file would be a way out: an import map also redirects URLs that stand in the static graph,
 * where a module may import any local file as JSON or text.
 *
 * @param configPath The path of the `deno.json`.
 * @returns The `imports` of an import map.
 *
 * @example What a stranger's module may import by name
 * ```ts
 * import { foreignNames, nearestConfig } from "@corral/multiprocessing/backend";
 *
 * const config = nearestConfig(import.meta.url);
 * console.log(config === undefined ? {} : foreignNames(config)); // { "@std/csv": "jsr:@std/csv@1", … }
 * ```
 */
export function foreignNames(configPath: string): Record<string, string> {
  return bareImports(readConfig(configPath), pathToFileUrl(configPath));
}

/**
 * The entries of `imports` whose name is neither a path nor a URL, with their targets made absolute. A package brings what lies below it, as Deno
 * has it for `imports` of a configuration and not for an import map.
 */
export function bareImports(config: unknown, configUrl: string): Record<string, string> {
  const imports: unknown = isRecord(config) ? config.imports : undefined;
  if (!isRecord(imports)) return {};
  const entries = Object.entries(imports).flatMap(([name, target]): [string, string][] =>
    isBare(name) && typeof target === "string" ? [[name, absoluteTarget(target, configUrl)]] : []
  );
  return Object.fromEntries([...entries.flatMap(belowPackage), ...entries]);
}

/** `name/` for what a package exports beside its main entry. */
function belowPackage([name, target]: [string, string]): [string, string][] {
  const [, registry, path] = /^(jsr:|npm:)\/?([^/](?:.*[^/])?)$/.exec(target) ?? [];
  return name.endsWith("/") || path === undefined ? [] : [[`${name}/`, `${registry}/${path}/`]];
}

function isBare(name: string): boolean {
  // The URL parser takes backslashes, leading spaces and tabs as well, so ask it.
  return name !== "" && !/^[./\\]/.test(name) && name.trim() === name && !URL.canParse(name);
}

function absoluteTarget(target: string, configUrl: string): string {
  return /^\.{0,2}\//.test(target) ? new URL(target, configUrl).href : target;
}
