/**
 * Runs in the workers of `corral map`: takes blocks of records, calls the user's function for each, and sends back
 * bytes to be written.
 */
import type { Task } from "@corral/multiprocessing/child";
import { BlockRun, type RecordFunction } from "./block_run.ts";
import type { BlockOrder, Piece, RunnerSettings } from "./protocol.ts";

/** Runs one block. */
export type BlockRunner = (bytes: Uint8Array, order: BlockOrder) => Promise<Piece>;

/** Makes the function that a worker of the pool runs. Throws when the module does not export `name`. */
export function blockRunner(
  task: Task,
  module: Readonly<Record<string, unknown>>,
  name: string,
  settings: RunnerSettings,
): BlockRunner {
  const call = exportedFunction(module, name) as RecordFunction;
  let current: BlockRun | undefined;
  const tellLast = (): void => current?.tellExit();
  addEventListener("unload", tellLast);
  addEventListener("error", tellLast);
  addEventListener("unhandledrejection", tellLast);
  return async (bytes, order) => {
    current = new BlockRun(call, settings, bytes, order, {
      workerId: task.workerId,
      send: (piece) => task.progress(piece),
    });
    const last = await current.run();
    current = undefined;
    return last;
  };
}

/** The export of that name. Throws when it is no function, and names those that are. */
export function exportedFunction(
  module: Readonly<Record<string, unknown>>,
  name: string,
): (...args: unknown[]) => unknown {
  const value = Object.hasOwn(module, name) ? module[name] : undefined;
  if (typeof value === "function") return value as (...args: unknown[]) => unknown;
  const names = Object.keys(module).filter((key) => typeof module[key] === "function");
  const state = value === undefined ? "the module has no such export" : "the export is not a function";
  const wanted = names.length === 0
    ? "a module that exports it"
    : `one of ${names.map((key) => `"${key}"`).join(", ")}`;
  throw new TypeError(`Cannot run "${name}": ${state}, wanted ${wanted}`);
}
