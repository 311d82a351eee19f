/**
 * Which variables of a worker its code does not see, and so cannot set, though it may use others. `--ignore-env` hides them from code and leaves them
 * to Deno. See `docs/decisions/starting.md`.
 */
import type { ResolvedLaunchOptions } from "../launch_options.ts";
import { isDenied } from "../permissions/denials.ts";
import type { Grants } from "../permissions/permissions.ts";
import { FOLDER_VARIABLES, mayConnect, PROXY_VARIABLES } from "./worker_environment.ts";

/**
 * What Deno and the libraries below its GPU look up again while a program runs. Code that sets them connects, writes a file, or loads native
 * code, with no permission but `env`.
 */
const LEADING_VARIABLES = [
  "DENO_CACHE_LSC_ENDPOINT",
  "DENO_WEBGPU_TRACE",
  "DENO_WEBGPU_DX12_COMPILER",
  "SSLKEYLOGFILE",
  "LIBGL_DRIVERS_PATH",
  "GBM_BACKENDS_PATH",
  "MESA_LOADER_DRIVER_OVERRIDE",
  "__EGL_VENDOR_LIBRARY_DIRS",
  "__EGL_VENDOR_LIBRARY_FILENAMES",
  "VK_ICD_FILENAMES",
  "VK_DRIVER_FILES",
  "VK_ADD_DRIVER_FILES",
  "VK_LAYER_PATH",
  "VK_ADD_LAYER_PATH",
  "VK_IMPLICIT_LAYER_PATH",
  "VK_ADD_IMPLICIT_LAYER_PATH",
  "VK_INSTANCE_LAYERS",
];

/**
 * The flags that hide variables from a worker, as far as the caller does not name them.
 *
 * @param grants Loses `env: true` and patterns like `"AWS_*"` if the worker is untrusted: it sees what it has, and cannot set anything else, since no
 *   list has all the variables by which libraries load code.
 * @param env The whole environment of the worker.
 * @param denials What is denied by a pattern would be granted by its name, which Deno lets pass.
 */
export function hideVariables(
  grants: Grants,
  { trust, env: given }: ResolvedLaunchOptions,
  env: Record<string, string>,
  denials: Grants,
): string[] {
  const readable = grants.get("env");
  if (readable === undefined) return [];
  const items = readable === true ? ["*"] : readable;
  const patterns = items.filter((item) => item.endsWith("*"));
  const named = items.filter((item) => !patterns.includes(item));
  const isByPattern = (name: string) => patterns.some((pattern) => name.startsWith(pattern.slice(0, -1)));
  const unnamed = (names: readonly string[]) =>
    names.filter((name) => !Object.hasOwn(given, name) && !named.includes(name));
  // Without this, each look at all variables would be an error.
  const proxies = trust === "trusted" || !mayConnect(grants) ? [] : unnamed(PROXY_VARIABLES);
  if (patterns.length === 0) return ignore(proxies);
  // With these it can do all that, too, and may make pools of its own, which get only what it holds as a whole.
  if (trust === "trusted") {
    return grants.has("run") || grants.has("ffi") ? [] : ignore(unnamed(LEADING_VARIABLES).filter(isByPattern));
  }
  const hidden = unnamed([...PROXY_VARIABLES, ...FOLDER_VARIABLES, ...LEADING_VARIABLES]);
  const seen = [...named, ...Object.keys(env).filter((name) => isByPattern(name) && !hidden.includes(name))]
    .filter((name) => !isDenied("env", name, denials));
  // With an empty list, Deno does not start.
  if (seen.length === 0) grants.delete("env");
  else grants.set("env", seen);
  return patterns.includes("*") ? ["--ignore-env"] : ignore([...patterns, ...proxies]);
}

// With an empty list, the flag would hide all.
function ignore(names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`--ignore-env=${names.join(",")}`];
}
