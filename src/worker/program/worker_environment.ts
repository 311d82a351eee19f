import type { ResolvedLaunchOptions } from "../launch_options.ts";
import { type Grants, isHeld } from "../permissions/permissions.ts";
import { certificateFrom } from "../project/module_url.ts";
import { closedCache } from "./closed_cache.ts";
import { colorVariables, localeVariables } from "../surroundings.ts";

/** Where Deno keeps what it has cached; without these the cached modules are not found. */
export const FOLDER_VARIABLES: readonly string[] = ["DENO_DIR", "HOME", "XDG_CACHE_HOME"];
const DENO_VARIABLES = [...FOLDER_VARIABLES, "NPM_CONFIG_REGISTRY", "JSR_URL", "DENO_COVERAGE_DIR"];
// What Deno resolves imports by, beside flags and files.
const RESOLVING_VARIABLES = [
  "DENO_NO_PACKAGE_JSON",
  "DENO_CONDITIONS",
  "DENO_COMPAT",
  "DENO_UNSTABLE_SLOPPY_IMPORTS",
  "DENO_UNSTABLE_BARE_NODE_BUILTINS",
  "DENO_UNSTABLE_RAW_IMPORTS",
];
// By these Deno itself connects: which certificates it trusts, and through which proxy.
const CERTIFICATE_VARIABLES = [
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];
/** In them can be a password. */
export const PROXY_VARIABLES: readonly string[] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap(
  (name) => [name, name.toLowerCase()],
);
/** Everything by which a worker connects as this program does, where it may read them. */
export const NETWORK_VARIABLES: readonly string[] = [...CERTIFICATE_VARIABLES, ...PROXY_VARIABLES];
// Paths, which count from the folder in which the program was started.
const PATH_VARIABLES = ["DENO_DIR", "DENO_CERT", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];
/** By it glibc asks for huge pages, in which memory for large bytes costs a fraction. See `docs/decisions/starting.md`. */
const MEMORY_VARIABLES = { GLIBC_TUNABLES: "glibc.malloc.hugetlb=1" };
const WINDOWS_VARIABLES = ["LOCALAPPDATA", "USERPROFILE", "SystemRoot", "SystemDrive", "windir", "TEMP", "TMP"];
const RUN_VARIABLES = ["PATH", "PATHEXT"];
/** A folder that nobody can make, since it would have to be in a file. */
const NO_FOLDER = `${Deno.execPath()}${Deno.build.os === "windows" ? "\\" : "/"}none`;

/** A server of caches that is not there: nothing can listen at that port. With it, no `caches` of Deno is on the disk. */
const NO_SERVER = "http://127.0.0.1:0,none";

/**
 * The whole environment of a worker: what Deno needs to find its cache, and what the caller gives.
 *
 * @param denoPath The command that starts Deno.
 */
export function workerEnv(options: ResolvedLaunchOptions, grants: Grants, denoPath: string): Record<string, string> {
  const { env } = options;
  const names = [
    ...DENO_VARIABLES,
    ...RESOLVING_VARIABLES,
    ...(Deno.build.os === "windows" ? WINDOWS_VARIABLES : []),
    ...(grants.has("run") ? RUN_VARIABLES : []),
    ...(mayConnect(grants) ? CERTIFICATE_VARIABLES : []),
  ];
  const given: Record<string, string> = {
    DENO_NO_UPDATE_CHECK: "1",
    ...(Deno.build.os === "linux" ? MEMORY_VARIABLES : {}),
    ...localeVariables(),
    ...colorVariables(env),
    ...readableVariables(names),
    ...(mayConnect(grants) ? proxyVariables(options, grants) : {}),
    ...env,
  };
  const locating = Object.fromEntries(
    Object.entries(given).filter(([name]) => [...FOLDER_VARIABLES, ...WINDOWS_VARIABLES].includes(name)),
  );
  return { ...given, ...storageVariables(options, grants, () => closedCache(denoPath, locating, options.cwd)) };
}

/**
 * By which variables Deno gives a worker no place to store anything, in a thread of it either. See `docs/decisions/storage.md`.
 *
 * @param closedCacheFolder Makes a folder from which Deno can load, and to which it can write no more than modules; `undefined` where that cannot be.
 */
function storageVariables(
  { trust, moduleUrl, storage, env }: ResolvedLaunchOptions,
  grants: Grants,
  closedCacheFolder: () => string | undefined,
): Record<string, string> {
  if (storage) return {};
  if (trust === "trusted") {
    // What it starts would take that over.
    return grants.has("run") || "DENO_CACHE_LSC_ENDPOINT" in env ? {} : { DENO_CACHE_LSC_ENDPOINT: NO_SERVER };
  }
  const isLocal = moduleUrl === undefined || /^(file|data):/.test(moduleUrl);
  if (isLocal && !grants.has("import")) return { DENO_DIR: NO_FOLDER };
  const folder = closedCacheFolder();
  return folder === undefined ? { DENO_CACHE_LSC_ENDPOINT: NO_SERVER } : { DENO_DIR: folder };
}

/** Whether a worker may connect to anything. */
export function mayConnect(grants: Grants): boolean {
  return grants.has("net") || grants.has("import");
}

/** The proxies of the program. What an untrusted worker starts, or calls natively, reads all of its environment: it gets no password there. */
function proxyVariables({ trust }: ResolvedLaunchOptions, grants: Grants): Record<string, string> {
  const found = readableVariables(PROXY_VARIABLES);
  const opensEnvironment = trust === "untrusted" && (grants.has("run") || grants.has("ffi"));
  return opensEnvironment
    ? Object.fromEntries(Object.entries(found).filter(([, value]) => !value.includes("@")))
    : found;
}

function readableVariables(names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    if (!isHeld("env", name)) continue;
    const value = Deno.env.get(name);
    if (value === undefined) continue;
    // Workers may run in another folder than this program.
    found[name] = PATH_VARIABLES.includes(name) && value !== "" ? certificateFrom(value) : value;
  }
  return found;
}
