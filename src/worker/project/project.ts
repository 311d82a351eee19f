/**
 * Finds the files that decide how a module's imports are resolved, as Deno itself would for a program at its place: the
 * nearest `deno.json` or `package.json`, the workspace that it belongs to, and the lock file.
 *
 * Looks only where this program may read, and never prompts. See `docs/decisions/resolving.md`.
 */
import { ownProcess, type ProjectFiles } from "../../own_process.ts";
import { isRecord, readConfig } from "./config_file.ts";
import {
  absolutePath,
  fileUrlToPath,
  findUpwards,
  isAbsolutePath,
  isReadable,
  pathToFileUrl,
  programModule,
} from "./module_url.ts";
import { isHeld } from "../permissions/permissions.ts";
import { isWorkspaceMember } from "./workspace.ts";

/** What the program says by its flags. */
export interface ProjectChoice {
  readonly config: string | false | undefined;
  readonly lock: string | false | undefined;
}

const CONFIG_NAMES = ["deno.json", "deno.jsonc"];

/**
 * Finds the `deno.json` by which a worker resolves the imports of a `file:` module. Looks only where this program may read, and
 * never prompts.
 *
 * @param moduleUrl The URL of the module.
 * @returns The path of the file, or `undefined` if there is none, or the module is not a file.
 *
 * @example Where the imports of a module are mapped
 * ```ts
 * import { nearestConfig } from "@corral/multiprocessing/backend";
 *
 * console.log(nearestConfig(import.meta.url)); // "/srv/deno.json", or undefined
 * ```
 */
export function nearestConfig(moduleUrl: string): string | undefined {
  if (!moduleUrl.startsWith("file:")) return undefined;
  const { config, packageJson } = nearestFiles(moduleUrl);
  return packageJson === undefined ? config ?? inheritedProject(moduleUrl).config : undefined;
}

/** The project of a `file:` module; for others, what this process itself was started with. */
export function findProject(url: string | undefined, { config, lock }: ProjectChoice): ProjectFiles {
  const project = config === undefined ? projectAt(url) : config === false ? {} : configuredProject(config);
  if (lock === undefined) return project;
  const { lock: _, ...unlocked } = project;
  return lock === false ? unlocked : { ...unlocked, lock };
}

function projectAt(url: string | undefined): ProjectFiles {
  if (url === undefined || !url.startsWith("file:")) return ownProcess().project ?? {};
  const { config, packageJson } = nearestFiles(url);
  if (config !== undefined) return configuredProject(config);
  return packageJson === undefined ? inheritedProject(url) : npmProject(packageJson);
}

/** What decides for a file: a `deno.json`, or a `package.json`, or neither. */
function nearestFiles(url: string): { config?: string; packageJson?: string } {
  const config = findUpwards(url, CONFIG_NAMES);
  const packageJson = ignoresPackageJson() ? undefined : findUpwards(url, ["package.json"]);
  if (packageJson !== undefined && (config === undefined || isDecisive(packageJson, config))) return { packageJson };
  return config === undefined ? {} : { config };
}

/** Whether the environment has Deno look at no `package.json`. */
function ignoresPackageJson(): boolean {
  return isHeld("env", "DENO_NO_PACKAGE_JSON") && Deno.env.get("DENO_NO_PACKAGE_JSON") !== undefined;
}

/** A worker that may not look around takes what it was started with, if the module lies below: what it starts may be of the same project. */
function inheritedProject(url: string): ProjectFiles {
  const { project } = ownProcess();
  return project?.config !== undefined && url.startsWith(folderOf(project.config)) ? project : {};
}

/**
 * Whether a `package.json` below the `deno.json` decides alone. So it is for a program that starts there, unless both are of one
 * workspace. A program that starts above goes by the `deno.json`, whatever lies beside the modules that it imports.
 */
function isDecisive(packageJson: string, config: string): boolean {
  const folder = folderOf(packageJson);
  if (folder.length <= folderOf(config).length || isWorkspaceMember(folderOf(config), folder)) return false;
  const program = programModule();
  return program.startsWith(folder) || !program.startsWith(folderOf(config));
}

function npmProject(packageJson: string): ProjectFiles {
  const folder = folderOf(packageJson);
  const root = workspaceRoot(folder) ?? folder;
  return { ...tsconfigIn(folder, root), ...lockIn(root), nodeModules: "manual" };
}

/** The `tsconfig.json` beside a `package.json`, or that of its workspace. Deno ignores one that cannot be read, and refuses it where it is named. */
function tsconfigIn(...folders: string[]): Pick<ProjectFiles, "tsconfig"> {
  const path = folders.map((folder) => fileUrlToPath(new URL("tsconfig.json", folder))).find((path) =>
    isReadable(path)
  );
  return path === undefined || readConfig(path) === undefined ? {} : { tsconfig: path };
}

function configuredProject(config: string): ProjectFiles {
  const folder = folderOf(config);
  const root = workspaceRoot(folder);
  const { lock, nodeModulesDir, unstable } = (root === undefined ? readConfig(config) : readConfigIn(root)) ?? {};
  return {
    config,
    ...lockIn(root ?? folder, lock),
    ...nodeModulesIn(root ?? folder, nodeModulesDir),
    ...(Array.isArray(unstable) && unstable.includes("lazy-dynamic-imports") ? { importsLazily: true } : {}),
  };
}

function lockIn(folder: string, setting: unknown = readConfigIn(folder)?.lock): Pick<ProjectFiles, "lock"> {
  const path = isRecord(setting) ? setting.path : setting;
  if (path === false) return {};
  // A path, in which "#" and "%" stand for themselves.
  const name = typeof path === "string" ? path : "deno.lock";
  const lock = absolutePath(isAbsolutePath(name) ? name : `${fileUrlToPath(new URL(folder))}/${name}`);
  return isReadable(lock) ? { lock } : {};
}

/** With "auto", every worker would install what it misses, and so rewrite the project under the program's feet. */
function nodeModulesIn(folder: string, setting: unknown): Pick<ProjectFiles, "nodeModules"> {
  if (setting === "manual") return { nodeModules: "manual" };
  if (setting !== "auto" && setting !== true) return {};
  return { nodeModules: isReadable(fileUrlToPath(new URL("node_modules", folder)), "isDirectory") ? "manual" : "none" };
}

/** The folder of the workspace that a folder is a member of. */
function workspaceRoot(folder: string): string | undefined {
  for (let member = folder;;) {
    const above = findUpwards(new URL("..", member).href, [...CONFIG_NAMES, "package.json"]);
    if (above === undefined || folderOf(above) === member) return undefined;
    if (isWorkspaceMember(folderOf(above), folder)) return folderOf(above);
    member = folderOf(above);
  }
}

function readConfigIn(folder: string): Record<string, unknown> | undefined {
  const path = CONFIG_NAMES.map((name) => fileUrlToPath(new URL(name, folder))).find((path) => isReadable(path));
  return path === undefined ? undefined : readConfig(path);
}

/** The URL of the folder that a file lies in, with a slash at the end. */
function folderOf(path: string): string {
  return new URL(".", pathToFileUrl(path)).href;
}
