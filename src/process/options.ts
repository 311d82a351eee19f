import { ownProcess } from "../own_process.ts";
import type { AnyFunction } from "../worker/function_table.ts";
import {
  LAUNCH_OPTIONS,
  type ResolvedLaunchOptions,
  resolveLaunchOptions,
  type WorkerLaunchOptions,
} from "../worker/launch_options.ts";
import { OptionChecks } from "../option_checks.ts";
import { shown } from "../shown.ts";

/** What a process is to run, and what it may do. */
export interface ProcessOptions<F extends AnyFunction = AnyFunction> extends WorkerLaunchOptions {
  /**
   * What runs: a function that `module` exports (by reference), the name of such an export, a function that needs nothing outside
   * itself (its text is sent), or a built-in. A subclass overrides `run()` instead. @default nothing
   */
  target?: F | string;
  /** The target's arguments: anything that can travel. @default none */
  args?: Readonly<Parameters<F>>;
  /** A label, for people. @default the class's name and a number, like `"Process-1"`, or `"Process-1:2"` for a child's child */
  name?: string;
  /**
   * Whether it ends when this program comes to its end. If not, the program goes on until the process has ended.
   * @default that of this process: `false` in a main program
   */
  daemon?: boolean;
  /**
   * Whether it goes on when this program is killed, fails, or calls `Deno.exit()`. What it prints after that is lost. It must run by then: a
   * program that ends at once waits for a word of it before, such as an item of a queue.
   * @default false
   */
  detached?: boolean;
}

/** A process's options, checked, with every default filled in. */
export interface ResolvedProcessOptions {
  readonly target: AnyFunction | string | undefined;
  readonly args: readonly unknown[];
  readonly name: string;
  readonly daemon: boolean;
  readonly path: readonly number[];
  readonly detached: boolean;
  readonly launch: ResolvedLaunchOptions;
}

const checks = new OptionChecks("make a process");

const PROCESS_OPTIONS: Record<keyof ProcessOptions, true> = {
  ...LAUNCH_OPTIONS,
  target: true,
  args: true,
  name: true,
  daemon: true,
  detached: true,
};

/** Checks the options of a process and fills in the defaults. Throws TypeError or RangeError. */
export function resolveProcessOptions(options: ProcessOptions, className: string): ResolvedProcessOptions {
  checks.names(options, PROCESS_OPTIONS, "a process");
  const target = checks.functionOrName("target", options.target);
  const args = checks.list("args", options.args) ?? [];
  const launch = resolveLaunchOptions(options, checks);
  const own = ownProcess();
  const path = [...own.path, ++own.lastChild];
  return {
    target,
    args: [...args],
    name: checkedName(options.name ?? `${className || "Process"}-${path.join(":")}`),
    daemon: checkedDaemon(options.daemon) ?? own.daemon,
    path,
    detached: checks.flag("detached", options.detached) ?? false,
    launch,
  };
}

/** A process's name, if it can be one. Throws TypeError. */
export function checkedName(name: unknown): string {
  if (typeof name === "string") return name;
  throw new TypeError(`Cannot name a process: the name is ${shown(name)}, a string is wanted`);
}

/** A process's `daemon` flag, if it can be one. Throws TypeError. */
export function checkedDaemon(daemon: unknown): boolean | undefined {
  return checks.flag("daemon", daemon);
}
