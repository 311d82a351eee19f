/**
 * Runs the tasks of a corral pool on many machines, over BullMQ and Redis, or PostgreSQL.
 *
 * `new Pool({ backend: cluster, module })` and `new ProcessPoolExecutor({ backend: cluster, module })` make the same calls as without it; agents
 * (`corral-agent`, the `./agent` entry of this package) run them under their own permissions.
 *
 * Use it when one machine is too small and tasks take milliseconds or more. Do not use it for shared objects (queues, locks and managers stay in
 * one program), nor for tasks of microseconds.
 *
 * The program needs `--allow-net=HOST:6379 --ignore-env --allow-sys=hostname`.
 *
 * @module
 */
export type {
  BackendAbilities,
  BackendSettings,
  ChunkGoal,
  ChunkMode,
  Completion,
  Encoded,
  FailureKind,
  FunctionSpec,
  TaskBackend,
  TaskBackendProvider,
  TaskHandle,
  TaskRequest,
  WorkerEnd,
  WorkerIdentity,
  WorkerInfo,
  WorkerListener,
} from "@corral/multiprocessing/backend";
export { Cluster, type ClusterOptions } from "./src/client/cluster.ts";
export type { RedisTls } from "./src/bullmq/address.ts";
export type { AgentInfo } from "./src/message/presence.ts";
