/** A program made by `deno compile` holds its files in itself: they seem to lie in a folder that no other Deno sees. */
import { see } from "../../troubles.ts";
import { programModule } from "../project/module_url.ts";

/** What is known of the running program. */
export interface RunningProgram {
  /** Whether it was made by `deno compile`. */
  readonly standalone: boolean;
  /** The URL of its main module. */
  readonly mainModule: string;
}

/** Whether a module exists inside this compiled program only. One that extracts itself has real files. */
export function isInsideCompiled(url: string, program: RunningProgram = runningProgram()): boolean {
  if (!program.standalone) return false;
  const [folder] = /^file:\/\/.*?\/deno-compile-[^/]*\//.exec(program.mainModule) ?? [];
  return folder !== undefined && url.startsWith(folder);
}

/**
 * Refuses a task module that the Deno of the workers cannot see.
 *
 * @throws {TypeError} If it lies inside this compiled program.
 */
export function requireVisible(moduleUrl: string | undefined, program?: RunningProgram): void {
  if (moduleUrl === undefined || !isInsideCompiled(moduleUrl, program)) return;
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
