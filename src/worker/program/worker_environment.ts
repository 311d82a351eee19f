import type { ResolvedLaunchOptions } from "../launch_options.ts";
import { type Grants, isHeld } from "../permissions/permissions.ts";
import { pathFromStart } from "../project/module_url.ts";
import { colorVariables, localeVariables } from "../surroundings.ts";

// Where Deno keeps what it has cached, and by which registry; without these the cached modules are not found.
const DENO_VARIABLES = ["DENO_DIR", "HOME", "XDG_CACHE_HOME", "NPM_CONFIG_REGISTRY", "JSR_URL", "DENO_COVERAGE_DIR"];
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
const PROXY_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap(
  (name) => [name, name.toLowerCase()],
);
/** Everything by which a worker connects as this program does, where it may read them. */
export const NETWORK_VARIABLES: readonly string[] = [...CERTIFICATE_VARIABLES, ...PROXY_VARIABLES];
// Paths, which count from the folder in which the program was started.
const PATH_VARIABLES = ["DENO_DIR", "DENO_CERT", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];
const WINDOWS_VARIABLES = ["LOCALAPPDATA", "USERPROFILE", "SystemRoot", "SystemDrive", "windir", "TEMP", "TMP"];
const RUN_VARIABLES = ["PATH", "PATHEXT"];

/** The whole environment of a worker: what Deno needs to find its cache, and what the caller gives. */
export function workerEnv(options: ResolvedLaunchOptions, grants: Grants): Record<string, string> {
  const { env } = options;
  const names = [
    ...DENO_VARIABLES,
    ...RESOLVING_VARIABLES,
    ...(Deno.build.os === "windows" ? WINDOWS_VARIABLES : []),
    ...(grants.has("run") ? RUN_VARIABLES : []),
    ...(mayConnect(grants) ? CERTIFICATE_VARIABLES : []),
  ];
  return {
    DENO_NO_UPDATE_CHECK: "1",
    ...localeVariables(),
    ...colorVariables(env),
    ...readableVariables(names),
    ...(mayConnect(grants) ? proxyVariables(options, grants) : {}),
    ...(needsNoFolder(options, grants) ? { DENO_DIR: NO_FOLDER } : {}),
    ...env,
  };
}

function mayConnect(grants: Grants): boolean {
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

/**
 * The variables that Deno uses and an untrusted worker's code does not see, though it may read others: a proxy's address can hold a
 * password. See `docs/decisions/starting.md`.
 */
export function hiddenVariables({ trust, env }: ResolvedLaunchOptions, grants: Grants): string[] {
  const readable = grants.get("env");
  if (trust === "trusted" || readable === undefined || !mayConnect(grants)) return [];
  return PROXY_VARIABLES.filter((name) => !Object.hasOwn(env, name) && (readable === true || !readable.includes(name)));
}

// A folder that nobody can make, since it would have to be in a file.
const NO_FOLDER = `${Deno.execPath()}${Deno.build.os === "windows" ? "\\" : "/"}none`;

/**
 * Whether a worker can do without Deno's folder. Then its code cannot write there either, by whatever way: threads have a `caches` of their
 * own that nobody can take away. It costs a start some 0.1 s to find that code cannot be cached. See `docs/decisions/storage.md`.
 */
function needsNoFolder({ trust, moduleUrl, storage }: ResolvedLaunchOptions, grants: Grants): boolean {
  const isLocal = moduleUrl === undefined || /^(file|data):/.test(moduleUrl);
  return trust === "untrusted" && isLocal && !storage && !grants.has("import");
}

function readableVariables(names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    if (!isHeld("env", name)) continue;
    const value = Deno.env.get(name);
    if (value === undefined) continue;
    // Workers may run in another folder than this program.
    found[name] = PATH_VARIABLES.includes(name) && value !== "" ? pathFromStart(value) : value;
  }
  return found;
}
