import { nearestConfig } from "@corral/multiprocessing/backend";
import { UsageError } from "../errors/usage_error.ts";
import { denoCommand } from "../files/deno_command.ts";

/** Downloads what a module imports, as workers will look for it: they download nothing. */
export async function cacheModule(module: URL): Promise<void> {
  const config = nearestConfig(module.href);
  const { success, stderr } = await new Deno.Command(denoCommand(), {
    args: ["cache", ...(config === undefined ? ["--no-config"] : [`--config=${config}`]), module.href],
    stdin: "null",
    stdout: "null",
  }).output();
  if (!success) {
    throw new UsageError(`Cannot cache ${module.href}: ${new TextDecoder().decode(stderr).trim()}`);
  }
}
