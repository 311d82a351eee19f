/**
 * Takes from the configuration of an untrusted module only what names its imports.
 *
 * Passing the whole file would be a way out: an import map also redirects URLs that stand in the static graph,
 * where a module may import any local file as JSON or text.
 */
import { isRecord, readConfig } from "./config_file.ts";
import { pathToFileUrl } from "./module_url.ts";

/** An import map with the bare names of a configuration, as a `data:` URL; `undefined` if there are none. */
export function bareImportMap(configPath: string): string | undefined {
  const imports = bareImports(readConfig(configPath), pathToFileUrl(configPath));
  if (Object.keys(imports).length === 0) return undefined;
  return `data:application/json,${encodeURIComponent(JSON.stringify({ imports }))}`;
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
