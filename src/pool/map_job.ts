import { EncodingError, PayloadTooLargeError } from "../errors.ts";
import type { FunctionRef } from "../worker/function_table.ts";
import { ChunkSizer } from "./chunk_sizer.ts";
import type { PoolEngine } from "./engine.ts";
import { ItemSource } from "./item_source.ts";
import type { ChunkResult } from "./chunk_result.ts";
import type { Job } from "./open_jobs.ts";
import type { ChunkMode, Task, TaskSink } from "./task.ts";
import type { Items, MapOptions } from "./types.ts";

const CHUNKS_AHEAD_PER_WORKER = 4;
/** To encode a chunk of this size takes so long that what is on its way to the workers must not wait for it. */
const LARGE_CHUNK_BYTES = 128 * 1024;

/** One `map` or `starmap`: reads the input in chunks as workers take them, and gathers the results in order. */
export class MapJob implements Job {
  readonly #engine: PoolEngine;
  readonly #functionRef: FunctionRef;
  readonly #source: ItemSource<unknown>;
  readonly #options: MapOptions;
  readonly #spread: boolean;
  readonly #sizer: ChunkSizer;
  /** The results of each chunk. One array that is written out of order would become a slow one. */
  readonly #results: unknown[][] = [];
  readonly #tasks = new Set<Task>();
  readonly #done = Promise.withResolvers<unknown[]>();
  readonly #onAbort = (): void => this.abandon(this.#options.signal!.reason);
  #submitted = 0;
  #chunks = 0;
  #lastBytes = 0;
  #pulling = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    engine: PoolEngine,
    functionRef: FunctionRef,
    items: Items<unknown>,
    spread: boolean,
    options: MapOptions,
  ) {
    this.#engine = engine;
    this.#functionRef = functionRef;
    this.#source = new ItemSource(items);
    this.#options = options;
    this.#spread = spread;
    this.#sizer = new ChunkSizer(engine.options.workers);
  }

  /** Runs the job. Resolves with all results, or rejects with the first error after what had started has ended. */
  run(): Promise<unknown[]> {
    const { signal } = this.#options;
    if (signal?.aborted) {
      this.#source.close().catch(() => {});
      return Promise.reject(signal.reason);
    }
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#engine.jobs.add(this);
    this.#pull();
    return this.#done.promise;
  }

  cut(): void {}

  drain(): void {}

  stop(error: unknown): void {
    this.#fail(error);
    this.#endIfComplete();
  }

  abandon(error: unknown): void {
    this.#failure ??= { error };
    this.#done.reject(error);
    this.#source.close().catch(() => {});
    for (const task of [...this.#tasks]) this.#engine.cancel(task, error);
    this.#end();
  }

  async #pull(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      while (this.#hasRoom) {
        if (this.#lastBytes >= LARGE_CHUNK_BYTES) {
          await this.#engine.sent();
          if (!this.#hasRoom) break;
        }
        const taken = this.#source.take(this.#chunkSize);
        const items = taken instanceof Promise ? await taken : taken;
        if (items.length > 0 && this.#failure === undefined) this.#submit(items);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pulling = false;
    }
    this.#endIfComplete();
  }

  get #hasRoom(): boolean {
    return this.#failure === undefined && !this.#source.ended && this.#tasks.size < this.#maxTasks;
  }

  get #maxTasks(): number {
    const { workers, concurrency } = this.#engine.options;
    return workers * Math.max(CHUNKS_AHEAD_PER_WORKER, concurrency + 1);
  }

  get #chunkSize(): number {
    const { chunkSize, timeoutMs } = this.#options;
    if (chunkSize !== undefined) return chunkSize;
    const limited = timeoutMs ?? this.#engine.options.taskTimeoutMs;
    return limited === undefined && this.#engine.options.concurrency === 1
      ? this.#sizer.next(this.#source.remaining)
      : 1;
  }

  /** Submits a chunk, in parts if it does not fit into one message and its size was not asked for. */
  #submit(items: unknown[]): void {
    try {
      this.#submitChunk(items);
    } catch (error) {
      const isOwnChoice = this.#options.chunkSize === undefined && items.length > 1;
      if (!(error instanceof PayloadTooLargeError) || !isOwnChoice) throw error;
      const half = items.length >> 1;
      this.#submit(items.slice(0, half));
      this.#submit(items.slice(half));
    }
  }

  #submitChunk(items: unknown[]): void {
    const start = this.#submitted;
    const place = this.#chunks++;
    const mode = { size: items.length, spread: this.#spread, stopOnError: true };
    const sink = {
      resolve: (value: unknown): void => this.#complete(task, place, value as ChunkResult),
      reject: (error: unknown): void => {
        this.#tasks.delete(task);
        this.#fail(error);
        this.#endIfComplete();
      },
    };
    const task = this.#chunk(items, mode, sink, start);
    this.#submitted += items.length;
    this.#lastBytes = task.byteLength;
    this.#tasks.add(task);
    this.#engine.submit(task);
  }

  #chunk(items: unknown[], mode: ChunkMode, sink: TaskSink, start: number): Task {
    try {
      return this.#engine.taskFactory.chunk(this.#functionRef, items, mode, sink, this.#options);
    } catch (error) {
      throw error instanceof EncodingError ? atItem(error, start) : error;
    }
  }

  #complete(task: Task, place: number, { values, errors, durationMs }: ChunkResult): void {
    this.#tasks.delete(task);
    this.#results[place] = values;
    this.#sizer.learn(values.length, durationMs, task.byteLength);
    if (errors.length > 0) this.#fail(errors[0]![1]);
    if (this.#failure === undefined && !this.#source.ended) this.#pull();
    else this.#endIfComplete();
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#source.close().catch(() => {});
    for (const task of [...this.#tasks]) if (task.slot === undefined && !task.settled) this.#engine.cancel(task, error);
  }

  #endIfComplete(): void {
    if (this.#pulling || this.#tasks.size > 0) return;
    if (this.#failure !== undefined) this.#done.reject(this.#failure.error);
    else if (this.#source.ended) this.#done.resolve(joined(this.#results, this.#submitted));
    else return;
    this.#end();
  }

  #end(): void {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#engine.jobs.remove(this);
  }
}

/** Puts the chunks' results in one array, item by item: a hostile worker may have sent an array with holes. */
function joined(chunks: readonly unknown[][], size: number): unknown[] {
  const results = new Array(size);
  let at = 0;
  for (const chunk of chunks) for (let index = 0; index < chunk.length; index++) results[at++] = chunk[index];
  return results;
}

/** The error with the item's place in the whole input, instead of in its chunk. */
function atItem(error: EncodingError, start: number): EncodingError {
  const path = error.path.replace(/^\$\[(\d+)\]/, (_, index) => `$[${start + Number(index)}]`);
  return new EncodingError(error.message.replace(error.path, path), path, { cause: error.cause });
}
