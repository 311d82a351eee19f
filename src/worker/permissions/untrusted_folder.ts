/**
 * What an untrusted module may read: the files in its folder, one by one. See `docs/decisions/untrusted.md`.
 *
 * Deno compares the names of paths, and follows links wherever they lead: a grant of the folder is a grant of all that
 * a link in it names, also one that is made later. A grant of files does not cover names that come later.
 */
import { PermissionError } from "../../errors.ts";
import { monotonicMs } from "../../timer.ts";
import { ARGUMENT_LIMITS } from "./argument_limits.ts";
import { type Grants, resolveGrants } from "./permissions.ts";
import type { ResolvedLaunchOptions } from "../launch_options.ts";
import { covers, moduleFolder } from "../project/module_url.ts";

// More would take longer than a pool may take to be made.
const MOST_ENTRIES = 20_000;
// The rest of a command line needs some room, too.
const MOST_GRANT_UNITS = Math.floor(ARGUMENT_LIMITS.one * 0.75);

/**
 * So many files are looked at each time: that takes less than a millisecond. By count, since on a busy machine a clock tells nothing of the
 * folder.
 */
const ALWAYS_CHECKED = 50;
/** A look into a larger folder takes so much less than the time to the next one. */
const CHECK_SHARE = 0.05;

/** The folder of the module, if it is untrusted and a file. */
export function untrustedFolder(
  { trust, moduleUrl, permissions, deny }: ResolvedLaunchOptions,
): UntrustedFolder | undefined {
  if (trust !== "untrusted" || !moduleUrl?.startsWith("file:")) return undefined;
  const folder = moduleFolder(moduleUrl);
  if (/[,\0]/.test(folder)) {
    throw refused(
      folder,
      "Deno has no way to pass a comma in a grant, move the folder, or name it by a link without one",
    );
  }
  const isDenied = typeof deny === "object" && deny.write === true;
  return new UntrustedFolder(folder, isDenied ? undefined : resolveGrants(permissions).get("write"));
}

/** A folder that is looked into. A link to one is not granted itself: that would be a grant of all that ever comes there. */
interface Folder {
  readonly path: string;
  /** Where the links on the way to it lead, each of which is followed once. */
  readonly linked: readonly string[];
}

/** What is granted of a folder. */
export interface FolderGrants {
  readonly paths: readonly string[];
  /** Those of its files that Deno can be told of. */
  readonly files: readonly string[];
}

/** The folder of an untrusted module. */
export class UntrustedFolder {
  readonly #path: string;
  readonly #realPath: string | undefined;
  readonly #writable: ReturnType<Grants["get"]>;
  #nextCheck = -Infinity;

  /**
   * @param path The program may read it.
   * @param writable What a worker may write, there or elsewhere.
   */
  constructor(path: string, writable: ReturnType<Grants["get"]>) {
    this.#path = path;
    this.#writable = writable;
    this.#realPath = realPath(path);
  }

  /** What `check()` throws. Not looked for more often than its cost allows, while all is well: nothing runs in a folder that was refused. */
  get refusal(): PermissionError | undefined {
    const start = monotonicMs();
    if (start < this.#nextCheck) return undefined;
    try {
      const { length } = this.check();
      const end = monotonicMs();
      this.#nextCheck = length <= ALWAYS_CHECKED ? -Infinity : end + (end - start) / CHECK_SHARE;
      return undefined;
    } catch (error) {
      // Something in it may have gone while it was looked at, or may not be looked at.
      return error instanceof PermissionError ? error : refused(this.#path, (error as Error).message);
    }
  }

  /**
   * Throws PermissionError if a link leads out now, or another folder lies in its place.
   *
   * @returns The paths of its files.
   */
  check(): string[] {
    if (realPath(this.#path) !== this.#realPath) throw refused(this.#path, "another folder is in its place");
    if (this.#realPath === undefined) return [];
    const files: string[] = [];
    let entries = 0;
    const folders: Folder[] = [{ path: this.#path, linked: [] }];
    for (let folder; (folder = folders.pop()) !== undefined;) {
      for (const { name, isDirectory, isFile, isSymlink } of Deno.readDirSync(folder.path)) {
        if (++entries > MOST_ENTRIES) {
          throw refused(this.#path, `it has more than ${MOST_ENTRIES} entries, a folder of the module's own is wanted`);
        }
        const path = `${folder.path}/${name}`;
        if (isDirectory) folders.push({ ...folder, path });
        else if (isFile) files.push(path);
        else if (isSymlink) {
          const target = this.#targetInside(folder.path, name);
          if (!Deno.statSync(target).isDirectory) files.push(path);
          else if (!folder.linked.includes(target)) folders.push({ path, linked: [...folder.linked, target] });
        }
      }
    }
    return files;
  }

  /**
   * The paths to grant: its files, and the module itself even if it is missing; the folder as a whole where their names do not fit a
   * command line.
   */
  grants(module: string): FolderGrants {
    // Deno has no way to pass a comma in a grant.
    const files = [module, ...this.check()].filter((path) => !/[,\0]/.test(path));
    const units = files.reduce((sum, path) => sum + path.length + 1, 0);
    return { paths: units <= MOST_GRANT_UNITS ? files : [this.#path], files };
  }

  #targetInside(folder: string, name: string): string {
    const link = `${folder}/${name}`;
    const target = realPath(link);
    const separator = Deno.build.os === "windows" ? "\\" : "/";
    if (!target?.startsWith(this.#realPath + separator)) {
      throw refused(
        this.#path,
        `the link ${
          JSON.stringify(link)
        } leads out of it, give the module a folder without such links, or copy what it names`,
      );
    }
    // What a link names counts from where the link lies.
    if (this.#mayMove(`${realPath(folder) ?? folder}/${name}`)) {
      throw refused(
        this.#path,
        `the worker may write there, and could move the link ${JSON.stringify(link)} so that it leads out, ` +
          "put what it names in its place, or grant a folder without links",
      );
    }
    return target;
  }

  #mayMove(path: string): boolean {
    return this.#writable === true ||
      (this.#writable ?? []).some((granted) => covers(granted, { path, isFolder: false }));
  }
}

/** Where a path leads; `undefined` where nothing is. */
function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    return undefined;
  }
}

function refused(path: string, reason: string): PermissionError {
  return new PermissionError(`Cannot let an untrusted module read its folder ${JSON.stringify(path)}: ${reason}`);
}
