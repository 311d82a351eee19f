import type { FunctionSpec } from "../../wire/protocol.ts";
import type { ChunkMode, TaskBackend } from "../backend.ts";
import type { ChunkEncoding, RequestOptions } from "../requests.ts";
import type { SubmittedTask, TaskCaller } from "../submitted_task.ts";
import type { OpenJobs } from "./open_jobs.ts";

/** What a job uses of its pool: it submits chunks, cancels them, and asks how many the backend can do with. */
export interface JobHost {
  readonly backend: Pick<TaskBackend, "capacity" | "backlog" | "chunkGoal" | "flushed" | "fed" | "hasBegun" | "isSent">;
  readonly jobs: Pick<OpenJobs, "add" | "remove">;
  readonly options: { readonly taskTimeoutMs: number | undefined };
  /** Begins to encode a chunk. */
  encodeChunk(items: readonly unknown[]): ChunkEncoding;
  /** Submits a chunk. Throws when its items cannot travel. */
  submit(
    spec: FunctionSpec,
    items: readonly unknown[] | ChunkEncoding,
    chunk: ChunkMode,
    caller: TaskCaller,
    options: RequestOptions,
  ): SubmittedTask;
  /** Rejects the task with the reason, unless it has settled. */
  cancel(task: SubmittedTask, reason: unknown): void;
}
