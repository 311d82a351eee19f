import { nearestConfig } from "@corral/multiprocessing/backend";
import { denoCommand } from "../files/deno_command.ts";
import { hashOf } from "../output/record_hash.ts";
import { UsageError } from "../errors/usage_error.ts";

/** The part of the output of `deno info --json` that is used. */
interface ModuleGraph {
  readonly modules?: readonly { readonly specifier: string; readonly error?: string }[];
}

/**
 * A hash of the function's source: its module, and the local modules that it imports. Of what comes from elsewhere the names
 * count, which have versions in them.
 */
export async function sourceHash(module: URL): Promise<string> {
  if (module.protocol === "data:") return hashOf(module.href);
  const specifiers = await importedModules(module);
  const base = new URL(".", module).href;
  const lines = await Promise.all(specifiers.map(async (specifier) => {
    const name = specifier.startsWith(base) ? specifier.slice(base.length) : specifier;
    return `${name} ${specifier.startsWith("file:") ? hashOf(await Deno.readFile(new URL(specifier))) : ""}`;
  }));
  return hashOf(lines.sort().join("\n"));
}

async function importedModules(module: URL): Promise<string[]> {
  const config = nearestConfig(module.href);
  const { success, stdout, stderr } = await new Deno.Command(denoCommand(), {
    args: [
      "info",
      "--json",
      "--quiet",
      "--no-lock",
      ...(config === undefined ? ["--no-config"] : [`--config=${config}`]),
      module.href,
    ],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (!success) throw new UsageError(`Cannot read the imports of ${module}: ${text.decode(stderr).trim()}`);
  const { modules = [] }: ModuleGraph = JSON.parse(text.decode(stdout));
  return modules.filter(({ error }) => error === undefined).map(({ specifier }) => specifier);
}
