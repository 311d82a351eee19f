import { ownProcess } from "../own_process.ts";
import type { AnyFunction } from "../worker/function_table.ts";
import { moduleUrl } from "../worker/module_url.ts";

/** What a process is to run, and what it may do. */
export interface ProcessOptions<F extends AnyFunction = AnyFunction> {
  /**
   * What runs: a function that `module` exports (by reference), the name of such an export, a function that needs nothing outside
   * itself (its text is sent), or a built-in. A subclass overrides `run()` instead.
   */
  target?: F | string;
  /** The target's arguments. */
  args?: Readonly<Parameters<F>>;
  /** A label, for people. @default the class's name and a number, like `"Process-1"`, or `"Process-1:2"` for a child's child */
  name?: string;
  /**
   * Whether it ends when this program comes to its end. If not, the program goes on until the process has ended.
   * @default that of this process: `false` in a main program
   */
  daemon?: boolean;
  /** The module of the target or of the subclass: a URL, an absolute path, or `import.meta`. */
  module?: string | URL | ImportMeta;
  /**
   * What it may do; the shape is that of `Worker`'s `deno.permissions`. A key left out is none, relative paths count from
   * this program's working directory, and nothing that this program does not hold itself can be granted. With `run` it can
   * start processes and pools of its own. @default "none"
   */
  permissions?: Deno.PermissionOptions;
  /** Its variables, which it may read; there are no others. @default none */
  env?: Record<string, string>;
  /** The folder it runs in. @default this program's */
  cwd?: string | URL;
  /** With `"untrusted"`, the module can import from its own folder only. @default "trusted" */
  trust?: "trusted" | "untrusted";
  /** The Deno to run it with. @default this program's own, or the `deno` that it may run */
  denoPath?: string;
  /** What it may use beside an idle process, in MiB, at least 16: V8's heap, and the growth of resident memory. @default no limit */
  memoryLimitMiB?: number;
  /**
   * Whether it outlives this program, when that is killed, fails, or calls `Deno.exit()`. What it prints after that is lost.
   * @default false
   */
  detached?: boolean;
  /** Milliseconds between SIGTERM and SIGKILL when the process is disposed of. @default 250 */
  killGraceMs?: number;
}

/** A process's options, checked, with every default filled in. */
export interface ResolvedProcessOptions {
  readonly target: AnyFunction | string | undefined;
  readonly args: readonly unknown[];
  readonly name: string;
  readonly daemon: boolean;
  readonly path: readonly number[];
  readonly moduleUrl: string | undefined;
  readonly permissions: Deno.PermissionOptions;
  readonly env: Record<string, string>;
  readonly cwd: string | URL | undefined;
  readonly trust: "trusted" | "untrusted";
  readonly denoPath: string | undefined;
  readonly memoryLimitMiB: number | undefined;
  readonly detached: boolean;
  readonly killGraceMs: number;
}

const KNOWN_OPTIONS: Record<keyof ProcessOptions, true> = {
  target: true,
  args: true,
  name: true,
  daemon: true,
  module: true,
  permissions: true,
  env: true,
  cwd: true,
  trust: true,
  denoPath: true,
  memoryLimitMiB: true,
  detached: true,
  killGraceMs: true,
};

/** Checks the options of a process and fills in the defaults. Throws TypeError or RangeError. */
export function resolveProcessOptions(options: ProcessOptions, className: string): ResolvedProcessOptions {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(KNOWN_OPTIONS, name)) throw wrongOption(`"${name}" is no option of a process`);
  }
  const { target, args = [], killGraceMs = 250, trust = "trusted" } = options;
  if (target !== undefined && typeof target !== "function" && typeof target !== "string") {
    throw wrongOption(`"target" is ${typeof target}, a function or the name of an export is wanted`);
  }
  if (!Array.isArray(args)) throw wrongOption(`"args" is ${typeof args}, an array is wanted`);
  if (trust !== "trusted" && trust !== "untrusted") {
    throw wrongOption(`"trust" is ${String(trust)}, "trusted" or "untrusted" is wanted`);
  }
  if (typeof killGraceMs !== "number" || !(killGraceMs >= 0)) {
    throw new RangeError(
      `Cannot make a process: "killGraceMs" is ${killGraceMs}, milliseconds of at least 0 are wanted`,
    );
  }
  const own = ownProcess();
  const path = [...own.path, ++own.lastChild];
  return {
    target,
    args: [...args],
    name: checkedName(options.name ?? `${className || "Process"}-${path.join(":")}`),
    daemon: flag("daemon", options.daemon) ?? own.daemon,
    path,
    moduleUrl: options.module === undefined ? undefined : moduleUrl(options.module),
    permissions: options.permissions ?? "none",
    env: { ...options.env },
    cwd: options.cwd,
    trust,
    denoPath: options.denoPath,
    memoryLimitMiB: options.memoryLimitMiB,
    detached: flag("detached", options.detached) ?? false,
    killGraceMs,
  };
}

/** A process's name, if it can be one. Throws TypeError. */
export function checkedName(name: unknown): string {
  if (typeof name === "string") return name;
  throw new TypeError(`Cannot name a process: ${typeof name} was given, a string is wanted`);
}

/** A process's `daemon` flag, if it can be one. Throws TypeError. */
export function flag(name: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw wrongOption(`"${name}" is ${typeof value}, true or false is wanted`);
}

function wrongOption(detail: string): TypeError {
  return new TypeError(`Cannot make a process: ${detail}`);
}
