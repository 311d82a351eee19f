/** Turns what a user calls a module, or a path, into a URL, and finds files near it. */

/** A module: a URL, an absolute path or `import.meta`. */
export type ModuleOption = string | URL | ImportMeta;

const DRIVE = /^[A-Za-z]:[\\/]/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]+:/;
const MODULE_SCHEMES = ["file:", "http:", "https:", "data:", "jsr:", "npm:"];

/**
 * Gives the URL of a module, as a string.
 *
 * @param module A URL, an absolute path or `import.meta`.
 * @returns Its URL.
 * @throws {TypeError} If it is a relative path or a bare specifier, which mean nothing without the file they stand in,
 * or a URL that another process cannot load.
 *
 * @example A path
 * ```ts
 * import { moduleUrl } from "@corral/multiprocessing/backend";
 *
 * console.log(moduleUrl("/srv/tasks.ts")); // file:///srv/tasks.ts
 * ```
 */
export function moduleUrl(module: ModuleOption): string {
  const text = moduleText(module);
  if (isAbsolutePath(text)) return pathToFileUrl(text);
  if (!SCHEME.test(text)) {
    throw new TypeError(
      `Cannot load module ${JSON.stringify(text)}: a relative path or a bare name was given, an absolute path, a URL ` +
        `or import.meta is wanted; use import.meta.resolve(${JSON.stringify(text)})`,
    );
  }
  if (!URL.canParse(text)) throw new TypeError(`Cannot load module ${JSON.stringify(text)}: not a valid URL`);
  const { href, protocol } = new URL(text);
  if (!MODULE_SCHEMES.includes(protocol)) {
    throw new TypeError(
      `Cannot load module ${JSON.stringify(text)}: another process cannot load "${protocol}" URLs, ` +
        `one of ${MODULE_SCHEMES.map((scheme) => `"${scheme}"`).join(", ")} is wanted`,
    );
  }
  return href;
}

function moduleText(module: ModuleOption): string {
  if (typeof module === "string") return module;
  if (module instanceof URL) return module.href;
  const url: unknown = typeof module === "object" && module !== null && "url" in module ? module.url : undefined;
  if (typeof url === "string") return url;
  throw new TypeError(`Cannot load module ${String(module)}: a string, a URL or import.meta is wanted`);
}

/** The URL of the program, in its Web Workers that of their own module: Deno tells these no other. */
export function programModule(): string {
  const main: string | undefined = Deno.mainModule;
  return main ?? location.href;
}

/**
 * Finds the nearest file of one of these names, from the folder of a `file:` URL upwards. Looks only where this program may read, and never
 * prompts.
 */
export function findUpwards(url: string, names: readonly string[]): string | undefined {
  for (let folder = new URL(".", url);; folder = new URL("..", folder)) {
    const found = names.map((name) => fileUrlToPath(new URL(name, folder))).find((path) => isReadable(path));
    if (found !== undefined || folder.pathname === new URL("..", folder).pathname) return found;
  }
}

/** Whether there is a file, or a folder, of that name that this program may look at. Never prompts. */
export function isReadable(path: string, kind: "isFile" | "isDirectory" = "isFile"): boolean {
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return false;
  try {
    return Deno.statSync(path)[kind];
  } catch {
    return false;
  }
}

/** Whether a path is a symbolic link, as far as this program may look at it. Never prompts. */
export function isLink(path: string): boolean {
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return false;
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

/** The folder of a `file:` module, as a path. */
export function moduleFolder(moduleUrl: string): string {
  return fileUrlToPath(new URL(".", moduleUrl));
}

/**
 * Makes a path or `file:` URL absolute and plain: no `.`, no `..`, no slash at the end.
 *
 * A relative path counts from the current folder of this program.
 */
export function absolutePath(path: string | URL): string {
  if (path instanceof URL || /^file:/i.test(path)) return fileUrlToPath(new URL(path));
  if (isAbsolutePath(path)) return fileUrlToPath(new URL(pathToFileUrl(path)));
  return fileUrlToPath(new URL(`./${escapePath(path)}`, `${pathToFileUrl(Deno.cwd())}/`));
}

/** The folder in which Deno read the variables of this program; `undefined` if it is not there any more. */
const startFolder = currentFolder();

function currentFolder(): string | undefined {
  try {
    return Deno.cwd();
  } catch {
    return undefined;
  }
}

/** Makes a path from a variable, or from the program's command line, absolute. A relative path counts from the folder in which this program was started. */
export function pathFromStart(path: string): string {
  return startFolder === undefined || isAbsolutePath(path) || /^file:/i.test(path)
    ? absolutePath(path)
    : absolutePath(`${startFolder}/${path}`);
}

/** The same for a certificate, which may also be given as `base64:…`. */
export function certificateFrom(value: string): string {
  return value.startsWith("base64:") ? value : pathFromStart(value);
}

/** Whether a path starts at the root, at a Windows drive or at a Windows share. */
export function isAbsolutePath(path: string): boolean {
  return path.startsWith("/") || path.startsWith("\\\\") || DRIVE.test(path);
}

/** The `file:` URL of an absolute path. */
export function pathToFileUrl(path: string): string {
  if (DRIVE.test(path)) return new URL(`file:///${escapePath(path.replaceAll("\\", "/"))}`).href;
  if (path.startsWith("\\\\")) return new URL(`file:${escapePath(path.replaceAll("\\", "/"))}`).href;
  return new URL(`file:///${escapePath(path.replace(/^\/+/, ""))}`).href;
}

/** The path of a `file:` URL, without a slash at the end. */
export function fileUrlToPath(url: URL): string {
  if (url.protocol !== "file:") throw new TypeError(`Cannot use "${url.href}" as a path: a file: URL is wanted`);
  if (Deno.build.os === "windows") return windowsPath(url);
  return decodeURIComponent(escapeStrayPercent(url.pathname)).replaceAll(/\/+/g, "/").replace(/(?<=.)\/$/, "");
}

function windowsPath(url: URL): string {
  const path = decodeURIComponent(escapeStrayPercent(url.pathname)).replaceAll("/", "\\");
  if (url.hostname) return withoutTrailingSlashes(`\\\\${url.hostname}${path}`);
  return withoutTrailingSlashes(path.slice(1));
}

/** A path without slashes at its end, unless it is a root. In linear time, which a regular expression for that would not take. */
export function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (end > 1 && (path[end - 1] === "/" || path[end - 1] === "\\") && path[end - 2] !== ":") end--;
  return path.slice(0, end);
}

function escapeStrayPercent(path: string): string {
  return path.replaceAll(/%(?![0-9A-Fa-f]{2})/g, "%25");
}

/** Escapes what a URL would read as something else than a part of the path, or, like a space at its end, leave out. */
function escapePath(path: string): string {
  const slashes = Deno.build.os === "windows" ? path.replaceAll("\\", "/") : path;
  return slashes.replaceAll(/[%?#\\\0-\x20]/g, encodeURIComponent);
}

/** Whether a granted path is this one, or a folder that it lies in; for a folder also, whether it lies in that. */
export function covers(granted: string, { path, isFolder }: { path: string; isFolder: boolean }): boolean {
  const [there, here] = [forms(granted), forms(path)];
  return there.some((a) => here.some((b) => isWithin(b, a) || (isFolder && isWithin(a, b))));
}

/**
 * The other names of a path that are known: the one without links, and those that it has below each of some folders, which may be named by links
 * themselves.
 */
export function otherNames(path: string, folders: readonly string[]): string[] {
  const real = realPath(withoutTrailingSlashes(path));
  const below = folders.flatMap((folder) => {
    const [plain, base] = [folder, realPath(withoutTrailingSlashes(folder))].map((one) => one.replace(/[\\/]+$/, ""));
    return isWithin(comparable(real), comparable(base!)) ? [plain + real.slice(base!.length)] : [];
  });
  return [real, ...below].filter((name) => name !== path);
}

/** A path as it is written, and as it is without links. */
function forms(path: string): string[] {
  const plain = withoutTrailingSlashes(path);
  return [...new Set([plain, realPath(plain)].map(comparable))];
}

/** Most file systems of other systems take no notice of case. */
function comparable(path: string): string {
  return Deno.build.os === "linux" ? path : path.toLowerCase();
}

/** Of what is not there, or may not be looked at, the folder above is taken as it is without links. */
function realPath(path: string): string {
  if (isReadable(path) || isReadable(path, "isDirectory")) {
    try {
      return Deno.realPathSync(path);
    } catch {
      return path;
    }
  }
  const [, folder, name] = /^(.*[\\/])([^\\/]+)$/s.exec(path) ?? [];
  if (folder === undefined) return path;
  const above = withoutTrailingSlashes(folder);
  const real = realPath(above);
  return real === above ? path : `${real}${folder.slice(above.length) || folder.at(-1)}${name}`;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder ||
    path.startsWith(/[\\/]$/.test(folder) ? folder : `${folder}${Deno.build.os === "windows" ? "\\" : "/"}`);
}
