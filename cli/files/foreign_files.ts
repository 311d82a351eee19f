/**
 * What of a stranger's files may be read without a worker. `deno info` and `deno cache` ask for no permission: a module that imports a device
 * without an end would fill the memory with it, and one that imports a pipe would be waited for.
 */
import { foreignNames, moduleUrl } from "@corral/multiprocessing/backend";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A stranger's file may be as long as it likes. */
const MOST_BYTES = 64 * 1024 * 1024;
/** No worker starts for a module in a larger folder. */
const MOST_ENTRIES = 20_000;

/** Windows has no name for stdin, and this much of a command line is left for an import map. */
const MOST_WINDOWS_UNITS = 20_000;

/** An import map for a Deno that looks at a stranger's module. */
export interface ForeignImports {
  readonly flags: readonly string[];
  readonly stdin: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A package.json beside his module means nothing to workers. */
const ENV = { DENO_NO_PACKAGE_JSON: "1" };

/** Whether it is a file, and not too long: nothing else is to be opened. */
export async function isShortFile(place: URL | string): Promise<boolean> {
  try {
    const { isFile, size } = await Deno.stat(place);
    return isFile && size <= MOST_BYTES;
  } catch {
    // It is not there, or a link that leads nowhere.
    return false;
  }
}

/**
 * An import map with which nothing is read but short files of the module's folder, each under its own name: another spelling of that may
 * mean something else. `config` is the `deno.json` that the names are from which workers have.
 */
export async function foreignImports(module: URL, config: string | undefined): Promise<ForeignImports> {
  const files = module.protocol === "file:" ? await shortFiles(fileURLToPath(new URL(".", module))) : [];
  const names = Object.entries(config === undefined ? {} : foreignNames(config));
  if (Deno.build.os !== "windows") return withMap("/dev/stdin", fence(names, files));
  const map = (): string => `data:application/json,${encodeURIComponent(fence(names, files))}`;
  // Of more files than that, the last ones do not count.
  while (files.length > 0 && map().length > MOST_WINDOWS_UNITS) files.length = Math.floor(files.length * 0.9);
  return withMap(map(), "");
}

/** What Deno says, without the map that nobody has written. */
export function withoutFence(said: string): string {
  return said.replaceAll(/Blocked by null entry for .*/g, "an untrusted module loads from its own folder only");
}

function withMap(map: string, stdin: string): ForeignImports {
  return { flags: ["--no-config", `--import-map=${map}`], stdin, env: ENV };
}

function fence(names: readonly (readonly [name: string, target: string])[], files: readonly string[]): string {
  const isKnown = new Set(files);
  const known = names.flatMap(([name, target]): [string, string | null][] => {
    if (!target.startsWith("file:")) return [[name, target]];
    if (!name.endsWith("/")) return [[name, isKnown.has(target) ? target : null]];
    return files.filter((file) => file.startsWith(target)).map((file) => [name + file.slice(target.length), file]);
  });
  return JSON.stringify({
    imports: Object.fromEntries([["file:///", null], ...known, ...files.map((file) => [file, file])]),
  });
}

/** The URLs of the short files in a folder, and in those below it. A link counts where it leads to one of them. */
async function shortFiles(folder: string): Promise<string[]> {
  const inside = await Deno.realPath(folder);
  const found: string[] = [];
  const folders = [folder];
  let entries = 0;
  for (let next; (next = folders.pop()) !== undefined;) {
    for await (const { name, isDirectory } of Deno.readDir(next)) {
      if (++entries > MOST_ENTRIES) return [];
      const path = join(next, name);
      if (isDirectory) folders.push(path);
      else if (await isShortFile(path) && (await Deno.realPath(path)).startsWith(inside)) found.push(moduleUrl(path));
    }
  }
  return found.sort();
}
