import { type BlockRecords, blockRecords } from "./block_records.ts";
import { DetailLog } from "./detail_log.ts";
import { describeError, describeInvalid, withNumberHint } from "./error_description.ts";
import {
  type BlockOrder,
  describeTimeout,
  type ErrorDescription,
  EXACT,
  EXITING,
  type OutcomeName,
  OVER,
  type Piece,
  type RunnerSettings,
  STUCK,
} from "./protocol.ts";
import { RecordContext } from "./record_context.ts";
import { ResultBuffer } from "./result_buffer.ts";
import { isIterator, isThenable } from "./returned_value.ts";
import { after } from "./timer.ts";

/** The user's function. */
export type RecordFunction = (record: unknown, context: RecordContext) => unknown;

/** Where a block runs. */
export interface BlockPlace {
  readonly workerId: number;
  /** Sends a piece at once. */
  send(piece: Piece): void;
}

// Between two pieces of records that are too quick to be announced one by one.
const PIECE_MS = 25;
const PIECE_BYTES = 1024 * 1024;
/** Behind a record that took this long the next two are announced: if they are as slow, that costs little. */
const SLOW_RECORD_MS = 1;

/**
 * Runs the records of one block in order.
 *
 * If this process dies without a word, the parent knows from the last piece which record was running, if each one was
 * announced, and otherwise where those begin among which it was.
 */
export class BlockRun {
  readonly #call: RecordFunction;
  readonly #settings: RunnerSettings;
  readonly #order: BlockOrder;
  readonly #place: BlockPlace;
  readonly #records: BlockRecords;
  readonly #buffer: ResultBuffer;
  readonly #details = new DetailLog();
  /** Whether the next record will be announced, as the last piece said. */
  #isExact: boolean;
  #done = 0;
  /** What the function has now: how many records of the block were taken, and which of them it got. */
  #unit: { size: number; offsets: number[] } = { size: 0, offsets: [] };
  /** Whether the present record goes back to the program, to be tried again. */
  #isGivenBack = false;
  /** Whether nothing runs any more. */
  #isOver = false;
  #results = 0;
  #recordResults = 0;
  #lastPieceAt = 0;
  #startedAt = 0;

  constructor(
    call: RecordFunction,
    settings: RunnerSettings,
    bytes: Uint8Array,
    order: BlockOrder,
    place: BlockPlace,
  ) {
    this.#call = call;
    this.#settings = settings;
    this.#order = order;
    this.#place = place;
    this.#records = blockRecords(bytes, settings, order.columns);
    this.#buffer = new ResultBuffer(settings, order.rows);
    this.#isExact = order.precise;
  }

  /** Runs until the end of the block or of its time. */
  async run(): Promise<void> {
    const records = this.#records;
    const begunAt = this.#startedAt = this.#lastPieceAt = performance.now();
    let hasNext = records.next();
    if (hasNext) this.#send();
    while (hasNext) {
      const pending = this.#runUnit(this.#done === 0 ? this.#order.attempt : 1);
      if (pending !== undefined) await pending;
      if (this.#isGivenBack) break;
      this.#done += this.#unit.size;
      this.#results += this.#recordResults;
      const now = performance.now();
      hasNext = records.next();
      const wasSlow = now - this.#startedAt >= SLOW_RECORD_MS;
      this.#startedAt = now;
      if (now - begunAt >= this.#order.budgetMs) break;
      if (hasNext && (wasSlow || this.#isPieceDue(now))) {
        this.#isExact = this.#order.precise || wasSlow;
        this.#send();
      }
    }
    this.#isOver = true;
  }

  /** The last piece, which is the answer. Not a result of `run()`: that comes later to the caller, and the process may end before. */
  takeLast(): Piece {
    return this.#take(EXACT);
  }

  /** Sends what there is, because the process ends, as far as can be known: what handles the error that ends it may come later. */
  tellExit(): void {
    try {
      this.#send(this.#isOver ? OVER : EXITING);
    } catch {
      // The parent is gone.
    }
  }

  #tellStuck(): void {
    this.#buffer.dropRecord();
    this.#send(STUCK);
  }

  #isPieceDue(now: number): boolean {
    return this.#isExact || now - this.#lastPieceAt >= PIECE_MS || this.#buffer.size >= PIECE_BYTES;
  }

  #send(state = 0): void {
    this.#place.send(this.#take(state | (this.#isExact ? EXACT : 0)));
  }

  #take(state: number): Piece {
    const now = performance.now();
    const piece: Piece = [
      this.#place.workerId,
      this.#done,
      state,
      now - this.#lastPieceAt,
      this.#results,
      (state & EXITING) !== 0 ? this.#buffer.takeFinished() : this.#buffer.take(),
      this.#details.take(this.#done),
    ];
    this.#results = 0;
    this.#lastPieceAt = now;
    return piece;
  }

  /** Runs one record, or one batch. Returns a promise only if there is something to wait for. */
  #runUnit(attempt: number): Promise<void> | undefined {
    const { batch } = this.#settings;
    this.#recordResults = 0;
    this.#buffer.beginRecord(this.#order.firstIndex + this.#done + 1);
    if (batch !== null) return this.#runBatch(batch, attempt);
    // The same object each time: two new ones for each record are felt where records are small.
    this.#unit.size = 1;
    this.#unit.offsets[0] = this.#done;
    let record: unknown;
    try {
      record = this.#records.value();
    } catch (error) {
      this.#fail("invalid", attempt, describeInvalid(error));
      return;
    }
    return this.#attempt(record, attempt);
  }

  /** Anything that is not a record fails alone, and the function gets the others. */
  #runBatch(limit: number, attempt: number): Promise<void> | undefined {
    const unit = this.#unit = { size: 0, offsets: [] as number[] };
    const values: unknown[] = [];
    do {
      const offset = this.#done + unit.size++;
      try {
        values.push(this.#records.value());
        unit.offsets.push(offset);
      } catch (error) {
        this.#note(offset, "invalid", attempt, 0, 0, describeInvalid(error));
      }
    } while (unit.size < limit && this.#records.next());
    return values.length === 0 ? undefined : this.#attempt(values, attempt);
  }

  /** A loop, and no call within a call: there may be more attempts than a stack takes. */
  #attempt(record: unknown, first: number): Promise<void> | undefined {
    for (let attempt = first;; attempt++) {
      const again = this.#try(record, this.#contextOf(attempt));
      if (again === false) return;
      if (again !== true) return this.#attemptLater(again, record, attempt);
    }
  }

  async #attemptLater(pending: Promise<boolean>, record: unknown, first: number): Promise<void> {
    let attempt = first;
    for (let again = await pending; again;) again = await this.#try(record, this.#contextOf(++attempt));
  }

  #contextOf(attempt: number): RecordContext {
    return new RecordContext(this.#order.firstIndex + this.#done, attempt);
  }

  /** Makes one attempt. Returns whether another one is to follow. */
  #try(record: unknown, context: RecordContext): Promise<boolean> | boolean {
    try {
      // Called without a receiver: it is not a method of this object, in stacks either.
      const call = this.#call;
      const value = call(record, context);
      if (typeof value === "object" && value !== null) {
        if (isThenable(value) || isIterator(value, Symbol.asyncIterator)) return this.#wait(value, record, context);
        if (isIterator(value, Symbol.iterator)) { for (const one of value) this.#add(one); }
        else this.#add(value);
      } else {
        this.#add(value);
      }
    } catch (error) {
      return this.#judge(error, record, context);
    }
    return this.#finish(record, context);
  }

  async #wait(value: object, record: unknown, context: RecordContext): Promise<boolean> {
    const gathered = this.#gather(value, context);
    try {
      await this.#withinTime(gathered, context);
    } catch (error) {
      return this.#judge(error, record, context);
    }
    return this.#finish(record, context);
  }

  async #gather(value: object, context: RecordContext): Promise<void> {
    const settled: unknown = isThenable(value) ? await value : value;
    if (typeof settled === "object" && settled !== null) {
      if (isIterator(settled, Symbol.asyncIterator)) {
        for await (const one of settled) this.#addInTime(one, context);
        return;
      }
      if (isIterator(settled, Symbol.iterator)) {
        for (const one of settled) this.#addInTime(one, context);
        return;
      }
    }
    this.#addInTime(settled, context);
  }

  #addInTime(value: unknown, context: RecordContext): void {
    if (this.#order.timeoutMs === null || !context.signal.aborted) this.#add(value);
  }

  /** Waits for a function that is told when its time is up, and has a little longer to end by itself. */
  async #withinTime(work: Promise<void>, context: RecordContext): Promise<void> {
    const { timeoutMs } = this.#order;
    if (timeoutMs === null) return await work;
    const stop = after(timeoutMs, () => context.abort(new DOMException("The record's time is up", "TimeoutError")));
    const stopLast = after(timeoutMs + this.#settings.graceMs, () => this.#tellStuck());
    try {
      await work;
    } finally {
      stop();
      stopLast();
    }
  }

  #add(value: unknown): void {
    if (value === undefined) return;
    this.#buffer.add(value);
    this.#recordResults++;
  }

  #finish(record: unknown, context: RecordContext): boolean {
    if (this.#isLate()) return this.#judge(undefined, record, context);
    if (!this.#order.detailed) return false;
    const outcome = this.#recordResults === 0 ? "dropped" : "ok";
    // The results of a batch are its first record's.
    for (const [at, offset] of this.#unit.offsets.entries()) {
      const [results, bytes] = at === 0 ? [this.#recordResults, this.#buffer.measureRecord()] : [0, 0];
      this.#note(offset, outcome, context.attempt, results, bytes);
    }
    return false;
  }

  /** Ends an attempt that failed. Returns whether another one is to follow here. */
  #judge(error: unknown, record: unknown, context: RecordContext): boolean {
    this.#buffer.dropRecord();
    this.#recordResults = 0;
    const { attempt } = context;
    const { retries, retryErrors, retryTimeouts, isPaced } = this.#settings;
    const reason = this.#isLate() ? "timeout" : "error";
    if (attempt <= retries && (reason === "timeout" ? retryTimeouts : retryErrors)) {
      const now = performance.now();
      this.#details.retry(this.#done, attempt, reason, now, now - this.#startedAt);
      this.#isGivenBack = isPaced;
      if (isPaced) return false;
      this.#startedAt = now;
      // The parent counts the time of this attempt from here, and it is this one that a loss of the process is charged to.
      this.#send();
      this.#buffer.beginRecord(context.index + 1);
      return true;
    }
    this.#fail(
      reason,
      attempt,
      reason === "timeout"
        ? describeTimeout(this.#order.timeoutMs!)
        : withNumberHint(describeError(error, this.#settings.isUntrusted), record),
    );
    return false;
  }

  #isLate(): boolean {
    const { timeoutMs } = this.#order;
    return timeoutMs !== null && performance.now() - this.#startedAt >= timeoutMs;
  }

  #fail(outcome: OutcomeName, attempt: number, error: ErrorDescription): void {
    for (const offset of this.#unit.offsets) this.#note(offset, outcome, attempt, 0, 0, error);
  }

  #note(
    offset: number,
    outcome: OutcomeName,
    attempt: number,
    results: number,
    bytes: number,
    error?: ErrorDescription,
  ): void {
    const startedAt = this.#startedAt;
    const durationMs = (performance.now() - startedAt) / Math.max(1, this.#unit.offsets.length);
    const end = { offset, outcome, attempt, startedAt, durationMs, results, bytes };
    this.#details.note(error === undefined ? end : { ...end, error });
  }
}
