/**
 * Modules that no other Deno sees: a program made by `deno compile` holds its files in itself, and what came by stdin or from a command line never
 * was a file.
 */
import { see } from "../../troubles.ts";
import { programModule } from "../project/module_url.ts";

/** What is known of the running program. */
export interface RunningProgram {
  /** Whether it was made by `deno compile`. */
  readonly standalone: boolean;
  /** The URL of its main module. */
  readonly mainModule: string;
}

/** What Deno calls the program of `deno run -`, `deno eval` and `deno repl`, with one of its extensions. */
const WITHOUT_FILE = /\/\$deno\$(?:stdin|eval|repl)\.\w+$/;

/** Whether a module exists inside this compiled program only. One that extracts itself has real files. */
export function isInsideCompiled(url: string, program: RunningProgram = runningProgram()): boolean {
  if (!program.standalone) return false;
  const [folder] = /^file:\/\/.*?\/deno-compile-[^/]*\//.exec(program.mainModule) ?? [];
  return folder !== undefined && url.startsWith(folder);
}

/**
 * Refuses a task module that the Deno of the workers cannot see.
 *
 * @throws {TypeError} If it lies inside this compiled program, or is a program without a file.
 */
export function requireVisible(moduleUrl: string | undefined, program: RunningProgram = runningProgram()): void {
  if (moduleUrl === undefined) return;
  if (moduleUrl === program.mainModule && WITHOUT_FILE.test(moduleUrl)) {
    throw new TypeError(
      "Cannot start workers: the module is this program, which came by stdin or from a command line and is no file that they could load, " +
        "save it as one, or send functions that use nothing outside themselves",
    );
  }
  if (!isInsideCompiled(moduleUrl, program)) return;
  throw new TypeError(
    `Cannot start workers: the module ${moduleUrl} lies inside this compiled program, where another Deno does not see it, ` +
      `ship it as a file and name it by its path, or send functions that use nothing outside themselves${
        see("compiled")
      }`,
  );
}

function runningProgram(): RunningProgram {
  return { standalone: Deno.build.standalone, mainModule: programModule() };
}
