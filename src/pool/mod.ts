/**
 * A pool of worker processes: `Pool`, its options, results, events, and the errors its calls reject with.
 *
 * ```ts
 * import { Pool } from "@corral/multiprocessing/pool";
 *
 * await using pool = new Pool({ workers: 2 });
 * console.log(await pool.map((x: number) => x * x, [1, 2, 3]));
 * ```
 *
 * @module
 */
import "../require_deno.ts";
export { Pool } from "./pool.ts";
export { AsyncResult } from "./async_result.ts";
export { workerCommand } from "./show_command.ts";
export type { WorkerCommand } from "../worker/program/command_line.ts";
export type {
  ArgumentsOf,
  AsyncCallbacks,
  CallRest,
  DurationStats,
  EndedItem,
  FunctionName,
  ImapOptions,
  ItemOf,
  Items,
  MapOptions,
  PoolEvent,
  PoolOptions,
  PoolStats,
  ResultOf,
  SettledMapOptions,
  TaskOptions,
} from "./types.ts";
export type { FailureKind, TaskBackendProvider, WorkerEnd, WorkerIdentity, WorkerInfo } from "./backend.ts";
export type {
  ConnectionEvent,
  EventTime,
  ExitEvent,
  OutputEvent,
  RetryEvent,
  TaskEndEvent,
  TaskFacts,
  TaskReturnEvent,
  TaskStartEvent,
  TaskSubmitEvent,
  ViolationEvent,
  WorkerFacts,
  WorkerStateEvent,
} from "./observing/events.ts";
export type { Dashboard, DashboardOptions } from "../dashboard/mod.ts";
export type { Attributes, AttributeValue, SpanReport } from "../wire/span_report.ts";
export type {
  ObservedJob,
  ObservedTask,
  PlannedTask,
  PoolObserver,
  TaskOutcome,
  TaskPhase,
} from "./observing/observer.ts";
export type { AnyFunction } from "../worker/function_table.ts";
export type { WorkerLaunchOptions } from "../worker/launch_options.ts";
export * from "../errors.ts";
