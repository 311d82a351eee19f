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
import "./src/require_deno.ts";
export { AsyncResult, Pool } from "./src/pool/mod.ts";
export type {
  AnyFunction,
  ArgumentsOf,
  AsyncCallbacks,
  Attributes,
  AttributeValue,
  CallRest,
  Dashboard,
  DashboardOptions,
  DurationStats,
  EndedItem,
  FunctionName,
  ImapOptions,
  ItemOf,
  Items,
  MapOptions,
  ObservedJob,
  ObservedTask,
  PoolEvent,
  PoolObserver,
  PoolOptions,
  PoolStats,
  ResultOf,
  SettledMapOptions,
  SpanReport,
  TaskBackendProvider,
  TaskOptions,
  TaskOutcome,
  TaskPhase,
  WorkerIdentity,
  WorkerInfo,
} from "./src/pool/mod.ts";
export { activeChildren, cpuCount, currentProcess, parentProcess, Process } from "./src/process/mod.ts";
export type { ParentProcess, ProcessOptions, WorkerLaunchOptions } from "./src/process/mod.ts";
export { asCompleted, Future, ProcessPoolExecutor, waitFutures } from "./src/futures/mod.ts";
export type {
  AsCompletedOptions,
  CompletedFuture,
  ExecutorMapOptions,
  ExecutorOptions,
  InputsOf,
  InputsThenOptions,
  ItemsOf,
  ReturnWhen,
  ShutdownOptions,
  WaitedFutures,
  WaitFuturesOptions,
} from "./src/futures/mod.ts";
export {
  ArrayProxy,
  DictProxy,
  IteratorProxy,
  ListProxy,
  Manager,
  NamespaceProxy,
  ValueProxy,
} from "./src/manager/mod.ts";
export type {
  AnyClass,
  BigIntArray,
  DictEntries,
  DictKey,
  NumberArray,
  ObjectProxy,
  ProxyResult,
  RegisterOptions,
  UntypedProxy,
} from "./src/manager/mod.ts";
export { Connection, JoinableQueue, Pipe, Queue, SimpleQueue, wait } from "./src/channels/mod.ts";
export type { PipeOptions, ReceiveBytesOptions, Waitable, WaitOptions } from "./src/channels/mod.ts";
export { Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore } from "./src/sync/mod.ts";
export type { Acquirable, BarrierAction, BarrierOptions, Guard, SharedHandle } from "./src/sync/mod.ts";
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
