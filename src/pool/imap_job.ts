import { PoolClosedError } from "../errors.ts";
import type { FunctionRef } from "../worker/function_table.ts";
import { Deque } from "../deque.ts";
import type { PoolEngine } from "./engine.ts";
import { ItemSource } from "./item_source.ts";
import type { ChunkResult } from "./chunk_result.ts";
import type { Job } from "./open_jobs.ts";
import type { Task } from "./task.ts";
import type { ImapOptions, Items } from "./types.ts";

/** A chunk that was submitted: its outcomes when they are there, and how many were taken. */
interface Entry {
  task: Task | undefined;
  outcomes: { values: readonly unknown[]; errors: Map<number, unknown> } | undefined;
  size: number;
  taken: number;
}

/** What kind of iterator it is. */
export interface ImapKind {
  /** Results come in the order of the items, not of completion. */
  readonly ordered: boolean;
  /** Each item is a list of arguments. @default false */
  readonly spread?: boolean;
  /** When the iterator ends early, only what has not started is cancelled. @default false */
  readonly sparesRunning?: boolean;
  /** `drain()` reads the input to its end. @default true */
  readonly drains?: boolean;
}

interface Waiter {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: unknown): void;
}

/**
 * One `imap` or `imapUnordered`.
 *
 * Pulls from the input only while fewer than `bufferSize` items are submitted and not yet taken. An item's error rejects the
 * `next()` that would have given its value; the iterator goes on behind it.
 */
export class ImapJob implements Job, AsyncIterableIterator<unknown> {
  readonly #engine: PoolEngine;
  readonly #functionRef: FunctionRef;
  readonly #source: ItemSource<unknown>;
  readonly #options: ImapOptions;
  readonly #kind: ImapKind;
  readonly #chunkSize: number;
  readonly #bufferSize: number;
  /** Ordered: all entries, in order of input. Otherwise: those that have outcomes. */
  #entries = new Deque<Entry>();
  readonly #open = new Set<Entry>();
  readonly #waiters = new Deque<Waiter>();
  readonly #onAbort = (): void => this.abandon(this.#options.signal!.reason);
  #buffered = 0;
  #pulling = false;
  #failure: { readonly error: unknown } | undefined;
  #finished = false;
  #abandoned = false;
  #lastRejected = false;
  #draining = false;

  constructor(
    engine: PoolEngine,
    functionRef: FunctionRef,
    items: Items<unknown>,
    kind: ImapKind,
    options: ImapOptions,
  ) {
    this.#engine = engine;
    this.#functionRef = functionRef;
    this.#source = new ItemSource(items);
    this.#options = options;
    this.#kind = kind;
    this.#chunkSize = options.chunkSize ?? 1;
    const { workers, concurrency } = engine.options;
    this.#bufferSize = Math.max(this.#chunkSize, options.bufferSize ?? 2 * workers * concurrency * this.#chunkSize);
    engine.jobs.add(this);
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (options.signal?.aborted) this.#onAbort();
    else this.#pull();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    this.#lastRejected = false;
    const ready = this.#finished || this.#waiters.size > 0 ? undefined : this.#entries.peek();
    if (ready?.outcomes !== undefined && !ready.outcomes.errors.has(ready.taken)) {
      const value = ready.outcomes.values[this.#take(ready)];
      this.#goOn();
      return Promise.resolve({ done: false, value });
    }
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<unknown>>();
    this.#waiters.push({ resolve, reject });
    this.#serve();
    return promise;
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#finish();
    await this.#source.close();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<unknown>> {
    await this.return();
    throw error;
  }

  cut(): void {
    this.#failure ??= { error: new PoolClosedError("Cannot continue: the pool ended before its iterator did") };
    this.#source.close().catch(() => {});
    this.#serve();
  }

  drain(): void {
    // Nobody asks for what comes behind an error: a `for await` loop has ended there.
    if (this.#lastRejected || this.#kind.drains === false) return this.cut();
    this.#draining = true;
    this.#pull();
  }

  stop(error: unknown): void {
    this.#failure ??= { error };
    this.#source.close().catch(() => {});
    this.#cancelOpen(error, true);
    this.#serve();
  }

  abandon(error: unknown): void {
    this.#failure ??= { error };
    this.#abandoned = true;
    this.#cancelOpen(error);
    this.#keepFinished();
    this.#source.close().catch(() => {});
    this.#serve();
  }

  /** The error is told once, behind the results that were there; not once for each item that it befell. */
  #keepFinished(): void {
    const entries = this.#entries;
    this.#entries = new Deque();
    while (entries.peek()?.outcomes !== undefined) this.#entries.push(entries.shift()!);
  }

  async #pull(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      while (!this.#finished && this.#failure === undefined && !this.#source.ended && this.#hasRoom) {
        const taken = this.#source.take(this.#chunkSize);
        const items = taken instanceof Promise ? await taken : taken;
        if (items.length > 0 && !this.#finished && this.#failure === undefined) this.#submit(items);
      }
    } catch (error) {
      this.#failure ??= { error };
      this.#source.close().catch(() => {});
    } finally {
      this.#pulling = false;
    }
    this.#serve();
  }

  get #hasRoom(): boolean {
    const items = this.#draining ? this.#open.size * this.#chunkSize : this.#buffered;
    return items + this.#chunkSize <= this.#bufferSize;
  }

  #submit(items: unknown[]): void {
    const entry: Entry = { task: undefined, outcomes: undefined, size: items.length, taken: 0 };
    const mode = { size: items.length, spread: this.#kind.spread ?? false, stopOnError: false };
    const sink = {
      resolve: (value: unknown): void => {
        const { values, errors } = value as ChunkResult;
        this.#complete(entry, values, new Map(errors));
      },
      reject: (error: unknown): void => this.#complete(entry, [], new Map(items.map((_, index) => [index, error]))),
    };
    this.#buffered += entry.size;
    this.#open.add(entry);
    if (this.#kind.ordered) this.#entries.push(entry);
    try {
      entry.task = this.#engine.taskFactory.chunk(this.#functionRef, items, mode, sink, this.#options);
    } catch (error) {
      return sink.reject(error);
    }
    this.#engine.submit(entry.task);
  }

  #complete(entry: Entry, values: readonly unknown[], errors: Map<number, unknown>): void {
    entry.task = undefined;
    this.#open.delete(entry);
    if (this.#finished || this.#abandoned) return;
    entry.outcomes = { values, errors };
    if (!this.#kind.ordered) this.#entries.push(entry);
    this.#serve();
  }

  /** Gives the waiting calls of `next()` what there is. */
  #serve(): void {
    while (this.#waiters.size > 0) {
      const entry = this.#entries.peek();
      if (entry?.outcomes !== undefined && !this.#finished) {
        this.#giveItem(entry, entry.outcomes, this.#waiters.shift()!);
      } else if (this.#hasEnded) {
        this.#giveEnd(this.#waiters.shift()!);
      } else {
        break;
      }
    }
    this.#goOn();
  }

  /** Fills the room that there is, or ends the job when there is nothing more to do. */
  #goOn(): void {
    if (!this.#pulling && this.#hasRoom && !this.#finished && this.#failure === undefined && !this.#source.ended) {
      this.#pull();
    }
    if (!this.#pulling && this.#open.size === 0 && (this.#source.ended || this.#failure !== undefined)) this.#leave();
  }

  get #hasEnded(): boolean {
    if (this.#finished) return true;
    return !this.#pulling && this.#open.size === 0 && this.#entries.size === 0 &&
      (this.#source.ended || this.#failure !== undefined);
  }

  #giveItem(entry: Entry, { values, errors }: NonNullable<Entry["outcomes"]>, waiter: Waiter): void {
    const index = this.#take(entry);
    if (errors.has(index)) {
      this.#lastRejected = true;
      waiter.reject(errors.get(index));
    } else {
      waiter.resolve({ done: false, value: values[index] });
    }
  }

  /** Takes the entry's next item off the books. Returns its index. */
  #take(entry: Entry): number {
    this.#buffered--;
    if (entry.taken + 1 === entry.size) this.#entries.shift();
    return entry.taken++;
  }

  #giveEnd(waiter: Waiter): void {
    const failure = this.#finished ? undefined : this.#failure;
    this.#finish();
    if (failure === undefined) {
      waiter.resolve({ done: true, value: undefined });
    } else {
      this.#lastRejected = true;
      waiter.reject(failure.error);
    }
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#cancelOpen(new PoolClosedError("The iterator was closed"), this.#kind.sparesRunning);
    this.#serve();
    this.#leave();
  }

  #cancelOpen(error: unknown, sparesRunning = false): void {
    for (const { task } of [...this.#open]) {
      if (task !== undefined && !(sparesRunning && this.#engine.isRunning(task))) this.#engine.cancel(task, error);
    }
  }

  #leave(): void {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#engine.jobs.remove(this);
  }
}
