import { nearestConfig } from "@corral/multiprocessing/backend";
import { UsageError } from "../errors/usage_error.ts";
import { denoCommand } from "../files/deno_command.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import { importFlags } from "../options/import_flags.ts";

/** Downloads what a module imports, as workers will look for it: they download nothing. */
export async function cacheModule(options: CliMapOptions): Promise<void> {
  const { module, source } = options;
  const child = new Deno.Command(denoCommand(), {
    ...(source === undefined ? cacheFile(module, importFlags(options)) : cacheText(importFlags(options))),
    stdin: source === undefined ? "null" : "piped",
    stdout: "null",
    stderr: "piped",
    // What it says becomes a part of an error, wherever that goes.
    env: { NO_COLOR: "1", FORCE_COLOR: "" },
  }).spawn();
  // One that has ended says so by its exit code.
  if (source !== undefined) await new Blob([`export default ${source}`]).stream().pipeTo(child.stdin).catch(() => {});
  const { success, stderr } = await child.output();
  if (success) return;
  const name = source === undefined ? module.href : "what -e imports";
  throw new UsageError(`Cannot cache ${name}: ${new TextDecoder().decode(stderr).trim()}`);
}

function cacheFile(module: URL, imports: readonly string[]): Deno.CommandOptions {
  const config = nearestConfig(module.href);
  if (config !== undefined) return { args: ["cache", "--quiet", ...imports, `--config=${config}`, module.href] };
  if (module.protocol !== "file:") return { args: ["cache", "--quiet", ...imports, "--no-config", module.href] };
  // In its folder Deno finds a package.json, which no flag names.
  return { args: ["cache", "--quiet", ...imports, module.href], cwd: new URL(".", module) };
}

/** `deno cache` takes no text. To run it comes to the same: it is one expression, and may do nothing. */
function cacheText(imports: readonly string[]): Deno.CommandOptions {
  return { args: ["run", "--quiet", "--no-prompt", ...imports, "-"] };
}
