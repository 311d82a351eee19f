import { type AbortTarget, unwatchAbort, watchAbort } from "../../abort.ts";
import { EncodingError, PoolClosedError } from "../../errors.ts";
import { refuseArguments } from "../../shown.ts";
import type { FunctionSpec } from "../../wire/protocol.ts";
import type { ChunkResult } from "../backend.ts";
import type { ChunkEncoding } from "../requests.ts";
import { nameOf, type ObservedJob } from "../observing/observer.ts";
import type { TaskCaller } from "../submitted_task.ts";
import type { ImapOptions, Items } from "../types.ts";
import { Bag } from "./bag.ts";
import { atItem, encodeChunk } from "./encode_chunk.ts";
import { type Entry, ImapResults } from "./imap_results.ts";
import { tellItems } from "./item_listener.ts";
import { ItemSource } from "./item_source.ts";
import type { JobHost } from "./job_host.ts";
import type { Job, JobEnding } from "./open_jobs.ts";

/** What kind of iterator it is. */
export interface ImapKind {
  /** Results come in the order of the items, not of completion. */
  readonly ordered: boolean;
  /** Each item is a list of arguments. @default false */
  readonly spread?: boolean;
  /** When the iterator ends early, only what no worker has begun is cancelled. @default false */
  readonly sparesBegun?: boolean;
  /** The input is read to its end when the pool is joined. @default true */
  readonly drains?: boolean;
}

/** What an iterator is to do. */
export interface ImapWork {
  readonly spec: FunctionSpec;
  readonly items: Items<unknown>;
  readonly kind: ImapKind;
  readonly options: ImapOptions;
}

/**
 * How far a job is:
 *
 * - `"open"`: it reads its input as results are taken;
 * - `"draining"`: it reads its input to the end, whether results are taken or not;
 * - `"failed"`: it reads nothing more; what was submitted is still given, then the error, once;
 * - `"abandoned"`: the same, but what was not there by then is not given;
 * - `"finished"`: it gives nothing any more.
 */
type Stage = "open" | "draining" | "failed" | "abandoned" | "finished";

/**
 * One `imap` or `imapUnordered`.
 *
 * Pulls from the input only while fewer than `bufferSize` items are submitted and not yet taken. An item's error rejects the
 * `next()` that would have given its value; the iterator goes on behind it.
 */
export class ImapJob implements Job, AbortTarget, AsyncIterableIterator<unknown> {
  readonly observed: ObservedJob;
  readonly #host: JobHost;
  readonly #spec: FunctionSpec;
  readonly #source: ItemSource<unknown>;
  readonly #kind: ImapKind;
  readonly #options: ImapOptions;
  readonly #chunkSize: number;
  readonly #results: ImapResults;
  /** Chunks that have no outcomes yet. */
  readonly #running = new Bag<Entry>();
  #stage: Stage = "open";
  /** What is told behind the last result, when the stage is "failed" or "abandoned". */
  #failure: { readonly error: unknown } | undefined;
  /** What its tasks are cancelled with, once they are. */
  #cancellation: { readonly error: unknown } | undefined;
  #submitted = 0;
  #pulling = false;

  /** Starts at once. Throws TypeError when the items cannot be iterated. */
  constructor(host: JobHost, { spec, items, kind, options }: ImapWork) {
    this.observed = { kind: "imap", name: nameOf(spec) };
    this.#host = host;
    this.#spec = spec;
    this.#source = new ItemSource(items);
    this.#kind = kind;
    this.#results = new ImapResults(kind.ordered);
    this.#options = options;
    this.#chunkSize = options.chunkSize ?? 1;
    host.jobs.add(this);
    const { signal } = options;
    if (signal?.aborted) {
      this.#abandon(signal.reason);
    } else {
      if (signal !== undefined) watchAbort(signal, this);
      this.#pull();
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @param limit Python's is a limit of time: who gives one here must not wait without. */
  next(limit?: unknown): Promise<IteratorResult<unknown>> {
    if (limit !== undefined) return this.#nextWithout(limit);
    const ready = this.#stage === "finished" ? undefined : this.#results.takeValue();
    if (ready !== undefined) {
      this.#goOn();
      return Promise.resolve(ready);
    }
    const next = this.#results.wait();
    this.#serve();
    return next;
  }

  async #nextWithout(limit: unknown): Promise<IteratorResult<unknown>> {
    refuseArguments("next()", [limit], ', the option "timeoutMs" of the call limits each of its tasks');
    return await this.next();
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#finish();
    await this.#source.closeSoon();
    return { done: true, value: undefined };
  }

  /** Does what `return()` does, and waits for nothing. */
  leave(): void {
    this.#finish();
    this.#source.close().catch(() => {});
  }

  async throw(error: unknown): Promise<IteratorResult<unknown>> {
    await this.return();
    throw error;
  }

  aborted(reason: unknown): void {
    this.#abandon(reason);
  }

  end(ending: JobEnding): void {
    switch (ending.how) {
      case "drain":
        // Nobody asks for what comes behind an error.
        if (this.#results.lastRejected || this.#kind.drains === false) return this.#cut();
        if (this.#stage === "open") this.#stage = "draining";
        this.#pull();
        return;
      case "cut":
        return this.#cut();
      case "stop":
        this.#fail(ending.error);
        this.#cancelTasks(ending.error, "unbegun");
        return this.#serve();
      case "abandon":
        return this.#abandon(ending.error);
    }
  }

  #cut(): void {
    this.#fail(new PoolClosedError("Cannot continue: the pool ended before its iterator did"));
    this.#serve();
  }

  #abandon(error: unknown): void {
    this.#fail(error);
    if (this.#stage === "failed") this.#stage = "abandoned";
    this.#cancelTasks(error, "all");
    this.#results.keepCompleted();
    this.#serve();
  }

  /** Nothing more is read. The first error is the one that counts. */
  #fail(error: unknown): void {
    if (!this.#isReading) return;
    this.#stage = "failed";
    this.#failure = { error };
    this.#source.close().catch(() => {});
  }

  get #isReading(): boolean {
    return this.#stage === "open" || this.#stage === "draining";
  }

  /** Whether nothing will be submitted any more. What is still asked of an input that is not read any more is dropped: it may never come. */
  get #hasRead(): boolean {
    return !this.#isReading || (!this.#pulling && this.#source.ended);
  }

  async #pull(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      while (this.#isReading && !this.#source.ended && this.#hasRoom) {
        const taken = this.#source.take(this.#chunkSize);
        const items = taken instanceof Promise ? await taken : taken;
        const encoding = encodeChunk(this.#host, items);
        const encoded = encoding instanceof Promise ? await encoding : encoding;
        if (items.length > 0 && this.#isReading) this.#submit(items, encoded);
        else encoded?.abandon();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pulling = false;
    }
    this.#serve();
  }

  get #hasRoom(): boolean {
    const items = this.#stage === "draining" ? this.#running.size * this.#chunkSize : this.#results.untaken;
    return items + this.#chunkSize <= this.#bufferSize;
  }

  get #bufferSize(): number {
    const { bufferSize = 2 * Math.max(1, this.#host.backend.capacity) * this.#chunkSize } = this.#options;
    return Math.max(this.#chunkSize, bufferSize);
  }

  #submit(items: unknown[], encoded: ChunkEncoding | undefined): void {
    const entry: Entry = {
      task: undefined,
      outcomes: undefined,
      start: this.#submitted,
      size: items.length,
      taken: 0,
      place: undefined,
    };
    const mode = { size: entry.size, spread: this.#kind.spread ?? false, stopOnError: false };
    const caller = this.#callerOf(entry);
    this.#submitted += entry.size;
    this.#running.add(entry);
    this.#results.submitted(entry);
    try {
      // The abort of its tasks is this job's own business.
      const { signal: _, ...options } = this.#options;
      const task = this.#host.submit(this.#spec, encoded ?? items, mode, caller, options);
      if (!this.#running.has(entry)) return;
      entry.task = task;
      // Who heard of the submission may have ended the job, which did not have the task yet.
      if (this.#cancellation !== undefined) this.#host.cancel(task, this.#cancellation.error);
    } catch (error) {
      this.#failAll(entry, error instanceof EncodingError ? atItem(error, entry.start) : error);
    }
  }

  /** Made where the items are not at hand: it lives as long as the task, and would keep them. */
  #callerOf(entry: Entry): TaskCaller {
    return {
      job: this.observed,
      resolve: (value) => {
        const { values, errors, durationMs } = value as ChunkResult;
        this.#complete(entry, values, new Map(errors), durationMs);
      },
      reject: (error) => this.#failAll(entry, error),
    };
  }

  #failAll(entry: Entry, error: unknown): void {
    this.#complete(entry, [], new Map(Array.from({ length: entry.size }, (_, index) => [index, error])), 0);
  }

  #complete(
    entry: Entry,
    values: readonly unknown[],
    errors: ReadonlyMap<number, unknown>,
    durationMs: number,
  ): void {
    entry.task = undefined;
    this.#running.delete(entry);
    const { start, size } = entry;
    tellItems(this.#options.onItem, { start, size, failed: (index) => errors.has(index), durationMs });
    if (this.#stage === "finished" || this.#stage === "abandoned") return this.#goOn();
    this.#results.completed(entry, { values, errors });
    this.#serve();
  }

  /** Gives the waiting calls of `next()` what there is. */
  #serve(): void {
    while (this.#results.isAwaited) {
      if (this.#stage !== "finished" && this.#results.give()) continue;
      if (!this.#hasEnded) break;
      this.#giveEnd();
    }
    this.#goOn();
  }

  /** Fills the room that there is, or ends the job when there is nothing more to do. */
  #goOn(): void {
    if (!this.#pulling && this.#hasRoom && this.#isReading && !this.#source.ended) this.#pull();
    if (this.#hasRead && this.#running.size === 0) this.#leave();
  }

  get #hasEnded(): boolean {
    if (this.#stage === "finished") return true;
    return this.#hasRead && this.#running.size === 0 && this.#results.isEmpty;
  }

  /** One is told of the failure, if there is one: all later ones, that it has ended. */
  #giveEnd(): void {
    const hasFailed = this.#stage === "failed" || this.#stage === "abandoned";
    this.#results.giveEnd(hasFailed ? this.#failure : undefined);
    this.#finish();
  }

  #finish(): void {
    if (this.#stage === "finished") return;
    this.#stage = "finished";
    this.#cancelTasks(new PoolClosedError("The iterator was closed"), this.#kind.sparesBegun ? "unbegun" : "all");
    // What is let run still belongs to the job: it is aborted by its signal, and the job has not ended before it has.
    this.#serve();
  }

  #cancelTasks(error: unknown, which: "all" | "unbegun"): void {
    this.#cancellation ??= { error };
    for (const { task } of [...this.#running].sort((a, b) => a.start - b.start)) {
      if (task === undefined || (which === "unbegun" && this.#host.backend.hasBegun(task.handle))) continue;
      this.#host.cancel(task, error);
    }
  }

  #leave(): void {
    const { signal } = this.#options;
    if (signal !== undefined) unwatchAbort(signal, this);
    this.#host.jobs.remove(this, this.#failure);
  }
}
