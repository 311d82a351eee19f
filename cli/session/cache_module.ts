import { nearestConfig } from "@corral/multiprocessing/backend";
import { UsageError } from "../errors/usage_error.ts";
import { foreignImports, isShortFile, withoutFence } from "../files/foreign_files.ts";
import { denoCommand } from "../files/deno_command.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import { importFlags } from "../options/import_flags.ts";

/** Downloads what a module imports, as workers will look for it: they download nothing. */
export async function cacheModule(options: CliMapOptions): Promise<void> {
  const { module, source, isUntrusted } = options;
  const imports = importFlags(options);
  const text = source === undefined ? undefined : `export default ${source}`;
  const { stdin = "", env, ...command } = text !== undefined
    ? { ...cacheText(imports), stdin: text }
    : isUntrusted
    ? await cacheForeign(module, imports)
    : cacheFile(module, imports);
  const child = new Deno.Command(denoCommand(), {
    ...command,
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
    // What it says becomes a part of an error, wherever that goes.
    env: { NO_COLOR: "1", FORCE_COLOR: "", ...env },
  }).spawn();
  const output = child.output();
  // One that has ended says so by its exit code.
  await new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {});
  const { success, stderr } = await output;
  if (success) return;
  const name = source === undefined ? module.href : "what -e imports";
  const said = new TextDecoder().decode(stderr).trim();
  throw new UsageError(`Cannot cache ${name}: ${isUntrusted ? withoutFence(said) : said}`);
}

/** What Deno is started with. */
interface CacheCommand {
  readonly args: string[];
  readonly cwd?: URL;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A stranger's module may import what has no end: only what workers could load is looked at. */
async function cacheForeign(module: URL, imports: readonly string[]): Promise<CacheCommand> {
  if (module.protocol === "file:" && !await isShortFile(module)) {
    throw new UsageError(`Cannot cache ${module.href}: there is no file of at most 64 MiB`);
  }
  const { flags, stdin, env } = await foreignImports(module, nearestConfig(module.href));
  return { args: ["cache", "--quiet", "--no-lock", ...imports, ...flags, module.href], stdin, env };
}

function cacheFile(module: URL, imports: readonly string[]): CacheCommand {
  const config = nearestConfig(module.href);
  if (config !== undefined) return { args: ["cache", "--quiet", ...imports, `--config=${config}`, module.href] };
  if (module.protocol !== "file:") return { args: ["cache", "--quiet", ...imports, "--no-config", module.href] };
  // In its folder Deno finds a package.json, which no flag names.
  return { args: ["cache", "--quiet", ...imports, module.href], cwd: new URL(".", module) };
}

/** `deno cache` takes no text. To run it comes to the same: it is one expression, and may do nothing. */
function cacheText(imports: readonly string[]): CacheCommand {
  return { args: ["run", "--quiet", "--no-prompt", ...imports, "-"] };
}
