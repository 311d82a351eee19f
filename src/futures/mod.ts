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
 * Use it where each call has a life of its own: it is waited for, cancelled, or told about apart from the others. Where results are
 * wanted in bulk, `Pool` does with less.
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
