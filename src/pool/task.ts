import type { Handle } from "../hub/handle.ts";
import type { Encoded } from "../wire/codec/codec.ts";
import type { FunctionRef } from "../worker/function_table.ts";
import type { ScheduledTask, Slot } from "./slot.ts";
import type { TaskOptions } from "./types.ts";

/** What a chunk does with its items. */
export interface ChunkMode {
  /** How many items there are. */
  readonly size: number;
  /** Whether each item is a list of arguments. */
  readonly spread: boolean;
  /** Whether the items after a failed one are not run. */
  readonly stopOnError: boolean;
}

/** A task's arguments, ready to be sent to any worker. */
export interface TaskPayload {
  readonly payload: Encoded;
  readonly handles: readonly Handle[];
}

/** Who waits for a task. Exactly one of the two is called, once. */
export interface TaskSink {
  resolve(value: unknown): void;
  /** `remote` says whether the error comes from the task's own code. */
  reject(error: unknown, remote: boolean): void;
}

let lastId = 0;

/** One message's worth of work: a call, or a chunk of calls. */
export class Task implements ScheduledTask {
  readonly id: number = ++lastId;
  readonly functionRef: FunctionRef;
  readonly payload: Encoded;
  /** The handles in the payload: they are granted to the worker that gets it. */
  readonly handles: readonly Handle[];
  readonly byteLength: number;
  readonly chunk: ChunkMode | undefined;
  sink: TaskSink;
  readonly priority: number;
  readonly key: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly onProgress: ((value: unknown) => void) | undefined;
  attempt = 1;
  retriesLeft: number;
  bounces = 0;
  since = 0;
  settled = false;
  slot: Slot<this> | undefined = undefined;

  constructor(
    functionRef: FunctionRef,
    { payload, handles }: TaskPayload,
    chunk: ChunkMode | undefined,
    sink: TaskSink,
    options: TaskOptions,
    defaults: { readonly taskTimeoutMs: number | undefined; readonly retries: number },
  ) {
    this.functionRef = functionRef;
    this.payload = payload;
    this.handles = handles;
    this.chunk = chunk;
    this.sink = sink;
    this.priority = options.priority ?? 0;
    this.key = options.key;
    this.timeoutMs = options.timeoutMs ?? defaults.taskTimeoutMs;
    this.onProgress = options.onProgress;
    this.retriesLeft = options.retries ?? defaults.retries;
    this.byteLength = sizeOf(payload);
  }
}

function sizeOf({ text, parts }: Encoded): number {
  let size = text.length;
  for (let index = 0; index < parts.length; index++) size += parts[index]!.byteLength;
  return size;
}
