import { type Batch, failuresOf, type Outcome, sizeOf } from "../records/batch.ts";
import type { EventStream } from "../observers/event_stream.ts";
import type { RecordEvent, RunEvent } from "../records/run_events.ts";
import { excerptOf } from "../errors/foreign_text.ts";
import type { RejectWriter } from "./reject_printer.ts";
import type { ResultFormat } from "./result_format.ts";
import type { ResultSink } from "./result_sink.ts";

/** What a committer needs. */
export interface CommitterOptions {
  readonly format: ResultFormat;
  readonly sink: ResultSink;
  readonly events: EventStream;
  readonly rejects: RejectWriter;
  /** Whether results must be safe before events tell of them. */
  readonly isDurable: boolean;
  /** Makes the hash of a record, if somebody wants those. */
  readonly hash: ((bytes: Uint8Array) => string) | undefined;
  /** Batches were written, with so many records; `unwritable` ones of those that failed have only failed here: their results do not fit the output. */
  readonly onWritten: (done: number, failures: readonly Outcome[], unwritable: number) => void;
  /** Writing has failed; nothing more is written. */
  readonly onFailure: (error: unknown) => void;
}

/** Writes finished batches one after the other: results, then rejects, then events. */
export class Committer {
  done = 0;
  failed = 0;
  results = 0;
  /** About what waits to be written takes in memory. */
  waitingBytes = 0;
  readonly #options: CommitterOptions;
  #queue: Batch[] = [];
  #running: Promise<void> | undefined;
  #hasFailed = false;
  #isGivenUp = false;
  readonly #givenUp = Promise.withResolvers<void>();

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** Queues a batch. */
  add(batch: Batch): void {
    if (this.#hasFailed || this.#isGivenUp) return;
    this.waitingBytes += sizeOf(batch);
    this.#queue.push(batch);
    this.#running ??= this.#run();
  }

  /** Waits until everything is written, or given up. */
  async idle(): Promise<void> {
    await Promise.race([this.#running, this.#givenUp.promise]);
  }

  /** Writes no more, and has nobody wait for what is being written. That counts as not written, and events do not tell of it. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#queue = [];
    this.#givenUp.resolve();
  }

  async #run(): Promise<void> {
    // What comes in the same turn is written together.
    await Promise.resolve();
    try {
      while (this.#queue.length > 0) await this.#commit(this.#queue.splice(0));
    } catch (error) {
      this.#hasFailed = true;
      this.#queue = [];
      this.#options.onFailure(error);
    } finally {
      this.#running = undefined;
    }
  }

  async #commit(batches: readonly Batch[]): Promise<void> {
    const { format, sink, events, rejects, isDurable, onWritten } = this.#options;
    const told: RunEvent[] = [];
    const failed: Outcome[] = [];
    let done = 0;
    let unwritable = 0;
    for (const raw of batches) {
      const { batch, bytes } = format.format(raw);
      const before = sink.position;
      if (bytes.length > 0) await sink.write(bytes);
      if (this.#isGivenUp) return;
      this.waitingBytes -= sizeOf(raw);
      const failures = failuresOf(batch);
      done += batch.done;
      for (const failure of failures) failed.push(failure);
      unwritable += failures.length - failuresOf(raw).length;
      this.results += batch.results;
      if (failures.length > 0) await rejects.write(batch, failures);
      this.#describe(batch, before, told);
    }
    if (isDurable) await sink.sync();
    // Here, at the latest, since the rejects may have been what took nothing.
    if (this.#isGivenUp) return;
    this.done += done;
    this.failed += failed.length;
    if (done > 0) told.push({ type: "count", at: Date.now(), done, failed: failed.length });
    events.emitAll(told);
    await events.settle();
    onWritten(done, failed, unwritable);
  }

  #describe(batch: Batch, outputStart: number, told: RunEvent[]): void {
    const { events } = this.#options;
    const { block, slot } = batch;
    for (const { offset, ...retry } of batch.retries) {
      told.push({ type: "retry", sequence: block.firstSequence + offset, slot, ...retry });
    }
    if (!events.wantsRecords) return;
    let outputEnd = outputStart;
    for (const outcome of batch.outcomes) {
      outputEnd += outcome.bytes;
      told.push(recordEvent(batch, outcome, outputEnd, this.#options.hash));
    }
  }
}

type MutableEvent = { -readonly [Key in keyof RecordEvent]: RecordEvent[Key] };

/** Named one by one: a rest of fields takes several times as long, for each record of a run. */
function recordEvent(batch: Batch, end: Outcome, outputEnd: number, hash: CommitterOptions["hash"]): RecordEvent {
  const { block, slot, pid } = batch;
  const { offset, outcome, attempt, startedAt, durationMs, results, error } = end;
  const sequence = block.firstSequence + offset;
  const { input } = block.source;
  const line = block.line(offset);
  const facts = { sequence, input, line, slot, pid, outcome, attempt, startedAt, durationMs, results, outputEnd };
  const event: MutableEvent = { type: "record", ...facts };
  if (hash !== undefined) event.hash = hash(block.mark(offset));
  if (error !== undefined) {
    event.error = error;
    event.excerpt = excerptOf(block.record(offset));
  }
  return event;
}
