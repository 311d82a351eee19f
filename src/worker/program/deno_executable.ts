/** Finds the Deno that runs workers, and says what is missing if there is none. */
import { spawnGapOf } from "../../deno_texts.ts";
import { PermissionError } from "../../errors.ts";
import { ownProcess } from "../../own_process.ts";
import { see } from "../../troubles.ts";

/** The first version of Deno whose permissions are sound enough to hold a hostile worker. */
const OLDEST_DENO = "2.9.0";

/** What the choice depends on, apart from the option. */
export interface DenoSurroundings {
  /** Whether this program was made by `deno compile`. */
  readonly standalone: boolean;
  /** Whether this is a worker itself. */
  readonly isWorker: boolean;
  /** Whether this is a worker in which the top level of a module runs. */
  readonly isLoading: boolean;
  /** The path of the running executable. */
  readonly execPath: string;
  /** Whether this program may start a command. */
  mayRun(command: string): boolean;
}

/**
 * The command that starts Deno: `denoPath` if given, else this program's own Deno, else `deno` on the PATH.
 *
 * The two are asked for one after the other, because `--allow-run=deno` does not cover the running executable where
 * `deno` is a symbolic link, nor the other way round. Never prompts.
 *
 * @param denoPath The one to use, as in the option of that name.
 * @returns A path, or `"deno"`.
 * @throws {PermissionError} If none of them may be run; the message has the flag to add.
 *
 * @example What workers will be started with
 * ```ts
 * import { findDeno } from "@corral/multiprocessing/backend";
 *
 * console.log(findDeno()); // "/usr/local/bin/deno", or "deno"
 * ```
 */
export function findDeno(denoPath?: string): string {
  return chooseDeno(denoPath, {
    standalone: Deno.build.standalone,
    isWorker: ownProcess().parent !== undefined,
    isLoading: ownProcess().isLoading,
    execPath: Deno.execPath(),
    mayRun: (command) => Deno.permissions.querySync({ name: "run", command }).state === "granted",
  });
}

/** The rule of {@linkcode findDeno}, apart from the running program. */
export function chooseDeno(denoPath: string | undefined, surroundings: DenoSurroundings): string {
  const { standalone, execPath, mayRun } = surroundings;
  if (denoPath !== undefined) {
    if (typeof denoPath !== "string" || denoPath === "") {
      throw new TypeError(
        `Cannot use ${JSON.stringify(denoPath)} as denoPath: the path of a Deno executable is wanted`,
      );
    }
    if (standalone && denoPath === execPath) {
      throw new TypeError(
        "Cannot use this program itself as denoPath: it is a compiled program and would start itself again and again, " +
          "the path of a Deno executable is wanted",
      );
    }
    if (mayRun(denoPath)) return denoPath;
    throw new PermissionError(`Cannot start workers: ${mayNotRun(denoPath, surroundings)}`);
  }
  // In a compiled program the executable is the application itself, which would start itself again and again.
  if (!standalone && mayRun(execPath)) return execPath;
  if (mayRun("deno")) return "deno";
  throw new PermissionError(`Cannot start workers: ${mayNotRun(undefined, surroundings)}`);
}

function mayNotRun(denoPath: string | undefined, surroundings: DenoSurroundings): string {
  const { standalone, isWorker, isLoading, execPath } = surroundings;
  const what = denoPath === undefined ? "Deno" : JSON.stringify(denoPath);
  if (isLoading) {
    return `this worker is still loading the module and may not run ${what}, make pools in a function, ` +
      `or below "if (import.meta.main)"${see("top-level-pool")}`;
  }
  const command = denoPath ?? execPath;
  if (isWorker) {
    return `this worker may not run ${what}, grant it with \`permissions: { run: [${JSON.stringify(command)}] }\`` +
      see("pool-in-worker");
  }
  if (standalone) {
    return `this is a compiled program and may not run ${what}, compile it with --allow-run=${denoPath ?? "deno"}` +
      (denoPath === undefined ? ", or pass denoPath and allow that" : "") + see("compiled");
  }
  return `this program may not run ${what}, run it with --allow-run=${command}${see("run-deno")}`;
}

/**
 * Why a command could not be started, with what to do where there is no such command.
 *
 * @param cause What starting it threw.
 * @param denoPath The option, if it was given.
 */
export function spawnFailure(cause: unknown, denoPath?: string): string {
  const gap = spawnGapOf(cause);
  if (gap === undefined) return cause instanceof Error ? cause.message.replace(/\.$/, "") : String(cause);
  if (gap.missing === "folder") {
    return `there is no folder ${JSON.stringify(gap.folder)}, one that exists is wanted as cwd`;
  }
  if (gap.missing === "program's folder") {
    return "the folder in which this program runs was deleted, set `cwd` to one that exists, or call Deno.chdir() first";
  }
  if (denoPath !== undefined) {
    return `there is no ${JSON.stringify(denoPath)}, the path of a Deno executable is wanted as denoPath` +
      see("no-deno");
  }
  const kind = Deno.build.standalone ? "this is a compiled program, and there" : "there";
  return `${kind} is no "deno" on the PATH, install Deno on this machine or pass its path as denoPath` + see("no-deno");
}

/**
 * Refuses to go on under a version of Deno that is too old.
 *
 * @throws {Error} If this Deno is older than 2.9.
 */
export function requireDenoVersion(version: string = Deno.version.deno): void {
  if (isSupportedDeno(version)) return;
  throw new Error(
    `Cannot start workers: this is Deno ${version}, Deno ${OLDEST_DENO} or newer is wanted${see("old-deno")}`,
  );
}

/** Whether a version of Deno, like `"2.9.6"` or `"2.10.0-rc.1"`, is new enough. */
export function isSupportedDeno(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part) || 0);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_DENO.split(".").map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}
