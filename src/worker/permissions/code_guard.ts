/**
 * Keeps workers from writing what the next one would run: that one's static graph may read any file, and Deno itself may do
 * everything. See `docs/decisions/untrusted.md`.
 */
import { LIBRARY_FOLDER } from "../../library_folder.ts";
import { PermissionError } from "../../errors.ts";
import type { ProjectFiles } from "../../own_process.ts";
import type { ResolvedLaunchOptions } from "../launch_options.ts";
import { readConfig } from "../project/config_file.ts";
import {
  covers,
  fileUrlToPath,
  isAbsolutePath,
  pathFromStart,
  pathToFileUrl,
  programModule,
} from "../project/module_url.ts";
import { programFlags } from "../project/program_flags.ts";
import { type Grants, isHeld } from "./permissions.ts";

/** Something that runs, or decides about what runs. */
interface Code {
  readonly what: string;
  readonly path: string;
  /** Whether it is a folder, in which every file counts. */
  readonly isFolder: boolean;
}

/**
 * Refuses grants by which a worker could write code.
 *
 * @param denoPath The command that starts Deno.
 * @throws {PermissionError} It names the grant, and what that covers.
 */
export function requireCodeUnwritable(
  grants: Grants,
  options: ResolvedLaunchOptions,
  project: ProjectFiles,
  denoPath: string,
): void {
  const write = grants.get("write");
  if (write === undefined || options.dangerouslyWritableCode) return;
  const codes = [...codeOfAll(denoPath), ...(options.trust === "trusted" ? codeOfModule(options, project) : [])];
  for (const granted of write === true ? [undefined] : write) {
    const covered = codes.find((code) => granted === undefined || covers(granted, code));
    if (covered === undefined) continue;
    const grant = granted === undefined ? "all write access" : `write access to ${JSON.stringify(granted)}`;
    throw new PermissionError(
      `Cannot grant ${grant}: it covers ${covered.what}, ${
        JSON.stringify(covered.path)
      }, and what a worker writes there the next ` +
        "one would run, grant a folder that holds data only, or set `dangerouslyWritableCode: true`",
    );
  }
}

/** What every worker runs. */
function codeOfAll(denoPath: string): Code[] {
  return [
    file("Deno", Deno.execPath()),
    ...(isAbsolutePath(denoPath) ? [file("Deno", denoPath)] : []),
    ...cacheFolders().map((path) => folder("Deno's cache", path)),
    ...codeOfLibrary(),
    ...searchPath().map((path) => folder("a folder of the PATH", path)),
  ];
}

/** A program that has the library in it has all its code there. */
function codeOfLibrary(): Code[] {
  if (LIBRARY_FOLDER?.startsWith("file:")) {
    // Beside the folder lie the module that programs import, and what says which file an import means.
    const beside = ["mod.ts", "deno.json"].map((name) =>
      file("this library", fileUrlToPath(new URL(`../${name}`, LIBRARY_FOLDER)))
    );
    return [folder("this library", fileUrlToPath(new URL(LIBRARY_FOLDER))), ...beside];
  }
  const program = programModule();
  const isBundled = LIBRARY_FOLDER === undefined && program.startsWith("file:");
  return isBundled ? [file("this program", fileUrlToPath(new URL(program)))] : [];
}

function codeOfModule({ moduleUrl }: ResolvedLaunchOptions, { config, tsconfig, lock }: ProjectFiles): Code[] {
  return [
    ...(moduleUrl?.startsWith("file:") ? [file("the task module", fileUrlToPath(new URL(moduleUrl)))] : []),
    ...(config === undefined ? [] : [file("the worker's configuration", config)]),
    ...(tsconfig === undefined ? [] : [file("the worker's compiler options", tsconfig)]),
    ...importMaps(config).map((path) => file("the worker's import map", path)),
    ...(lock === undefined ? [] : [file("the worker's lock file", lock)]),
  ];
}

/** The files that say which file an import means: what the configuration names, and what the program was told by a flag. */
function importMaps(config: string | undefined): string[] {
  const named = config === undefined ? undefined : readConfig(config)?.importMap;
  const flag = programFlags().passedOn.find((one) => one.startsWith("--import-map="))?.slice("--import-map=".length);
  return [
    ...(typeof named === "string" ? [URL.parse(named, pathToFileUrl(config!))] : []),
    ...(flag === undefined ? [] : [URL.parse(isAbsolutePath(flag) ? pathToFileUrl(flag) : flag)]),
  ].flatMap((url) => url?.protocol === "file:" ? [fileUrlToPath(url)] : []);
}

function file(what: string, path: string): Code {
  return { what, path, isFolder: false };
}

function folder(what: string, path: string): Code {
  return { what, path, isFolder: true };
}

/** Where Deno keeps what it has cached, as far as this program may know. */
function cacheFolders(): string[] {
  const own = variable("DENO_DIR");
  if (own !== undefined) return [pathFromStart(own)];
  const windows = variable("LOCALAPPDATA");
  if (Deno.build.os === "windows") return windows === undefined ? [] : [`${windows}\\deno`];
  const [cache, home] = [variable("XDG_CACHE_HOME"), variable("HOME")];
  if (cache !== undefined) return [`${cache}/deno`];
  return home === undefined ? [] : [`${home}/${Deno.build.os === "darwin" ? "Library/Caches" : ".cache"}/deno`];
}

function searchPath(): string[] {
  const separator = Deno.build.os === "windows" ? ";" : ":";
  return (variable("PATH") ?? "").split(separator).filter(isAbsolutePath);
}

function variable(name: string): string | undefined {
  return (isHeld("env", name) ? Deno.env.get(name) : undefined) || undefined;
}
