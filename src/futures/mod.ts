/**
 * Python's `concurrent.futures` for worker processes: `ProcessPoolExecutor`, `Future`, `waitFutures` and `asCompleted`.
 *
 * ```ts
 * import { asCompleted, ProcessPoolExecutor } from "@corral/multiprocessing/futures";
 *
 * await using executor = new ProcessPoolExecutor({ maxWorkers: 2 });
 * const futures = [1, 4, 9].map((x) => executor.submit(Math.sqrt, x));
 * for await (const future of asCompleted(futures)) console.log(await future.result());
 * ```
 *
 * Use it where each call has a life of its own: your code waits for it, cancels it, or asks about it apart from the others. For many
 * results at once, use `Pool`.
 *
 * @module
 */
import "../require_deno.ts";
export { ProcessPoolExecutor } from "./executor.ts";
export { Future } from "./future.ts";
export { asCompleted, waitFutures } from "./wait.ts";
export type { AsCompletedOptions, CompletedFuture, ReturnWhen, WaitedFutures, WaitFuturesOptions } from "./wait.ts";
export type {
  ExecutorMapOptions,
  ExecutorOptions,
  InputsOf,
  InputsThenOptions,
  ItemsOf,
  ShutdownOptions,
} from "./types.ts";
export type {
  AnyFunction,
  ArgumentsOf,
  FunctionName,
  ImapOptions,
  Items,
  PoolEvent,
  PoolOptions,
  ResultOf,
  TaskOptions,
  WorkerLaunchOptions,
} from "../pool/mod.ts";
export * from "../errors.ts";
