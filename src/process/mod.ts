/**
 * One function, or one object with a `run()`, in an operating system process of its own: `Process`, and what a process may ask
 * about itself, its parent and its children.
 *
 * ```ts
 * import { Process } from "@corral/multiprocessing/process";
 *
 * const process = new Process({ target: (name: string) => console.log(`Hello, ${name}`), args: ["world"] });
 * process.start();
 * await process.join();
 * console.log(process.exitCode); // 0
 * ```
 *
 * Use it for what lives as long as your program, or has a life of its own: a server, a watcher, a pipeline's stage. For many calls whose
 * results you want, `Pool` does more with less. The program needs `--allow-run` for `deno`; a process may start others when
 * it was granted that, too.
 *
 * @module
 */
import "../require_deno.ts";
export { activeChildren, currentProcess, Process } from "./process.ts";
export { type ParentProcess, parentProcess } from "./parent_process.ts";
export { cpuCount } from "./cpu_count.ts";
export type { ProcessOptions } from "./options.ts";
export type { AnyFunction } from "../worker/function_table.ts";
export type { WorkerLaunchOptions } from "../worker/launch_options.ts";
export {
  ClosedError,
  EncodingError,
  FunctionNotFoundError,
  PermissionError,
  WorkerExitError,
  WorkerStartError,
} from "../errors.ts";
export type { WorkerExitDetails } from "../errors.ts";
