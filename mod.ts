/**
 * Multiprocessing for Deno: a pool of worker processes that may do only what you grant them.
 *
 * @module
 */

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
