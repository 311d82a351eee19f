/** By which variables Deno gives a worker no place to store anything, in a thread of it either. See `docs/decisions/storage.md`. */
import type { ResolvedLaunchOptions } from "../launch_options.ts";
import type { Grants } from "../permissions/permissions.ts";

// A folder that nobody can make, since it would have to be in a file.
const NO_FOLDER = `${Deno.execPath()}${Deno.build.os === "windows" ? "\\" : "/"}none`;

/** A server of caches that is not there: nothing can listen at that port. With it, no `caches` of Deno is on the disk. */
const NO_SERVER = "http://127.0.0.1:0,none";

/**
 * The variables for a worker with these options.
 *
 * @param closedCache Makes a folder from which Deno can load, and to which it can write no more than modules; `undefined` where that cannot be.
 */
export function storageVariables(
  { trust, moduleUrl, storage, env }: ResolvedLaunchOptions,
  grants: Grants,
  closedCache: () => string | undefined,
): Record<string, string> {
  if (storage) return {};
  if (trust === "trusted") {
    // What it starts would take that over.
    return grants.has("run") || "DENO_CACHE_LSC_ENDPOINT" in env ? {} : { DENO_CACHE_LSC_ENDPOINT: NO_SERVER };
  }
  const isLocal = moduleUrl === undefined || /^(file|data):/.test(moduleUrl);
  if (isLocal && !grants.has("import")) return { DENO_DIR: NO_FOLDER };
  const folder = closedCache();
  return folder === undefined ? { DENO_CACHE_LSC_ENDPOINT: NO_SERVER } : { DENO_DIR: folder };
}
