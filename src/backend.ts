/**
 * The contract of a pool's backend, and what a backend elsewhere needs besides: the codec, and how workers find Deno and modules.
 *
 * For packages that run a pool's tasks in places of their own, such as `@corral/cluster`. It may change in minor releases.
 *
 * @module
 */
import "./require_deno.ts";
export type {
  BackendAbilities,
  BackendControl,
  BackendSettings,
  ChunkGoal,
  ChunkMode,
  ChunkResult,
  Completion,
  FailureKind,
  TaskBackend,
  TaskBackendProvider,
  TaskHandle,
  TaskRequest,
  WorkerEnd,
  WorkerIdentity,
  WorkerInfo,
  WorkerListener,
} from "./pool/backend.ts";
export { makeLocalBackend } from "./pool/make_local_backend.ts";
export type { PoolOptions } from "./pool/types.ts";
export { decode, encode, type Encoded, type HandleCodec } from "./wire/codec/codec.ts";
export type { Attributes, AttributeValue, SpanReport } from "./wire/span_report.ts";
export { isLinePart, toLinePart } from "./wire/framing/line_part.ts";
export type { FunctionSpec } from "./wire/protocol.ts";
export { VERSION } from "./wire/version.ts";
export { findDeno } from "./worker/program/deno_executable.ts";
export { foreignNames } from "./worker/project/configuration.ts";
export { type ModuleOption, moduleUrl } from "./worker/project/module_url.ts";
export { nearestConfig } from "./worker/project/project.ts";
