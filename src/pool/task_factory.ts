import { HandleCollector } from "../hub/handle_collector.ts";
import { encode } from "../wire/codec/codec.ts";
import { requireFrameFits } from "../wire/framing/frame_buffer.ts";
import { type FunctionRef, FunctionTable } from "../worker/function_table.ts";
import type { ResolvedPoolOptions } from "./options.ts";
import { type ChunkMode, Task, type TaskPayload, type TaskSink } from "./task.ts";
import type { TaskOptions } from "./types.ts";

// What a message adds to a value: its kind and its numbers.
const MESSAGE_HEAD_BYTES = 128;

/**
 * Makes tasks from functions and their arguments.
 *
 * What cannot travel is refused here, while a caller is there to be told: the scheduler counts on sending what it took.
 */
export class TaskFactory {
  readonly #options: ResolvedPoolOptions;
  readonly #functions: FunctionTable;

  constructor(options: ResolvedPoolOptions) {
    this.#options = options;
    this.#functions = new FunctionTable(options.moduleUrl !== undefined);
  }

  /** The number of a function. Throws when it can never run. */
  refer(fn: unknown): FunctionRef {
    const ref = this.#functions.refer(fn);
    // In JSON a character takes at most six bytes; the exact answer costs as much as sending.
    if (ref.spec.kind === "source" && ref.spec.source.length > this.#options.maxFrameBytes / 6 - MESSAGE_HEAD_BYTES) {
      this.#requireFits(JSON.stringify(ref.spec), []);
    }
    return ref;
  }

  /** Makes the task of one call. Throws when its arguments cannot travel. */
  call(functionRef: FunctionRef, args: readonly unknown[], sink: TaskSink, options: TaskOptions): Task {
    return new Task(functionRef, this.encode(args), undefined, sink, options, this.#options);
  }

  /** Makes the task of a chunk of calls, which resolves with a ChunkResult. Throws when its items cannot travel. */
  chunk(
    functionRef: FunctionRef,
    items: readonly unknown[],
    mode: ChunkMode,
    sink: TaskSink,
    options: TaskOptions,
  ): Task {
    return new Task(functionRef, this.encode(items), mode, sink, options, this.#options);
  }

  /** Encodes arguments. Throws EncodingError or PayloadTooLargeError. */
  encode(args: readonly unknown[]): TaskPayload {
    const collector = new HandleCollector();
    const payload = encode(args, collector);
    this.#requireFits(payload.text, payload.parts);
    return { payload, handles: collector.handles };
  }

  #requireFits(text: string, parts: readonly Uint8Array[]): void {
    requireFrameFits(text, parts, this.#options.maxFrameBytes, MESSAGE_HEAD_BYTES);
  }
}
