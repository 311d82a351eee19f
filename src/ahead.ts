/**
 * A worker's process, started before the pool that it is for: a program can load the rest of itself while the worker starts.
 *
 * For commands, of which a run should be short; see {@linkcode startAhead}. It may change in minor releases.
 *
 * @module
 */
import "./require_deno.ts";
import { OptionChecks } from "./option_checks.ts";
import { resolveLaunchOptions, type WorkerLaunchOptions } from "./worker/launch_options.ts";
import { launchCommand } from "./worker/program/command_line.ts";
import { ProcessAhead } from "./worker/program/spawn.ts";
export type { WorkerLaunchOptions } from "./worker/launch_options.ts";
export { type ModuleOption, moduleUrl } from "./worker/project/module_url.ts";

/**
 * Starts the process of one worker, for the pool that is made next with the same options. None of the worker's code runs before that, and nothing
 * of a pool need be loaded. What is wrong with the options the pool says. It goes by the `deno.json` and the lock file as they are now: it
 * is for a program that makes its pool in a moment.
 *
 * @param options As for the pool, which may have others besides.
 * @returns A function that ends the process, if no pool has taken it.
 *
 * @example While the rest of a program loads
 * ```ts
 * import { startAhead } from "@corral/multiprocessing/ahead";
 *
 * const end = startAhead({ permissions: { read: ["/srv"] } });
 * const { Pool } = await import("@corral/multiprocessing/pool");
 * const pool = new Pool({ workers: 1, permissions: { read: ["/srv"] } });
 * console.log(await pool.apply(Math.sqrt, [16])); // 4
 * await pool.terminate();
 * await end();
 * ```
 */
export function startAhead(options: WorkerLaunchOptions): () => Promise<void> {
  // What one that is not trusted may read is looked up when it starts.
  if (options.trust === "untrusted") return nothingToEnd;
  let process: ProcessAhead | undefined;
  try {
    const resolved = resolveLaunchOptions(options, new OptionChecks("start a worker"));
    process = ProcessAhead.start((storageKey) => launchCommand(resolved, { storageKey }));
  } catch {
    return nothingToEnd;
  }
  return async () => {
    if (process !== undefined && process === ProcessAhead.waiting) await ProcessAhead.takeWaiting()?.end();
  };
}

async function nothingToEnd(): Promise<void> {}
