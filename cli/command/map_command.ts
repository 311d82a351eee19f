import { startAhead } from "@corral/multiprocessing/ahead";
import { MAP_FLAGS } from "../options/map_flags.ts";
import { parseFlags } from "../options/parse_flags.ts";
import { requireOwnPermissions } from "../session/own_permissions.ts";
import { poolOptions } from "../options/pool_options.ts";
import { readMapOptions } from "../options/read_options.ts";

/** `corral map`: returns the exit code. Throws UsageError. */
export async function mapCommand(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args, MAP_FLAGS);
  if (flags.has("help")) {
    const { mapHelp } = await import("./help.ts");
    const { printText } = await import("../files/standard_streams.ts");
    await printText(mapHelp());
    return 0;
  }
  const addSet = flags.has("permission-set")
    ? (await import("../options/permission_sets.ts")).addPermissionSet
    : undefined;
  const options = readMapOptions(flags, args, addSet);
  requireOwnPermissions(options);
  if (options.cache) {
    const { cacheModule } = await import("../session/cache_module.ts");
    await cacheModule(options);
  }
  if (flags.has("dry-run")) {
    const { dryRun } = await import("../session/dry_run.ts");
    return await dryRun(options);
  }
  // It boots while the rest of the command loads. Nothing of the function's module runs in it before the run has its files.
  const endAhead = options.cluster === undefined ? startAhead(poolOptions(options)) : undefined;
  try {
    const { MapSession } = await import("../session/map_session.ts");
    return await new MapSession(options).run();
  } catch (error) {
    if (options.source === undefined || !(error instanceof ReferenceError)) throw error;
    const { UsageError } = await import("../errors/usage_error.ts");
    throw new UsageError(
      `Cannot run -e: ${error.message}; the text is evaluated once and gives the function, like (record) => record.id`,
      { cause: error },
    );
  } finally {
    await endAhead?.();
  }
}
