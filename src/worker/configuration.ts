import type { ResolvedLaunchOptions } from "./launch_options.ts";
import { bareImportMap } from "./import_map.ts";
import { nearestConfig, nearestPackageJson } from "./module_url.ts";

/**
 * Passes on the configuration of the user's module, and never one that happens to lie in the current folder.
 *
 * The configuration decides about `node_modules`. Where there is none, a `package.json` means a folder that npm made.
 */
export function configFlags({ moduleUrl, configOf = moduleUrl, trust }: ResolvedLaunchOptions): string[] {
  if (configOf === undefined) return ["--no-config"];
  const config = nearestConfig(configOf);
  if (trust === "untrusted") return ["--no-config", ...importMapFlag(config)];
  if (config !== undefined) return [`--config=${config}`];
  return nearestPackageJson(configOf) === undefined ? ["--no-config"] : ["--no-config", "--node-modules-dir=manual"];
}

function importMapFlag(config: string | undefined): string[] {
  const map = config === undefined ? undefined : bareImportMap(config);
  return map === undefined ? [] : [`--import-map=${map}`];
}
