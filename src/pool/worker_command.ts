import type { WorkerCommand } from "../worker/command_line.ts";
import { launchCommand } from "../worker/launch.ts";
import type { ResolvedPoolOptions } from "./options.ts";

/** The command line of a pool's workers, which starts nothing. Throws what making the pool would throw. */
export function poolWorkerCommand(options: ResolvedPoolOptions): WorkerCommand {
  return launchCommand(options);
}
