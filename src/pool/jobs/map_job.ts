import { type AbortTarget, unwatchAbort, watchAbort } from "../../abort.ts";
import { BrokenPoolError, EncodingError, PayloadTooLargeError } from "../../errors.ts";
import type { FunctionSpec } from "../../wire/protocol.ts";
import type { ChunkResult, FailureKind } from "../backend.ts";
import type { ChunkEncoding } from "../requests.ts";
import { nameOf, type ObservedJob } from "../observing/observer.ts";
import type { SubmittedTask, TaskCaller } from "../submitted_task.ts";
import type { Items, MapOptions, SettledMapOptions } from "../types.ts";
import { ChunkSizer } from "./chunk_sizer.ts";
import { atItem, encodeChunk } from "./encode_chunk.ts";
import { tellItems } from "./item_listener.ts";
import { asNow, ItemSource } from "./item_source.ts";
import type { JobHost } from "./job_host.ts";
import type { Job, JobEnding } from "./open_jobs.ts";

/** A chunk of this size is handed out before the next is encoded, and fewer are encoded ahead. See `docs/decisions/handing_out.md`. */
const LARGE_CHUNK_BYTES = 128 * 1024;

/** What a `map` is to do. */
export interface MapWork {
  readonly spec: FunctionSpec;
  readonly items: Items<unknown>;
  /** Whether each item is a list of arguments. */
  readonly spread: boolean;
  readonly options: MapOptions | SettledMapOptions;
}

/** Where a chunk is: its place among the chunks, and that of its first item among the items. */
interface ChunkPlace {
  readonly place: number;
  readonly start: number;
}

/** One `map` or `starmap`: reads the input in chunks as workers take them, and gathers the results in order. */
export class MapJob implements Job, AbortTarget {
  readonly observed: ObservedJob;
  readonly #host: JobHost;
  readonly #spec: FunctionSpec;
  readonly #source: ItemSource<unknown>;
  readonly #spread: boolean;
  readonly #options: MapOptions | SettledMapOptions;
  readonly #sizer: ChunkSizer | undefined;
  /** The results of each chunk. One array that is written out of order would become a slow one. */
  readonly #results: unknown[][] = [];
  readonly #tasks = new Set<SubmittedTask>();
  readonly #done = Promise.withResolvers<unknown[]>();
  #submitted = 0;
  #chunks = 0;
  #lastBytes = 0;
  #pulling = false;
  #failure: { readonly error: unknown } | undefined;

  /** Throws TypeError when the items cannot be iterated. */
  constructor(host: JobHost, { spec, items, spread, options }: MapWork) {
    this.observed = { kind: "map", name: nameOf(spec) };
    this.#host = host;
    this.#spec = spec;
    this.#source = new ItemSource(asNow(items));
    this.#spread = spread;
    this.#options = options;
    this.#sizer = sizerFor(host, options);
  }

  /** Runs the job. Resolves with all results, or rejects with the first error after what had started has ended. */
  run(): Promise<unknown[]> {
    const { signal } = this.#options;
    if (signal?.aborted) {
      this.#source.close().catch(() => {});
      return Promise.reject(signal.reason);
    }
    if (signal !== undefined) watchAbort(signal, this);
    this.#host.jobs.add(this);
    this.#pull();
    return this.#done.promise;
  }

  aborted(reason: unknown): void {
    this.#abandon(reason);
  }

  /** A `map` is waited for as a whole: it reads its input to the end anyhow. */
  end(ending: JobEnding): void {
    if (ending.how === "abandon") return this.#abandon(ending.error);
    if (ending.how !== "stop") return;
    this.#fail(ending.error);
    this.#endIfComplete();
  }

  #abandon(error: unknown): void {
    this.#failure ??= { error };
    this.#done.reject(error);
    this.#source.close().catch(() => {});
    for (const task of [...this.#tasks]) this.#host.cancel(task, error);
    this.#leave();
  }

  async #pull(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      while (this.#hasRoom) {
        if (this.#lastBytes >= LARGE_CHUNK_BYTES) {
          await this.#host.backend.flushed();
          if (!this.#hasRoom) break;
        }
        const taken = this.#source.take(this.#chunkSize);
        const items = taken instanceof Promise ? await taken : taken;
        // What does not go as it is, is refused when it is submitted: perhaps only its one item, behind those that go.
        const encoding = this.#areCallable(items) ? encodeChunk(this.#host, items) : undefined;
        const encoded = encoding instanceof Promise ? await encoding : encoding;
        if (items.length > 0 && this.#failure === undefined) this.#submit(items, encoded);
        else encoded?.abandon();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pulling = false;
    }
    this.#endIfComplete();
  }

  #areCallable(items: readonly unknown[]): boolean {
    return !this.#spread || items.every(isList);
  }

  get #hasRoom(): boolean {
    const { backlog } = this.#host.backend;
    const most = this.#lastBytes >= LARGE_CHUNK_BYTES ? Math.ceil(backlog / 2) : backlog;
    return this.#failure === undefined && !this.#source.ended && this.#tasks.size < most;
  }

  get #chunkSize(): number {
    const { chunkSize } = this.#options;
    if (chunkSize !== undefined) return chunkSize;
    return this.#sizer?.next(this.#source.remaining) ?? 1;
  }

  /**
   * Submits a chunk, in parts if it does not fit into one message and its size was not asked for; when all outcomes are wanted, in parts
   * down to the item that cannot travel, or is not a list of arguments where one is wanted.
   */
  #submit(items: unknown[], encoded?: ChunkEncoding): void {
    try {
      this.#submitChunk(items, encoded);
    } catch (error) {
      if (this.#options.settle && items.length === 1) return this.#keepRejection(error);
      if (items.length === 1 || !this.#mayHalve(items, error)) throw error;
      const half = items.length >> 1;
      this.#submit(items.slice(0, half));
      this.#submit(items.slice(half));
    }
  }

  #mayHalve(items: readonly unknown[], error: unknown): boolean {
    if (this.#options.settle) {
      return error instanceof EncodingError || error instanceof PayloadTooLargeError || !this.#areCallable(items);
    }
    return error instanceof PayloadTooLargeError && this.#options.chunkSize === undefined;
  }

  #submitChunk(items: unknown[], encoded: ChunkEncoding | undefined): void {
    const place = this.#chunks;
    const start = this.#submitted;
    const { settle = false, runId, ...rest } = this.#options;
    const mode = { size: items.length, spread: this.#spread, stopOnError: !settle };
    const caller: TaskCaller = {
      job: this.observed,
      resolve: (value, task) => this.#complete(task, { place, start }, value as ChunkResult),
      reject: (error, kind, task) => this.#reject(task, { place, start }, error, kind),
    };
    // The abort of its tasks is this job's own business.
    const { signal: _, ...options } = rest;
    if (encoded === undefined && this.#spread) requireLists(items, start);
    const task = this.#made(
      () =>
        this.#host.submit(this.#spec, encoded ?? items, mode, caller, {
          ...options,
          ...(runId !== undefined && { runId: `${runId}-${place}` }),
        }),
    );
    this.#chunks++;
    this.#submitted += items.length;
    this.#lastBytes = task.byteLength;
    if (task.phase === "settled") return;
    this.#tasks.add(task);
    // Who heard of the submission may have ended the job, which did not have the task yet.
    if (this.#failure !== undefined) this.#host.cancel(task, this.#failure.error);
  }

  /** An item that cannot travel is named by its place in the whole input. */
  #made(make: () => SubmittedTask): SubmittedTask {
    try {
      return make();
    } catch (error) {
      throw error instanceof EncodingError ? atItem(error, this.#submitted) : error;
    }
  }

  #complete(task: SubmittedTask, { place, start }: ChunkPlace, { values, errors, durationMs }: ChunkResult): void {
    this.#tasks.delete(task);
    const failed = new Set(errors.map(([index]) => index));
    tellItems(this.#options.onItem, { start, size: values.length, failed: (index) => failed.has(index), durationMs });
    this.#sizer?.learn(values.length, durationMs, task.byteLength);
    if (this.#options.settle) {
      this.#results[place] = settledResults(values, errors);
    } else {
      this.#results[place] = values;
      if (errors.length > 0) this.#fail(errors[0]![1]);
    }
    this.#goOn();
  }

  #reject(task: SubmittedTask, { place, start }: ChunkPlace, error: unknown, kind: FailureKind): void {
    this.#tasks.delete(task);
    tellItems(this.#options.onItem, { start, size: task.items!, failed: () => true, durationMs: task.durationMs ?? 0 });
    const isOneOutcome = this.#options.settle && kind !== "cancelled" && !(error instanceof BrokenPoolError);
    if (isOneOutcome) this.#results[place] = rejections(task.items!, error);
    else this.#fail(error);
    this.#goOn();
  }

  /** No worker gets an item that cannot travel, and yet it has ended. */
  #keepRejection(error: unknown): void {
    this.#results[this.#chunks++] = rejections(1, error);
    const start = this.#submitted++;
    tellItems(this.#options.onItem, { start, size: 1, failed: () => true, durationMs: 0 });
  }

  #goOn(): void {
    if (this.#failure === undefined && !this.#source.ended) this.#pull();
    else this.#endIfComplete();
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#source.close().catch(() => {});
    for (const task of [...this.#tasks]) if (task.phase === "waiting") this.#host.cancel(task, error);
  }

  #endIfComplete(): void {
    // After a failure, what is still asked of the input is dropped: it may never come.
    if ((this.#pulling && this.#failure === undefined) || this.#tasks.size > 0) return;
    if (this.#failure !== undefined) this.#done.reject(this.#failure.error);
    else if (this.#source.ended) this.#done.resolve(joined(this.#results, this.#submitted));
    else return;
    this.#leave();
  }

  #leave(): void {
    const { signal } = this.#options;
    if (signal !== undefined) unwatchAbort(signal, this);
    this.#host.jobs.remove(this, this.#failure);
  }
}

/** Chooses sizes, where that is left to the pool: a limit of time is for one item, and so then are chunks. */
function sizerFor({ backend, options: { taskTimeoutMs } }: JobHost, options: MapOptions): ChunkSizer | undefined {
  const { chunkSize, timeoutMs = taskTimeoutMs ?? Infinity } = options;
  const { chunkGoal } = backend;
  return chunkSize !== undefined || timeoutMs < Infinity || chunkGoal === undefined
    ? undefined
    : new ChunkSizer(chunkGoal, () => Math.max(1, backend.capacity));
}

function settledResults(values: readonly unknown[], errors: ChunkResult["errors"]): PromiseSettledResult<unknown>[] {
  const results = Array.from(values, (value): PromiseSettledResult<unknown> => ({ status: "fulfilled", value }));
  for (const [index, reason] of errors) results[index] = { status: "rejected", reason };
  return results;
}

function rejections(size: number, reason: unknown): PromiseSettledResult<unknown>[] {
  return Array.from({ length: size }, () => ({ status: "rejected", reason }));
}

/** Whether an item can be spread. A text can be, too, but hardly ever is meant to. */
function isList(item: unknown): boolean {
  return typeof item === "object" && item !== null && Symbol.iterator in item;
}

function requireLists(items: readonly unknown[], start: number): void {
  for (const [index, item] of items.entries()) {
    if (isList(item)) continue;
    const kind = item === null ? "null" : typeof item === "object" ? "an object" : `a ${typeof item}`;
    throw new TypeError(`Cannot call: item ${start + index} is ${kind}, a list of arguments is wanted`);
  }
}

/** Puts the chunks' results in one array, item by item: a hostile worker may have sent an array with holes. */
function joined(chunks: readonly unknown[][], size: number): unknown[] {
  const results = new Array(size);
  let at = 0;
  for (const chunk of chunks) for (let index = 0; index < chunk.length; index++) results[at++] = chunk[index];
  return results;
}
