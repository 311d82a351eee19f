import { LAUNCH_OPTIONS, resolveLaunchOptions } from "../worker/launch_options.ts";
import { OptionChecks } from "../option_checks.ts";
import { shown } from "../shown.ts";
import type { TaskBackendProvider } from "./backend.ts";
import type { LocalOptions } from "./local/options.ts";
import type { AsyncCallbacks, ImapOptions, MapOptions, PoolOptions, TaskOptions } from "./types.ts";

const poolChecks = new OptionChecks("make a pool");
const taskChecks = new OptionChecks("submit");

/** A pool's options, checked, with every default filled in: those that have a meaning wherever its tasks run, and those of the local backend. */
export interface ResolvedPoolOptions {
  readonly name: string;
  readonly moduleUrl: string | undefined;
  readonly maxFrameBytes: number;
  readonly taskTimeoutMs: number | undefined;
  readonly retries: number;
  readonly onEvent: PoolOptions["onEvent"];
  readonly maxQueue: number;
  readonly scopeTimeoutMs: number | undefined;
  readonly local: LocalOptions;
  readonly backend: TaskBackendProvider | undefined;
  /** What the backend is called in messages. */
  readonly backendName: string;
  /** Options that only `backend` understands. */
  readonly backendOptions: Readonly<Record<string, unknown>>;
}

/** The names of a pool's options. */
export const POOL_OPTIONS: Record<keyof PoolOptions, true> = {
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
  startTimeoutMs: true,
  idleTimeoutMs: true,
  name: true,
  onEvent: true,
  abortGraceMs: true,
  backend: true,
  maxQueue: true,
  scopeTimeoutMs: true,
};

/** Options that mean the same wherever tasks run. */
const ANYWHERE: ReadonlySet<string> = new Set<keyof PoolOptions>([
  "name",
  "module",
  "maxFrameBytes",
  "taskTimeoutMs",
  "retries",
  "onEvent",
  "maxQueue",
  "scopeTimeoutMs",
  "backend",
]);

/** A pool has books on each worker from its beginning. */
export const MAX_WORKERS = 65_536;

/** Checks a pool's options and fills in the defaults. Throws TypeError or RangeError, worded by `checks`. */
export function resolvePoolOptions(options: PoolOptions, checks: OptionChecks = poolChecks): ResolvedPoolOptions {
  if (typeof options === "number") {
    // As in Python.
    throw checks.wrongType(`the options are ${options}, wanted { workers: ${options} }`);
  }
  checks.names(options, POOL_OPTIONS, "a pool", OPTIONS_OF_CALLS);
  const { onEvent, backend } = options;
  if (onEvent !== undefined && typeof onEvent !== "function") {
    throw checks.wrongType(`"onEvent" is ${typeof onEvent}, a function is wanted`);
  }
  const backendOptions = backend === undefined ? {} : optionsFor(backend, options, checks);
  const local = resolveLocalOptions(options, checks);
  return {
    name: checks.text("name", options.name) ?? "pool",
    moduleUrl: local.moduleUrl,
    maxFrameBytes: local.maxFrameBytes,
    taskTimeoutMs: limited(checks.duration("taskTimeoutMs", options.taskTimeoutMs)),
    retries: checks.count("retries", options.retries, 0, 0),
    onEvent,
    maxQueue: options.maxQueue === Infinity ? Infinity : checks.count("maxQueue", options.maxQueue, Infinity),
    scopeTimeoutMs: checks.duration("scopeTimeoutMs", options.scopeTimeoutMs),
    local,
    backend,
    backendName: backend?.description.name ?? "this machine",
    backendOptions,
  };
}

/** What code needs that nobody here wrote: see `docs/security.md`. */
const UNTRUSTED_LIMITS = {
  trust: "untrusted",
  taskTimeoutMs: 10_000,
  startTimeoutMs: 30_000,
  memoryLimitMiB: 256,
  maxFrameBytes: 1024 * 1024,
} as const;

/** The options of a pool for a module that is not trusted. Throws TypeError. */
export function untrustedOptions(module: string | URL, options: Omit<PoolOptions, "module">): PoolOptions {
  if (module === undefined) {
    throw poolChecks.wrongType('"module" is undefined, the untrusted module is wanted');
  }
  if (typeof options !== "object" || options === null) {
    throw poolChecks.wrongType(`the options are ${shown(options)}, wanted { workers: 4 }`);
  }
  const { trust, module: other }: PoolOptions = options;
  if (other !== undefined) {
    throw poolChecks.wrongType('"module" is among the options, wanted Pool.untrusted(module, options)');
  }
  if (trust !== undefined && trust !== "untrusted") {
    throw poolChecks.wrongType(`"trust" is ${shown(trust)}, Pool.untrusted() has "untrusted" only`);
  }
  // An option that is there and undefined is one that was left out: it must not take a limit away.
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...UNTRUSTED_LIMITS, ...Object.fromEntries(given), module };
}

function resolveLocalOptions(options: PoolOptions, checks: OptionChecks): LocalOptions {
  return {
    ...resolveLaunchOptions(options, checks),
    workers: checks.within("workers", options.workers, navigator.hardwareConcurrency || 1, 1, MAX_WORKERS),
    concurrency: checks.count("concurrency", options.concurrency, 1),
    passOutput: checks.choice("output", options.output, ["pass", "events"]) === "pass",
    initializer: checks.functionOrName("initializer", options.initializer),
    initArgs: initArgsOf(options, checks),
    maxTasksPerChild: checks.count("maxTasksPerChild", options.maxTasksPerChild, Infinity),
    breakOnExit: checks.choice("onWorkerExit", options.onWorkerExit, ["replace", "break"]) === "break",
    startTimeoutMs: checks.duration("startTimeoutMs", options.startTimeoutMs) ?? Infinity,
    idleTimeoutMs: checks.duration("idleTimeoutMs", options.idleTimeoutMs) ?? Infinity,
    abortGraceMs: checks.duration("abortGraceMs", options.abortGraceMs) ?? 500,
  };
}

function initArgsOf({ initArgs, initializer }: PoolOptions, checks: OptionChecks): readonly unknown[] {
  const list = checks.list("initArgs", initArgs) ?? [];
  if (list.length === 0 || initializer !== undefined) return list;
  throw checks.wrongType('"initArgs" are given without an "initializer", which gets them');
}

/** The options that only a backend understands. Throws TypeError for those that it does not. */
function optionsFor(
  backend: TaskBackendProvider,
  options: PoolOptions,
  checks: OptionChecks,
): Record<string, unknown> {
  if (typeof backend?.connect !== "function") {
    throw checks.wrongType(`"backend" is ${typeof backend}, an object with a connect() method is wanted`);
  }
  const { takes, description } = backend;
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || ANYWHERE.has(name)) continue;
    if (!takes.includes(name)) {
      throw checks.wrongType(`${checks.quoted(name)} has no meaning on ${description.name}, ${description.why}`);
    }
    own[name] = value;
  }
  return own;
}

/** A limit of `Infinity` is no limit: requests are plain data, and JSON has no Infinity. */
function limited(timeoutMs: number | undefined): number | undefined {
  return timeoutMs === Infinity ? undefined : timeoutMs;
}

const TASK_OPTIONS: Record<keyof TaskOptions, true> = {
  timeoutMs: true,
  signal: true,
  retries: true,
  priority: true,
  key: true,
  onProgress: true,
};

/** Told to the caller of `applyAsync` and its kin. The other calls give a promise, which tells it. */
const CALLBACKS: Record<keyof AsyncCallbacks<never>, true> = { callback: true, errorCallback: true };

const CALL_OPTIONS: Record<keyof (TaskOptions & AsyncCallbacks<never>), true> = {
  ...TASK_OPTIONS,
  ...CALLBACKS,
};

const MAP_OPTIONS: Record<keyof MapOptions, true> = {
  ...TASK_OPTIONS,
  chunkSize: true,
  onItem: true,
  settle: true,
  runId: true,
};

const IMAP_OPTIONS: Record<keyof ImapOptions, true> = {
  ...TASK_OPTIONS,
  chunkSize: true,
  bufferSize: true,
  onItem: true,
};

/** Where options belong that were given to a pool, and to a call. */
export const OPTIONS_OF_CALLS = {
  "a call": TASK_OPTIONS,
  "applyAsync()": CALLBACKS,
  "map()": MAP_OPTIONS,
  "imap()": IMAP_OPTIONS,
};
const OPTIONS_OF_POOLS = { "the pool": POOL_OPTIONS };

/**
 * Checks the options of one call. Throws TypeError or RangeError.
 *
 * @param callbacks Whether it takes callbacks: those of a call that does not would never be called.
 */
export function checkTaskOptions(options: TaskOptions & AsyncCallbacks<never>, callbacks = false): void {
  const known = callbacks ? CALL_OPTIONS : TASK_OPTIONS;
  taskChecks.names(options, known as typeof CALL_OPTIONS, "a task", {
    "applyAsync()": CALLBACKS,
    "map()": MAP_OPTIONS,
    "imap()": IMAP_OPTIONS,
    ...OPTIONS_OF_POOLS,
  });
  checkTask(options);
}

function checkTask(options: TaskOptions & AsyncCallbacks<never>): void {
  const checks = taskChecks;
  checks.duration("timeoutMs", options.timeoutMs);
  checks.count("retries", options.retries, 0, 0);
  const { priority, key, onProgress, callback, errorCallback } = options;
  if (priority !== undefined && !Number.isFinite(priority)) {
    throw checks.outOfRange(`"priority" is ${shown(priority)}, a number is wanted`);
  }
  if (key !== undefined && typeof key !== "string") {
    throw checks.wrongType(`"key" is ${typeof key}, a string is wanted`);
  }
  checks.signal("signal", options.signal);
  for (const [name, value] of Object.entries({ onProgress, callback, errorCallback })) {
    if (value !== undefined && typeof value !== "function") {
      throw checks.wrongType(`"${name}" is ${typeof value}, a function is wanted`);
    }
  }
}

/** Checks the options of `map` and its kin. Throws TypeError or RangeError. */
export function checkMapOptions(options: MapOptions & AsyncCallbacks<never>, callbacks = false): void {
  refuseChunkSize(options);
  const known = callbacks ? { ...MAP_OPTIONS, ...CALLBACKS } : MAP_OPTIONS;
  taskChecks.names(options, known as Record<keyof typeof options, true>, "map", {
    "mapAsync()": CALLBACKS,
    "imap()": IMAP_OPTIONS,
    ...OPTIONS_OF_POOLS,
  });
  checkTask(options);
  taskChecks.count("chunkSize", options.chunkSize, 1);
  taskChecks.flag("settle", options.settle);
  checkOnItem(options);
  const { runId } = options;
  if (runId === undefined) return;
  if (typeof runId !== "string" || runId === "") {
    throw taskChecks.wrongType(`"runId" is ${shown(runId)}, a string is wanted`);
  }
  if (options.chunkSize === undefined) {
    throw taskChecks.wrongType('"runId" needs "chunkSize": a later run must make the same chunks');
  }
}

/** Checks the options of `imap` and its kin. Throws TypeError or RangeError. */
export function checkImapOptions(options: ImapOptions): void {
  refuseChunkSize(options);
  taskChecks.names(options, IMAP_OPTIONS, "imap", { "map()": MAP_OPTIONS, ...OPTIONS_OF_POOLS });
  checkTask(options);
  taskChecks.count("chunkSize", options.chunkSize, 1);
  taskChecks.count("bufferSize", options.bufferSize, 1);
  checkOnItem(options);
}

/** Python's third argument of `map` and `imap` is the size of chunks. */
function refuseChunkSize(options: unknown): void {
  if (typeof options !== "number") return;
  throw taskChecks.wrongType(`the options are ${options}, wanted { chunkSize: ${options} }`);
}

function checkOnItem({ onItem }: Pick<ImapOptions, "onItem">): void {
  if (onItem === undefined || typeof onItem === "function") return;
  throw taskChecks.wrongType(`"onItem" is ${typeof onItem}, a function is wanted`);
}
