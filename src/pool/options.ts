import type { AnyFunction } from "../worker/function_table.ts";
import { LAUNCH_OPTIONS, type ResolvedLaunchOptions, resolveLaunchOptions } from "../worker/launch_options.ts";
import { OptionChecks } from "../worker/option_checks.ts";
import type { AsyncCallbacks, ImapOptions, MapOptions, PoolOptions, TaskOptions } from "./types.ts";

const poolChecks = new OptionChecks("make a pool");
const taskChecks = new OptionChecks("submit");

/** A pool's options, checked, with every default filled in. */
export interface ResolvedPoolOptions extends ResolvedLaunchOptions {
  readonly workers: number;
  readonly concurrency: number;
  readonly passOutput: boolean;
  readonly initializer: string | AnyFunction | undefined;
  readonly initArgs: readonly unknown[];
  readonly maxTasksPerChild: number;
  readonly taskTimeoutMs: number | undefined;
  readonly retries: number;
  readonly breakOnExit: boolean;
  readonly idleTimeoutMs: number;
  readonly name: string;
  readonly onEvent: PoolOptions["onEvent"];
  readonly abortGraceMs: number;
}

const POOL_OPTIONS: Record<keyof PoolOptions, true> = {
  ...LAUNCH_OPTIONS,
  workers: true,
  concurrency: true,
  output: true,
  initializer: true,
  initArgs: true,
  maxTasksPerChild: true,
  taskTimeoutMs: true,
  retries: true,
  onWorkerExit: true,
  idleTimeoutMs: true,
  name: true,
  onEvent: true,
  abortGraceMs: true,
};

/** Checks a pool's options and fills in the defaults. Throws TypeError or RangeError. */
export function resolvePoolOptions(options: PoolOptions): ResolvedPoolOptions {
  const checks = poolChecks;
  checks.names(options, POOL_OPTIONS, "a pool");
  const { onEvent } = options;
  if (onEvent !== undefined && typeof onEvent !== "function") {
    throw checks.wrongType(`"onEvent" is ${typeof onEvent}, a function is wanted`);
  }
  return {
    ...resolveLaunchOptions(options, checks),
    workers: checks.count("workers", options.workers, navigator.hardwareConcurrency || 1),
    concurrency: checks.count("concurrency", options.concurrency, 1),
    passOutput: checks.choice("output", options.output, ["pass", "events"]) === "pass",
    initializer: checks.functionOrName("initializer", options.initializer),
    initArgs: checks.list("initArgs", options.initArgs) ?? [],
    maxTasksPerChild: checks.count("maxTasksPerChild", options.maxTasksPerChild, Infinity),
    taskTimeoutMs: checks.duration("taskTimeoutMs", options.taskTimeoutMs),
    retries: checks.count("retries", options.retries, 0, 0),
    breakOnExit: checks.choice("onWorkerExit", options.onWorkerExit, ["replace", "break"]) === "break",
    idleTimeoutMs: checks.duration("idleTimeoutMs", options.idleTimeoutMs) ?? Infinity,
    name: options.name ?? "pool",
    onEvent,
    abortGraceMs: checks.duration("abortGraceMs", options.abortGraceMs) ?? 500,
  };
}

/** Checks a task's options. Throws TypeError or RangeError. */
export function checkTaskOptions(options: TaskOptions & AsyncCallbacks<never>): void {
  const checks = taskChecks;
  checks.duration("timeoutMs", options.timeoutMs);
  checks.count("retries", options.retries, 0, 0);
  const { priority, key, signal, onProgress, callback, errorCallback } = options;
  if (priority !== undefined && !Number.isFinite(priority)) {
    throw checks.outOfRange(`"priority" is ${priority}, a number is wanted`);
  }
  if (key !== undefined && typeof key !== "string") {
    throw checks.wrongType(`"key" is ${typeof key}, a string is wanted`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw checks.wrongType('"signal" must be an AbortSignal');
  }
  for (const [name, value] of Object.entries({ onProgress, callback, errorCallback })) {
    if (value !== undefined && typeof value !== "function") {
      throw checks.wrongType(`"${name}" is ${typeof value}, a function is wanted`);
    }
  }
}

/** Checks the options of `map` or `imap`. Throws TypeError or RangeError. */
export function checkMapOptions(options: MapOptions & ImapOptions): void {
  checkTaskOptions(options);
  taskChecks.count("chunkSize", options.chunkSize, 1);
  taskChecks.count("bufferSize", options.bufferSize, 1);
}
