import { AttemptClock } from "./attempt_clock.ts";
import { BlockPieces, type PieceWay } from "./block_pieces.ts";
import { type BlockRecords, blockRecords } from "./block_records.ts";
import { describeError, describeInvalid, withNumberHint } from "./error_description.ts";
import {
  type BlockOrder,
  describeTimeout,
  type ErrorText,
  type OutcomeName,
  type Piece,
  type RunnerSettings,
  type Standstills,
} from "./protocol.ts";
import { RecordContext } from "./record_context.ts";
import { ResultBuffer } from "./result_buffer.ts";
import { isIterator, isThenable } from "./returned_value.ts";
import { after } from "./timer.ts";

/** The user's function. */
export type RecordFunction = (record: unknown, context: RecordContext) => unknown;

/** What the function has thrown. */
interface Failure {
  readonly error: unknown;
}

/** Behind a record that took this long the next two are announced: if they are as slow, that costs little. */
const SLOW_RECORD_MS = 1;

/** Runs the records of one block in order, and tells the program by pieces what became of them. */
export class BlockRun {
  readonly #call: RecordFunction;
  readonly #settings: RunnerSettings;
  readonly #order: BlockOrder;
  readonly #records: BlockRecords;
  readonly #pieces: BlockPieces;
  /** What the function has now: how many records of the block were taken, and which of them it got. */
  #unit: { size: number; offsets: number[] } = { size: 0, offsets: [] };
  /** Whether the present record goes back to the program, to be tried again. */
  #isGivenBack = false;
  /** Whether nothing runs any more. */
  #isOver = false;
  /** Of the present attempt. */
  readonly #clock: AttemptClock;

  constructor(
    call: RecordFunction,
    settings: RunnerSettings,
    bytes: Uint8Array,
    order: BlockOrder,
    way: PieceWay,
    standstills?: Standstills,
  ) {
    this.#call = call;
    this.#settings = settings;
    this.#order = order;
    this.#clock = new AttemptClock(standstills);
    this.#records = blockRecords(bytes, settings, order.columns);
    this.#pieces = new BlockPieces(way, new ResultBuffer(settings, order.rows), order.precise);
  }

  /** Runs until the end of the block or of its time. */
  async run(): Promise<void> {
    const records = this.#records;
    const pieces = this.#pieces;
    const clock = this.#clock;
    const begunAt = performance.now();
    clock.start(begunAt);
    pieces.begin(begunAt);
    let hasNext = records.next();
    if (hasNext) this.#announce();
    while (hasNext) {
      const pending = this.#runUnit(pieces.done === 0 ? this.#order.attempt : 1);
      if (pending !== undefined) await pending;
      if (this.#isGivenBack) break;
      pieces.finish(this.#unit.size);
      const now = performance.now();
      hasNext = records.next();
      const wasSlow = now - clock.startedAt >= SLOW_RECORD_MS;
      clock.start(now);
      if (now - begunAt >= this.#order.budgetMs) break;
      if (hasNext && pieces.announce(now, wasSlow)) clock.start(performance.now());
    }
    this.#isOver = true;
  }

  /** The last piece, which is the answer. Not a result of `run()`: that comes later to the caller, and the process may end before. */
  takeLast(): Piece {
    return this.#pieces.takeLast();
  }

  /** Sends what there is, because the process ends, as far as can be known: what handles the error that ends it may come later. */
  tellExit(): void {
    try {
      this.#pieces.tellExit(this.#isOver);
    } catch {
      // The parent is gone.
    }
  }

  /** Says that the next attempt begins. Its time does not run before: to send takes as long as the parent reads nothing. */
  #announce(): void {
    this.#pieces.send();
    this.#clock.start(performance.now());
  }

  /** Runs one record, or one batch. Returns a promise only if there is something to wait for. */
  #runUnit(attempt: number): Promise<void> | undefined {
    const { batch } = this.#settings;
    this.#pieces.beginRecord(this.#order.firstIndex + this.#pieces.done + 1);
    if (batch !== null) return this.#runBatch(batch, attempt);
    // The same object each time: two new ones for each record are felt where records are small.
    this.#unit.size = 1;
    this.#unit.offsets[0] = this.#pieces.done;
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
      const offset = this.#pieces.done + unit.size++;
      try {
        values.push(this.#records.value());
        unit.offsets.push(offset);
      } catch (error) {
        this.#noteFailure(offset, "invalid", attempt, describeInvalid(error));
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
    return new RecordContext(this.#order.firstIndex + this.#pieces.done, attempt);
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
      return this.#end({ error }, record, context);
    }
    return this.#end(undefined, record, context);
  }

  async #wait(value: object, record: unknown, context: RecordContext): Promise<boolean> {
    const gathered = this.#gather(value, context);
    try {
      await this.#withinTime(gathered, context);
    } catch (error) {
      return await this.#end({ error }, record, context);
    }
    return await this.#end(undefined, record, context);
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
    let isOver = false;
    let stop: () => void;
    const wait = (ms: number): void => void (stop = after(ms, look));
    const look = async (): Promise<void> => {
      const isLate = await this.#clock.hasRunFor(timeoutMs);
      if (isOver) return;
      if (!isLate) return wait(timeoutMs - this.#clock.ranMs);
      stop = after(this.#settings.graceMs, () => this.#pieces.tellStuck());
      context.abort(new DOMException("The record's time is up", "TimeoutError"));
    };
    wait(timeoutMs);
    try {
      await work;
    } finally {
      isOver = true;
      stop!();
    }
  }

  #add(value: unknown): void {
    if (value !== undefined) this.#pieces.add(value);
  }

  /** Ends an attempt. Returns whether another one is to follow here. */
  #end(failure: Failure | undefined, record: unknown, context: RecordContext): Promise<boolean> | boolean {
    const { timeoutMs } = this.#order;
    if (timeoutMs !== null && this.#clock.ranMs >= timeoutMs) {
      return this.#endLate(timeoutMs, failure, record, context);
    }
    return this.#endInTime(failure, record, context);
  }

  async #endLate(
    timeoutMs: number,
    failure: Failure | undefined,
    record: unknown,
    context: RecordContext,
  ): Promise<boolean> {
    const isLate = context.signal.aborted || await this.#clock.hasRunFor(timeoutMs);
    if (!isLate) return this.#endInTime(failure, record, context);
    return this.#judge("timeout", context, () => describeTimeout(timeoutMs));
  }

  #endInTime(failure: Failure | undefined, record: unknown, context: RecordContext): boolean {
    if (failure === undefined) return this.#succeed(context);
    const { isUntrusted } = this.#settings;
    return this.#judge("error", context, () => withNumberHint(describeError(failure.error, isUntrusted), record));
  }

  #succeed({ attempt }: RecordContext): boolean {
    if (!this.#order.detailed) return false;
    const { recordResults } = this.#pieces;
    const { startedAt } = this.#clock;
    const outcome = recordResults === 0 ? "dropped" : "ok";
    // The results of a batch are its first record's.
    for (const [at, offset] of this.#unit.offsets.entries()) {
      const [results, bytes] = at === 0 ? [recordResults, this.#pieces.measureRecord()] : [0, 0];
      this.#pieces.note({ offset, outcome, attempt, startedAt, durationMs: this.#durationMs, results, bytes });
    }
    return false;
  }

  /** Ends an attempt that failed. Returns whether another one is to follow here. */
  #judge(reason: "error" | "timeout", { attempt, index }: RecordContext, describe: () => ErrorText): boolean {
    this.#pieces.dropRecord();
    const { retries, retryErrors, retryTimeouts, isPaced } = this.#settings;
    if (attempt <= retries && (reason === "timeout" ? retryTimeouts : retryErrors)) {
      this.#pieces.noteRetry(attempt, reason, performance.now(), this.#clock.elapsedMs);
      this.#isGivenBack = isPaced;
      if (isPaced) return false;
      // The parent counts the time of this attempt from here, and it is this one that a loss of the process is charged to.
      this.#announce();
      this.#pieces.beginRecord(index + 1);
      return true;
    }
    this.#fail(reason, attempt, describe());
    return false;
  }

  #fail(outcome: OutcomeName, attempt: number, error: ErrorText): void {
    for (const offset of this.#unit.offsets) this.#noteFailure(offset, outcome, attempt, error);
  }

  #noteFailure(offset: number, outcome: OutcomeName, attempt: number, error: ErrorText): void {
    const durationMs = this.#durationMs;
    this.#pieces.note({ offset, outcome, attempt, startedAt: this.#clock.startedAt, durationMs, error });
  }

  /** How long the present attempt takes, shared among the records of a batch. */
  get #durationMs(): number {
    return this.#clock.elapsedMs / Math.max(1, this.#unit.offsets.length);
  }
}
