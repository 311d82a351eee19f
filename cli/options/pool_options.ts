import { moduleUrl as fileUrl } from "@corral/multiprocessing/ahead";
import type { PoolOptions } from "@corral/multiprocessing/pool";
import type { CliMapOptions } from "./cli_map_options.ts";

/** The options of a run's pool. */
export function poolOptions(options: CliMapOptions): PoolOptions {
  const { jobs, permissions, deny, env, memoryLimitMiB, module, isUntrusted } = options;
  return {
    workers: jobs,
    module,
    configOf: placeOf(options),
    trust: isUntrusted ? "untrusted" : "trusted",
    permissions,
    deny,
    env: { ...env },
    output: "events",
    // A record that is out of time has had its grace before.
    abortGraceMs: 0,
    ...(memoryLimitMiB === undefined ? {} : { memoryLimitMiB }),
    ...maxTasks(options),
    name: "corral map",
  };
}

/**
 * Where the `deno.json` is looked for: near the function, and for `-e` where the user stands, as `deno eval` does. Never where the command
 * has its own: `deno install` starts it with a `--config`, which workers of a program would go by.
 */
function placeOf({ module, source, isUntrusted }: CliMapOptions): URL {
  if (source === undefined || isUntrusted) return module;
  try {
    return new URL(`${fileUrl(Deno.cwd())}/`);
  } catch {
    // The folder is gone, or the command may not know of it.
    return module;
  }
}

/** A worker counts blocks: it gets only so many as cannot have more records than it may run. */
function maxTasks({ maxTasks, chunk }: CliMapOptions): PoolOptions {
  return maxTasks === undefined ? {} : { maxTasksPerChild: Math.max(1, Math.floor(maxTasks / Number(chunk))) };
}
