import type { ResolvedLaunchOptions } from "../launch_options.ts";
import { type Grants, isHeld } from "../permissions/permissions.ts";
import { absolutePath } from "../project/module_url.ts";
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
// What a worker that downloads needs beside these; a proxy's address may hold a password, so no other gets them.
const NETWORK_VARIABLES = ["DENO_CERT", "DENO_TLS_CA_STORE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].flatMap(
  (name) => name.endsWith("PROXY") ? [name, name.toLowerCase()] : [name],
);
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
    ...(grants.has("import") ? NETWORK_VARIABLES : []),
  ];
  return {
    DENO_NO_UPDATE_CHECK: "1",
    ...localeVariables(),
    ...colorVariables(env),
    ...readableVariables(names),
    ...(needsNoFolder(options, grants) ? { DENO_DIR: NO_FOLDER } : {}),
    ...env,
  };
}

// A folder that nobody can make, since it would have to be in a file.
const NO_FOLDER = `${Deno.execPath()}${Deno.build.os === "windows" ? "\\" : "/"}none`;

/**
 * Whether a worker can do without Deno's folder. Then its code cannot write there either, by whatever way: threads have a `caches` of their
 * own that nobody can take away. It costs a start some 0.1 s to find that code cannot be cached.
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
    found[name] = name === "DENO_DIR" && value !== "" ? absolutePath(value) : value;
  }
  return found;
}
