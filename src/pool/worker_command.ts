import { CHILD_ENTRY_URL } from "../worker/child_entry.ts";
import { type WorkerCommand, workerCommand } from "../worker/command_line.ts";
import type { ResolvedPoolOptions } from "./options.ts";

/** The command line of a pool's workers. Throws what {@linkcode workerCommand} throws. */
export function poolWorkerCommand(options: ResolvedPoolOptions): WorkerCommand {
  const { moduleUrl, trust, permissions, deny, env, cwd, configOf, memoryLimitMiB, denoPath } = options;
  return workerCommand({
    entryUrl: CHILD_ENTRY_URL,
    moduleUrl,
    trust,
    permissions,
    deny,
    env,
    cwd,
    configOf,
    memoryLimitMiB,
    denoPath,
    storageKey: crypto.randomUUID().replaceAll("-", ""),
  });
}
