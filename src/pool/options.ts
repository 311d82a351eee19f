import { DEFAULT_MAX_FRAME_BYTES } from "../wire/framing/frame_format.ts";
import type { AnyFunction } from "../worker/function_table.ts";
import { moduleUrl } from "../worker/module_url.ts";
import type { AsyncCallbacks, ImapOptions, MapOptions, PoolOptions, TaskOptions } from "./types.ts";

// A worker must be able to say what went wrong, with a stack.
const MIN_FRAME_BYTES = 8 * 1024;
const MAX_FRAME_BYTES = 2 ** 31;

/** A pool's options, checked, with every default filled in. */
export interface ResolvedPoolOptions {
  readonly workers: number;
  readonly concurrency: number;
  readonly moduleUrl: string | undefined;
  readonly permissions: Deno.PermissionOptions;
  readonly deny: Deno.PermissionOptionsObject | undefined;
  readonly env: Record<string, string>;
  readonly cwd: string | URL | undefined;
  readonly configOf: string | undefined;
  readonly passOutput: boolean;
  readonly initializer: string | AnyFunction | undefined;
  readonly initArgs: readonly unknown[];
  readonly maxTasksPerChild: number;
  readonly memoryLimitMiB: number | undefined;
  readonly taskTimeoutMs: number | undefined;
  readonly retries: number;
  readonly breakOnExit: boolean;
  readonly idleTimeoutMs: number;
  readonly trust: "trusted" | "untrusted";
  readonly denoPath: string | undefined;
  readonly name: string;
  readonly onEvent: PoolOptions["onEvent"];
  readonly abortGraceMs: number;
  readonly killGraceMs: number;
  readonly maxFrameBytes: number;
}

const KNOWN_OPTIONS: Record<keyof PoolOptions, true> = {
  workers: true,
  concurrency: true,
  module: true,
  permissions: true,
  deny: true,
  env: true,
  cwd: true,
  configOf: true,
  output: true,
  initializer: true,
  initArgs: true,
  maxTasksPerChild: true,
  memoryLimitMiB: true,
  taskTimeoutMs: true,
  retries: true,
  onWorkerExit: true,
  idleTimeoutMs: true,
  trust: true,
  denoPath: true,
  name: true,
  onEvent: true,
  abortGraceMs: true,
  killGraceMs: true,
  maxFrameBytes: true,
};

/** Checks a pool's options and fills in the defaults. Throws TypeError or RangeError. */
export function resolvePoolOptions(options: PoolOptions): ResolvedPoolOptions {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(KNOWN_OPTIONS, name)) {
      throw new TypeError(`Cannot make a pool: "${name}" is no option of a pool`);
    }
  }
  const { initializer, initArgs, onEvent } = options;
  if (initializer !== undefined && typeof initializer !== "function" && typeof initializer !== "string") {
    throw new TypeError(
      `Cannot make a pool: "initializer" is ${typeof initializer}, a function or the name of an export is wanted`,
    );
  }
  if (initArgs !== undefined && !Array.isArray(initArgs)) {
    throw new TypeError('Cannot make a pool: "initArgs" must be an array');
  }
  if (onEvent !== undefined && typeof onEvent !== "function") {
    throw new TypeError('Cannot make a pool: "onEvent" must be a function');
  }
  return {
    workers: count("workers", options.workers, navigator.hardwareConcurrency || 1),
    concurrency: count("concurrency", options.concurrency, 1),
    moduleUrl: options.module === undefined ? undefined : moduleUrl(options.module),
    permissions: options.permissions ?? "none",
    deny: options.deny,
    env: { ...options.env },
    cwd: options.cwd,
    configOf: options.configOf === undefined ? undefined : moduleUrl(options.configOf),
    passOutput: choice("output", options.output, ["pass", "events"]) === "pass",
    initializer,
    initArgs: initArgs ?? [],
    maxTasksPerChild: count("maxTasksPerChild", options.maxTasksPerChild, Infinity),
    memoryLimitMiB: options.memoryLimitMiB,
    taskTimeoutMs: duration("taskTimeoutMs", options.taskTimeoutMs),
    retries: wholeNumber("retries", options.retries) ?? 0,
    breakOnExit: choice("onWorkerExit", options.onWorkerExit, ["replace", "break"]) === "break",
    idleTimeoutMs: duration("idleTimeoutMs", options.idleTimeoutMs) ?? Infinity,
    trust: choice("trust", options.trust, ["trusted", "untrusted"]),
    denoPath: options.denoPath,
    name: options.name ?? "pool",
    onEvent,
    abortGraceMs: duration("abortGraceMs", options.abortGraceMs) ?? 500,
    killGraceMs: duration("killGraceMs", options.killGraceMs) ?? 250,
    maxFrameBytes: frameLimit(options.maxFrameBytes),
  };
}

/** Checks a task's options. Throws TypeError or RangeError. */
export function checkTaskOptions(options: TaskOptions & AsyncCallbacks<never>): void {
  duration("timeoutMs", options.timeoutMs);
  wholeNumber("retries", options.retries);
  const { priority, key, signal, onProgress, callback, errorCallback } = options;
  if (priority !== undefined && !Number.isFinite(priority)) {
    throw new RangeError(`Cannot submit: "priority" is ${priority}, a number is wanted`);
  }
  if (key !== undefined && typeof key !== "string") {
    throw new TypeError(`Cannot submit: "key" is ${typeof key}, a string is wanted`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError('Cannot submit: "signal" must be an AbortSignal');
  }
  for (const [name, value] of Object.entries({ onProgress, callback, errorCallback })) {
    if (value !== undefined && typeof value !== "function") {
      throw new TypeError(`Cannot submit: "${name}" is ${typeof value}, a function is wanted`);
    }
  }
}

/** Checks the options of `map` or `imap`. Throws TypeError or RangeError. */
export function checkMapOptions(options: MapOptions & ImapOptions): void {
  checkTaskOptions(options);
  count("chunkSize", options.chunkSize, 1);
  count("bufferSize", options.bufferSize, 1);
}

function count(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`"${name}" is ${show(value)}, a whole number of at least 1 is wanted`);
  }
  return value;
}

function frameLimit(value: number = DEFAULT_MAX_FRAME_BYTES): number {
  if (Number.isSafeInteger(value) && value >= MIN_FRAME_BYTES && value <= MAX_FRAME_BYTES) return value;
  throw new RangeError(
    `"maxFrameBytes" is ${show(value)}, a whole number from ${MIN_FRAME_BYTES} to ${MAX_FRAME_BYTES} is wanted`,
  );
}

function wholeNumber(name: string, value: number | undefined): number | undefined {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) {
    throw new RangeError(`"${name}" is ${show(value)}, a whole number of at least 0 is wanted`);
  }
  return value;
}

function duration(name: string, value: number | undefined): number | undefined {
  if (value !== undefined && !(typeof value === "number" && value >= 0)) {
    throw new RangeError(`"${name}" is ${show(value)}, milliseconds of at least 0 are wanted`);
  }
  return value;
}

function choice<T extends string>(name: string, value: T | undefined, choices: readonly [T, ...T[]]): T {
  if (value === undefined) return choices[0];
  if (choices.includes(value)) return value;
  throw new TypeError(
    `"${name}" is ${show(value)}, one of ${choices.map((text) => JSON.stringify(text)).join(", ")} is wanted`,
  );
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
