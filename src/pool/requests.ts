import { EncodingError } from "../errors.ts";
import type { Handle } from "../hub/handle.ts";
import { HandleCollector } from "../hub/handle_collector.ts";
import { abandonHandles } from "../hub/in_flight_handle.ts";
import { type Encoded, encodeToSend, withOwnMemory } from "../wire/codec/codec.ts";
import { ItemsEncoder } from "../wire/codec/items_encoder.ts";
import { requireFrameFits } from "../wire/framing/frame_buffer.ts";
import { sayingWhat } from "../wire/unsendable.ts";
import type { FunctionSpec } from "../wire/protocol.ts";
import { FunctionTable } from "../worker/function_table.ts";
import type { BackendAbilities, ChunkMode, TaskRequest } from "./backend.ts";
import type { TaskOptions } from "./types.ts";

// What a message adds to a value: its kind and its numbers.
const MESSAGE_HEAD_BYTES = 128;
const ARGUMENTS = "what the task is given";

/** What every request of a pool is made with. */
export interface RequestDefaults {
  readonly moduleUrl: string | undefined;
  readonly maxFrameBytes: number;
  readonly taskTimeoutMs: number | undefined;
  readonly retries: number;
}

/** What one request may be made with. */
export interface RequestOptions extends TaskOptions {
  /** See `TaskRequest.runId`. */
  readonly runId?: string;
}

/** Encoded arguments, and the handles in them. */
export interface EncodedArguments {
  readonly payload: Encoded;
  readonly handles: readonly Handle[];
}

/** The items of a chunk, which are encoded a piece at a time. */
export class ChunkEncoding {
  readonly #encoder: ItemsEncoder;
  readonly #collector: HandleCollector;
  readonly #finish: (encoded: Encoded, collector: HandleCollector) => EncodedArguments;

  constructor(
    items: readonly unknown[],
    collector: HandleCollector,
    finish: (encoded: Encoded, collector: HandleCollector) => EncodedArguments,
  ) {
    this.#collector = collector;
    this.#encoder = new ItemsEncoder(items, collector);
    this.#finish = finish;
  }

  /** Whether all are encoded. */
  get isDone(): boolean {
    return this.#encoder.encoded !== undefined;
  }

  /** Encodes the next piece, which takes some 0.1 ms. Throws EncodingError or PayloadTooLargeError. */
  advance(): void {
    try {
      this.#encoder.advance();
    } catch (error) {
      this.abandon();
      throw sayingWhat(error, ARGUMENTS);
    }
  }

  /** Encodes what is left. Throws EncodingError or PayloadTooLargeError. */
  finish(): EncodedArguments {
    while (!this.isDone) this.advance();
    try {
      return this.#finish(this.#encoder.encoded!, this.#collector);
    } catch (error) {
      this.abandon();
      throw sayingWhat(error, ARGUMENTS);
    }
  }

  /** The chunk will not be submitted. */
  abandon(): void {
    this.#collector.abandon();
  }
}

/**
 * Makes requests from functions and their arguments.
 *
 * What cannot travel, or what the backend cannot do, is refused here, while a caller is there to be told: a backend counts on sending what it took.
 */
export class RequestFactory {
  readonly #defaults: RequestDefaults;
  readonly #functions: FunctionTable;
  #spareCollector: HandleCollector | undefined;

  constructor(defaults: RequestDefaults) {
    this.#defaults = defaults;
    this.#functions = new FunctionTable(defaults.moduleUrl !== undefined);
  }

  /** The description of a function. Throws when it can never run. */
  refer(fn: unknown): FunctionSpec {
    const spec = this.#functions.refer(fn);
    this.#requireFunctionFits(spec);
    return spec;
  }

  /** Checks a request that was made elsewhere. Throws PayloadTooLargeError. */
  requireSendable({ function: spec, payload: { text, parts } }: TaskRequest): void {
    this.#requireFunctionFits(spec);
    try {
      this.#requireFits(text, parts);
    } catch (error) {
      throw sayingWhat(error, ARGUMENTS);
    }
  }

  /** Makes the request of one call, or of a chunk of them. Throws when its arguments, or items, cannot travel. */
  make(
    spec: FunctionSpec,
    args: readonly unknown[] | ChunkEncoding,
    chunk: ChunkMode | undefined,
    { priority = 0, key, timeoutMs, retries, runId }: RequestOptions,
  ): TaskRequest {
    const { payload, handles } = args instanceof ChunkEncoding
      ? args.finish()
      : chunk === undefined
      ? this.#encodeToSend(args)
      : this.encodeChunk(args).finish();
    const { taskTimeoutMs, retries: defaultRetries } = this.#defaults;
    const request: TaskRequest = {
      function: spec,
      payload,
      handles,
      chunk,
      byteLength: sizeOf(payload),
      priority,
      key,
      // Plain data: JSON has no Infinity.
      timeoutMs: timeoutMs === Infinity ? undefined : timeoutMs ?? taskTimeoutMs,
      retries: retries ?? defaultRetries,
      trace: undefined,
    };
    // Not a spread in each: that costs every call more than the rest of its request.
    return runId === undefined ? request : { ...request, runId };
  }

  /** Encodes the arguments of the initializer, to be kept. Throws EncodingError or PayloadTooLargeError. */
  encode(args: readonly unknown[]): EncodedArguments {
    const { payload, handles } = this.#encodeToSend(args, "initArgs");
    return { payload: withOwnMemory(payload), handles };
  }

  #encodeToSend(args: readonly unknown[], what: string = ARGUMENTS): EncodedArguments {
    const collector = this.#takeCollector();
    try {
      return this.#finish(encodeToSend(args, collector), collector);
    } catch (error) {
      collector.abandon();
      throw sayingWhat(error, what);
    }
  }

  /** Begins to encode the items of a chunk. */
  encodeChunk(items: readonly unknown[]): ChunkEncoding {
    return new ChunkEncoding(items, this.#takeCollector(), (encoded, collector) => this.#finish(encoded, collector));
  }

  // Most calls have no handles, and leave the collector to the next. A getter among the values may submit a call of its own meanwhile.
  #takeCollector(): HandleCollector {
    const collector = this.#spareCollector ?? new HandleCollector();
    this.#spareCollector = undefined;
    return collector;
  }

  #finish(payload: Encoded, collector: HandleCollector): EncodedArguments {
    this.#requireFits(payload.text, payload.parts);
    const { handles } = collector;
    if (handles.length === 0) this.#spareCollector = collector;
    return { payload, handles };
  }

  #requireFunctionFits(spec: FunctionSpec): void {
    // In JSON a character takes at most six bytes; the exact answer costs as much as sending.
    if (spec.kind !== "source" || spec.source.length <= this.#defaults.maxFrameBytes / 6 - MESSAGE_HEAD_BYTES) return;
    try {
      this.#requireFits(JSON.stringify(spec), []);
    } catch (error) {
      throw sayingWhat(error, "the text of the function");
    }
  }

  #requireFits(text: string, parts: readonly Uint8Array[]): void {
    requireFrameFits(text, parts, this.#defaults.maxFrameBytes, MESSAGE_HEAD_BYTES);
  }
}

/** Refuses what a backend cannot do. Throws TypeError or EncodingError. */
export function requireAbilities(abilities: BackendAbilities, where: string, request: TaskRequest): void {
  const refusal = refusalOf(abilities, where, request);
  if (refusal === undefined) return;
  abandonHandles(request.handles);
  throw refusal;
}

function refusalOf(abilities: BackendAbilities, where: string, request: TaskRequest): Error | undefined {
  if (request.key !== undefined && !abilities.keys) {
    return new TypeError(`Cannot submit: "key" has no meaning on ${where}, leave it out`);
  }
  if (request.runId !== undefined && !abilities.runIds) {
    return new TypeError(`Cannot submit: "runId" has no meaning on ${where}, leave it out`);
  }
  if (request.handles.length > 0 && !abilities.handles) {
    return new EncodingError(`Cannot send a shared object to ${where}: workers there cannot reach it, pass data`, "$");
  }
  return undefined;
}

function sizeOf({ text, parts }: Encoded): number {
  let size = text.length;
  for (let index = 0; index < parts.length; index++) size += parts[index]!.byteLength;
  return size;
}
