/** Which function a run calls, and of which files. */

import { moduleUrl as fileUrl } from "@corral/multiprocessing/ahead";
import { UsageError } from "../errors/usage_error.ts";
import { inlineModule } from "../runner/inline_text.ts";
import type { CliMapOptions } from "./cli_map_options.ts";
import type { ParsedFlags } from "./parse_flags.ts";

const IS_MODULE = /\.([cm]?[jt]s|[jt]sx|wasm)$/i;

/** Reads `MODULE[#EXPORT]` or `-e`, and the files behind it. Throws UsageError where that cannot be a function. */
export function functionSource(flags: ParsedFlags): Pick<CliMapOptions, "module" | "export" | "files" | "source"> {
  const source = flags.value("eval");
  if (source !== undefined) {
    const module = new URL(inlineModule(source));
    return { module, export: "default", files: flags.rest.map(inputName), source };
  }
  const [given, ...rest] = flags.rest;
  const files = rest.map(inputName);
  if (given === undefined) {
    throw new UsageError("Cannot run: there is no function, wanted corral map MODULE[#EXPORT] or -e '(record) => …'");
  }
  const split = /^(.*)#([^#/\\]+)$/s.exec(given);
  // No export is called `b.ts`: then the # is one of the file's own characters.
  const [, path = given, name = "default"] = split === null || IS_MODULE.test(split[2]!) ? [] : split;
  const module = urlOf(path);
  if (module.protocol === "file:") requireModule(path, files);
  return { module, export: name, files, source: undefined };
}

/** Deno opens these only for a program that may do everything; stdin is open. */
function inputName(file: string): string {
  return /^\/(dev\/(stdin|fd\/0)|proc\/self\/fd\/0)$/.test(file) ? "-" : file;
}

/** Says so before a worker does: the two arguments are easily swapped. */
function requireModule(path: string, files: readonly string[]): void {
  if (IS_MODULE.test(path)) return;
  const other = files.find((file) => IS_MODULE.test(file.replace(/#[^#/\\]+$/, "")));
  const advice = other === undefined ? "wanted one, or -e '(record) => …'" : `wanted corral map ${other} ${path}`;
  throw new UsageError(
    `Cannot run ${JSON.stringify(path)}: by its name it is not a JavaScript or TypeScript module, ${advice}`,
  );
}

function urlOf(path: string): URL {
  if (/^(file|https?|data|jsr|npm):/.test(path)) {
    if (URL.canParse(path)) return new URL(path);
    throw new UsageError(`Cannot load ${JSON.stringify(path)}: not a valid URL`);
  }
  const base = new URL(`${fileUrl(Deno.cwd())}/`);
  const url = /^(\/|[A-Za-z]:[\\/]|\\\\)/.test(path) ? new URL(fileUrl(path)) : new URL(encodePath(path), base);
  if (Deno.permissions.querySync({ name: "read", path: url }).state === "granted") requireFile(url, path);
  return url;
}

/** Escapes what a URL reads as something else than a part of the path, or leaves out. */
function encodePath(path: string): string {
  const slashes = Deno.build.os === "windows" ? path.replaceAll("\\", "/") : path;
  return `./${slashes.replaceAll(/[%?#\\\0-\x20]/g, encodeURIComponent)}`;
}

function requireFile(url: URL, path: string): void {
  try {
    if (Deno.statSync(url).isFile) return;
  } catch {
    throw new UsageError(`Cannot load ${JSON.stringify(path)}: there is no such file`);
  }
  throw new UsageError(`Cannot load ${JSON.stringify(path)}: it is not a file`);
}
