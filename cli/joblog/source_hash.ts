import { nearestConfig } from "@corral/multiprocessing/backend";
import { UsageError } from "../errors/usage_error.ts";
import { foreignImports, isShortFile } from "../files/foreign_files.ts";
import { denoCommand } from "../files/deno_command.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import { importFlags } from "../options/import_flags.ts";
import { hashOf } from "../output/record_hash.ts";

/** What decides about the source of a function. */
type Source = Pick<CliMapOptions, "module" | "isUntrusted" | "permissions">;

/** A proxy that is not there: nothing can listen at that port. Workers download nothing either, and what a module names would tell somebody. */
const NO_PROXY_SERVER = "http://127.0.0.1:0";
const OFFLINE = Object.fromEntries(
  Object.entries({
    HTTP_PROXY: NO_PROXY_SERVER,
    HTTPS_PROXY: NO_PROXY_SERVER,
    ALL_PROXY: NO_PROXY_SERVER,
    NO_PROXY: "",
  })
    .flatMap(([name, value]) => [[name, value], [name.toLowerCase(), value]]),
);

/** The part of the output of `deno info --json` that is used. */
interface ModuleGraph {
  readonly modules?: readonly { readonly specifier: string; readonly error?: string }[];
}

/**
 * A hash of the function's source: its module, and the local modules that it imports. Of what comes from elsewhere the names
 * count, which have versions in them.
 */
export async function sourceHash(source: Source): Promise<string> {
  const { module, isUntrusted } = source;
  if (module.protocol === "data:") return hashOf(module.href);
  const specifiers = await importedModules(source);
  const base = new URL(".", module).href;
  const lines = await Promise.all(specifiers.map(async (specifier) => {
    const isInside = specifier.startsWith(base);
    const name = isInside ? specifier.slice(base.length) : specifier;
    if (!specifier.startsWith("file:")) return `${name} `;
    const url = new URL(specifier);
    return `${name} ${isUntrusted ? await foreignHash(url, isInside) : hashOf(await Deno.readFile(url))}`;
  }));
  return hashOf(lines.sort().join("\n"));
}

/** Of what a stranger's module names, only what workers could load is read. */
async function foreignHash(url: URL, isInside: boolean): Promise<string> {
  return isInside && await isShortFile(url) ? hashOf(await Deno.readFile(url)) : "";
}

async function importedModules(source: Source): Promise<string[]> {
  const { module, isUntrusted, permissions } = source;
  if (isUntrusted && module.protocol === "file:" && !await isShortFile(module)) return [];
  const imports = importFlags({ permissions });
  const config = nearestConfig(module.href);
  const foreign = isUntrusted ? await foreignImports(module, config) : undefined;
  const named = config === undefined ? ["--no-config"] : [`--config=${config}`];
  const child = new Deno.Command(denoCommand(), {
    args: [
      ...["info", "--json", "--quiet", "--no-lock", ...imports],
      ...(foreign?.flags ?? named),
      module.href,
    ],
    env: { ...(imports.length === 0 && OFFLINE), ...foreign?.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  // It may have ended without a look at it.
  await new Blob([foreign?.stdin ?? ""]).stream().pipeTo(child.stdin).catch(() => {});
  const { success, stdout, stderr } = await output;
  const text = new TextDecoder();
  if (!success) throw new UsageError(`Cannot read the imports of ${module}: ${text.decode(stderr).trim()}`);
  const { modules = [] }: ModuleGraph = JSON.parse(text.decode(stdout));
  return modules.filter(({ error }) => error === undefined).map(({ specifier }) => specifier);
}
