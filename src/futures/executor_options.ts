import { OptionChecks } from "../option_checks.ts";
import {
  MAX_WORKERS,
  OPTIONS_OF_CALLS,
  POOL_OPTIONS,
  type ResolvedPoolOptions,
  resolvePoolOptions,
} from "../pool/options.ts";
import type { PoolOptions } from "../pool/types.ts";
import { shown } from "../shown.ts";
import type { ExecutorOptions, ShutdownOptions } from "./types.ts";

const { workers: _, ...otherOptions } = POOL_OPTIONS;
const EXECUTOR_OPTIONS: Record<keyof ExecutorOptions, unknown> = { ...otherOptions, maxWorkers: true };
const SHUTDOWN_OPTIONS: Record<keyof ShutdownOptions, true> = { wait: true, cancelFutures: true };
const executorChecks = new OptionChecks("make an executor", { workers: "maxWorkers" });
const shutdownChecks = new OptionChecks("shut down");

/** Checks an executor's options and fills in the defaults. Throws TypeError or RangeError. */
export function resolveExecutorOptions(options: ExecutorOptions): ResolvedPoolOptions {
  return resolvePoolOptions(poolOptions(options), executorChecks);
}

function poolOptions(options: ExecutorOptions): PoolOptions {
  if (typeof options === "number") {
    // As in Python.
    throw executorChecks.wrongType(`the options are ${options}, wanted { maxWorkers: ${options} }`);
  }
  executorChecks.names(options, EXECUTOR_OPTIONS, "an executor", OPTIONS_OF_CALLS);
  const { maxWorkers, ...others } = options;
  if (maxWorkers === undefined) return { name: "executor", ...others };
  if (typeof maxWorkers !== "number") {
    throw executorChecks.wrongType(`"maxWorkers" is ${shown(maxWorkers)}, a number is wanted`);
  }
  return { name: "executor", ...others, workers: executorChecks.within("maxWorkers", maxWorkers, 1, 1, MAX_WORKERS) };
}

/** Checks the options of `shutdown()` and fills in the defaults. Throws TypeError. */
export function resolveShutdownOptions(options: ShutdownOptions): Required<ShutdownOptions> {
  shutdownChecks.names(options, SHUTDOWN_OPTIONS, "shutdown");
  return {
    wait: shutdownChecks.flag("wait", options.wait) ?? true,
    cancelFutures: shutdownChecks.flag("cancelFutures", options.cancelFutures) ?? false,
  };
}
