import { loadCluster } from "../cluster/load_cluster.ts";
import { MAP_HOST } from "../cluster/map_host.ts";

/** `corral agent`: runs records for `corral map --cluster` until it is told to end. Returns the exit code. */
export async function agentCommand(args: readonly string[]): Promise<number> {
  const { runAgentCommand } = await loadCluster({ mayLoadNativeCode: args.some((arg) => /^--allow-ffi\b/.test(arg)) });
  return await runAgentCommand(args, MAP_HOST);
}
