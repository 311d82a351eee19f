import type { AnyFunction } from "../../worker/function_table.ts";
import type { ResolvedLaunchOptions } from "../../worker/launch_options.ts";

/** What the local backend is made with: how its workers are launched, and what becomes of them. Checked, with every default filled in. */
export interface LocalOptions extends ResolvedLaunchOptions {
  readonly workers: number;
  readonly concurrency: number;
  readonly passOutput: boolean;
  readonly initializer: string | AnyFunction | undefined;
  readonly initArgs: readonly unknown[];
  readonly maxTasksPerChild: number;
  readonly breakOnExit: boolean;
  readonly startTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly abortGraceMs: number;
}
