import { launchCommand, type WorkerCommand } from "../worker/program/command_line.ts";
import { resolvePoolOptions } from "./options.ts";
import type { PoolOptions } from "./types.ts";
import { refuseSurplus } from "../shown.ts";

/**
 * The command line that workers of a pool with these options would be started with; starts nothing.
 *
 * For programs that show what they are about to do, as `corral map --dry-run` does. Its parts may change with any version. A worker that a
 * pool starts reads its messages on a descriptor of its own and not on stdin, which it may open before your code is there; that is left out
 * here.
 *
 * @param options As for {@linkcode Pool}.
 * @returns The path of Deno, its arguments, and the whole environment of a worker.
 * @throws {TypeError} If an option has the wrong name or type; a `RangeError` if a number is out of its range.
 * @throws {PermissionError} If this program does not hold what workers are to get, or may not run Deno.
 *
 * @example What workers may reach
 * ```ts
 * import { workerCommand } from "@corral/multiprocessing/pool";
 *
 * const { args } = workerCommand({ permissions: { net: ["127.0.0.1:8080"] } });
 * console.log(args.filter((arg) => arg.startsWith("--allow-"))); // [ "--allow-net=127.0.0.1:8080" ]
 * ```
 */
export function workerCommand(options: PoolOptions = {}): WorkerCommand {
  refuseSurplus("workerCommand(options)", arguments, 1);
  // Without what a worker opens before user code is there, and gives back: to a reader it would look like a permission of the code.
  return launchCommand(resolvePoolOptions(options).local, { storageKey: "example", readsStdin: true });
}
