import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import type { ClusterPackage } from "./cluster_package.ts";
import { UsageError } from "../errors/usage_error.ts";

const NAME = config.imports["@corral/cluster"];

/**
 * Loads `@corral/cluster`. Its name is put together here, so that nothing of it, or of BullMQ, is looked at or downloaded for those who
 * stay on one machine. See `docs/decisions/command.md`.
 */
export async function loadCluster({ mayLoadNativeCode = false } = {}): Promise<ClusterPackage> {
  // A package below BullMQ would load native code if it may, and does as well without.
  if (!mayLoadNativeCode) await Deno.permissions.revoke({ name: "ffi" });
  try {
    return await import(`${NAME}/host`) as ClusterPackage;
  } catch (error) {
    const { protocol } = new URL(import.meta.url);
    const line = protocol === "file:"
      ? `cd ${fileURLToPath(new URL("../../", import.meta.url)).replace(/[\\/]$/, "")} && deno install`
      : `deno cache ${NAME}/host`;
    throw new UsageError(
      `Cannot work with other machines: the package ${NAME} cannot be loaded, ${
        (error as Error).message
      }; get it once with:\n  ${line}`,
    );
  }
}
