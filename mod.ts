/**
 * Multiprocessing for Deno: pools of worker processes that may do only what you grant them.
 *
 * ```ts
 * import { Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 2 });
 * console.log(await pool.map((x: number) => x * x, [1, 2, 3])); // [1, 4, 9]
 * ```
 *
 * The program needs `--allow-run` for `deno`; workers have no permission unless the pool grants one.
 *
 * @module
 */
export { AsyncResult, Pool } from "./src/pool/mod.ts";
export type {
  AnyFunction,
  ArgumentsOf,
  AsyncCallbacks,
  CallRest,
  DurationStats,
  FunctionName,
  ImapOptions,
  ItemOf,
  Items,
  MapOptions,
  PoolEvent,
  PoolOptions,
  PoolStats,
  ResultOf,
  TaskOptions,
  WorkerInfo,
} from "./src/pool/mod.ts";
export {
  BrokenBarrierError,
  BrokenPoolError,
  CancelledError,
  ClosedError,
  EncodingError,
  EndOfStreamError,
  FunctionNotFoundError,
  OutOfMemoryError,
  PayloadTooLargeError,
  PermissionError,
  PoisonTaskError,
  PoolClosedError,
  ProtocolError,
  QueueEmptyError,
  QueueFullError,
  TaskTimeoutError,
  TimeoutError,
  WorkerExitError,
  WorkerStartError,
} from "./src/errors.ts";
export type { WorkerExitDetails } from "./src/errors.ts";
