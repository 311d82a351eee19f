import type { Piece } from "../runner/protocol.ts";
import { EXACT, EXITING, OVER, STUCK } from "../runner/protocol.ts";
import type { RecordBlock } from "../records/record_block.ts";
import type { EndReason } from "../records/run_events.ts";
import { AutoChunk, suspectPart } from "./auto_chunk.ts";
import {
  type Batch,
  checkedPiece,
  failuresOf,
  isFailure,
  isPiece,
  MalformedPieceError,
  readDetails,
  type WorkItem,
} from "../records/batch.ts";
import { InputReporter } from "./input_reporter.ts";
import { invalidBatch } from "../records/invalid_batch.ts";
import { isToldToEnd, judgeLoss } from "./judge_loss.ts";
import { HaltWatch } from "./halt_watch.ts";
import type { Place } from "./reorder_buffer.ts";
import type { MapRunParts, Work } from "./map_run_parts.ts";
import { OrderedResults } from "./ordered_results.ts";
import { RunningBlock } from "./running_block.ts";
import { type LossDesk, settleLoss } from "./settle_loss.ts";
import { OverdueWatch } from "./overdue_watch.ts";
import { Throttle } from "./throttle.ts";
import { after } from "../runner/timer.ts";
import { RecordTimeLimit } from "./time_limit.ts";

const OPEN_PLACES_PER_JOB = 64;
const MAX_WAITING_BYTES = 32 * 1024 * 1024;
/** A signal for all processes of a command comes to each at a moment of its own. */
const HEARING_MS = 100;

/** Reads, has worked and orders: everything between the input and the committer. */
export class MapRun {
  readonly #parts: MapRunParts;
  readonly #chunk: AutoChunk;
  readonly #timeLimit: RecordTimeLimit;
  readonly #halt: HaltWatch;
  readonly #results: OrderedResults;
  /** Few: what workers gave back, so that an array is quick enough. */
  readonly #rest: Work[] = [];
  readonly #running = new Set<RunningBlock>();
  readonly #overdue: OverdueWatch<RunningBlock>;
  readonly #throttle: Throttle;
  readonly #reporter: InputReporter;
  readonly #ended = Promise.withResolvers<void>();
  readonly #desk: LossDesk = {
    fail: (error) => this.fail(error),
    again: (block, behind) => this.#again(block, behind),
    put: (place, batch) => this.#results.put(place, batch),
    judgeHalt: (done, failed) => this.#judgeHalt(done, failed),
  };
  /** Whether a worker has said anything of a record: then it could load the function. */
  hasAnswer = false;
  #mode: "running" | "draining" | "killed" = "running";
  #reason: EndReason = "finished";
  #failure: { readonly error: unknown } | undefined;
  #areWorkersReady = false;
  #isReading = false;
  #inputEnded = false;
  #waitsForRoom = false;

  constructor(parts: MapRunParts) {
    const { options } = parts;
    this.#parts = parts;
    this.#chunk = new AutoChunk(options.chunk, options.batch ?? 1, options.throttle.perSecond);
    this.#throttle = new Throttle(options.throttle, () => this.#pump());
    this.#timeLimit = new RecordTimeLimit(options.timeout);
    this.#halt = new HaltWatch(options.halt, options.total);
    this.#results = new OrderedResults(!options.unordered, parts.committer);
    this.#reporter = new InputReporter(parts.inputs, parts.events);
    this.#overdue = new OverdueWatch(this.#running, (block) => this.#endForTime(block));
  }

  /** How many finished records were not written, since one in front of them was not finished. */
  get heldRecords(): number {
    return this.#results.heldRecords;
  }

  /** How many of them have failed. */
  get heldFailures(): number {
    return this.#results.heldFailures;
  }

  /** Whether it reads no more. */
  get isStopping(): boolean {
    return this.#mode !== "running";
  }

  /** How many records workers have now. */
  get runningRecords(): number {
    let count = 0;
    for (const { block, done } of this.#running) count += block.count - done;
    return count;
  }

  /** Runs to the end, whatever that is. Rejects with what made it impossible to go on. */
  async run(): Promise<EndReason> {
    this.#pump();
    await this.#ended.promise;
    this.#overdue.stop();
    this.#throttle.stop();
    const { hold, options } = this.#parts;
    // Who says that so many are enough wants to see them, and will not go on.
    const isEnough = this.#reason === "halted" && options.halt?.what !== "fail";
    try {
      await this.#results.end(isEnough ? undefined : hold);
    } catch (error) {
      this.#failure ??= { error };
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#reason;
  }

  /** Reads no more, and lets end what runs. */
  drain(reason: EndReason): void {
    if (this.#mode !== "running") return;
    this.#mode = "draining";
    this.#reason = reason;
    this.#endIfDone();
  }

  /** Ends everything now. */
  kill(reason: EndReason): void {
    if (this.#mode === "killed") return;
    if (this.#mode === "running") this.#reason = reason;
    this.#mode = "killed";
    this.#parts.pool.terminate();
    this.#endIfDone();
  }

  /** Ends everything, because it cannot go on. */
  fail(error: unknown): void {
    if (this.#mode !== "killed") this.#failure ??= { error };
    this.kill("broken");
  }

  /** All workers have started. */
  noteReady(): void {
    this.#areWorkersReady = true;
    this.#pump();
  }

  /** Not all workers could start. */
  async noteStartFailure(error: unknown): Promise<void> {
    if (isToldToEnd(error)) await this.#endTogether();
    this.fail(error);
  }

  /** The committer has written something: there may be room for more. The results of `unwritable` records did not fit the output. */
  noteWritten(unwritable: number): void {
    if (unwritable > 0) this.#judgeHalt(0, unwritable);
    const { pool, inputs } = this.#parts;
    const { firstUnwritten } = this.#results;
    // An agent's block may be on its way still when it has been given up.
    if (firstUnwritten !== undefined && !pool.isRemote) inputs.release(firstUnwritten);
    this.#pump();
  }

  get #mayDispatch(): boolean {
    const { capacity } = this.#parts.pool;
    const isPaced = this.#parts.options.throttle.perSecond !== undefined;
    if (isPaced && !this.#areWorkersReady) return false;
    // Under a rate nothing may wait at a worker's door: it would begin with what comes behind it.
    const limit = this.#chunk.isQuick && !isPaced ? capacity * 2 : capacity;
    return this.#mode === "running" && this.#running.size < limit &&
      this.#results.openPlaces < capacity * OPEN_PLACES_PER_JOB && this.#results.waitingBytes < MAX_WAITING_BYTES;
  }

  #pump(): void {
    if (this.#mode === "running" && this.#waitForRoom()) return this.#endIfDone();
    while (this.#mayDispatch && this.#throttle.isOpen()) {
      const work = this.#rest.shift();
      if (work !== undefined) this.#dispatchPart(work);
      else {
        if (!this.#isReading && !this.#inputEnded) this.#read();
        break;
      }
    }
    // What must be done before anything new is blocked by nothing but other work.
    while (
      this.#mode === "running" && this.#running.size === 0 && this.#rest.length > 0 && this.#throttle.isOpen()
    ) {
      this.#dispatchPart(this.#rest.shift()!);
    }
    this.#endIfDone();
  }

  /** Whether so much waits to be printed that nothing new begins. When it does not, that does. */
  #waitForRoom(): boolean {
    if (this.#waitsForRoom) return true;
    const { room } = this.#parts.events;
    if (room === undefined) return false;
    this.#waitsForRoom = true;
    room.then(() => {
      this.#waitsForRoom = false;
      this.#pump();
    });
    return true;
  }

  #endIfDone(): void {
    if (this.#running.size > 0) return;
    if (this.#mode !== "running" || (this.#inputEnded && !this.#isReading && this.#rest.length === 0)) {
      this.#ended.resolve();
    }
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      const item = await this.#parts.inputs.read(this.#chunk.limits);
      this.#isReading = false;
      if (this.#mode !== "running") return;
      this.#reporter.tell(item === undefined);
      if (item === undefined) this.#inputEnded = true;
      else this.#accept(item);
      this.#pump();
    } catch (error) {
      this.#isReading = false;
      this.fail(error);
    }
  }

  #accept(item: WorkItem): void {
    if ("block" in item) {
      const { block } = item;
      // Of what was read only to leave most of it out, more may be left than is to go out at once.
      return this.#dispatchPart({ block, place: this.#results.add(block.firstSequence) });
    }
    const batch = "finished" in item ? item.finished : invalidBatch(item.invalid);
    const place = this.#results.add(batch.block.firstSequence);
    this.#results.put(place, batch);
    this.#results.close(place);
    // What an earlier run has finished counted there.
    if ("invalid" in item) this.#judgeHalt(1, 1);
  }

  /** No more of a block goes out at once than a worker is to get. */
  #dispatchPart({ block, place }: Work): void {
    const { options, pool } = this.#parts;
    const { records: most } = this.#chunk.limits;
    const records = pool.isRemote || block.unheard ? suspectPart(block, most, options.batch ?? 1) : most;
    if (block.count <= records) return this.#dispatch({ block, place });
    const { attempt, suspect, unheard } = block;
    this.#rest.unshift({
      block: block.part(records, block.count, { suspect, unheard }),
      place: this.#results.addBehind(place),
    });
    this.#dispatch({ block: block.part(0, records, { attempt, suspect, unheard }), place });
  }

  #dispatch(work: Work): void {
    const { block } = work;
    const timeoutMs = this.#timeLimit.ms;
    const isPrecise = this.#timeLimit.isSet || this.#chunk.isSlow;
    const running = new RunningBlock(work, { timeoutMs, isPrecise, batch: this.#parts.options.batch ?? 1 });
    this.#throttle.begin(block.count);
    this.#running.add(running);
    const { pool, events, format } = this.#parts;
    if (timeoutMs !== null && !pool.isRemote) this.#overdue.start(timeoutMs);
    const isDetailed = events.wantsRecords || format.needsOutcomes || this.#timeLimit.isRelative;
    const order = running.order(isDetailed, format.rows);
    const result = pool.run({
      payload: block.payload,
      order,
      isUnit: running.isLastUnit,
      signal: running.controller.signal,
      onPiece: (value, ageMs) => this.#receiveProgress(running, value, ageMs),
    });
    result.then((piece) => this.#finish(running, piece), (error) => this.#lose(running, error));
  }

  /** The function may report progress of its own, if it was written for pools. */
  #receiveProgress(running: RunningBlock, value: unknown, ageMs = 0): void {
    if (!isPiece(value)) return;
    this.#receive(running, value);
    if (ageMs > 0) running.recordStartedAt = Date.now() - ageMs;
  }

  #receive(running: RunningBlock, value: unknown): void {
    if (!this.#running.has(running)) return;
    try {
      const piece = checkedPiece(value, running.done, running.block.count);
      const [slot, , state] = piece;
      this.hasAnswer = true;
      if (!running.hasBegun) this.#begin(running, slot);
      this.#take(running, piece);
      running.isExact = (state & EXACT) !== 0;
      running.isExiting = (state & EXITING) !== 0;
      running.isOver = (state & OVER) !== 0;
      if ((state & STUCK) !== 0) this.#endForTime(running);
    } catch (error) {
      this.fail(error);
    }
  }

  #begin(running: RunningBlock, slot: number): void {
    running.begin(slot, this.#parts.pool.pidOf(slot));
    this.#parts.events.emit(running.event("start"));
  }

  #take(running: RunningBlock, [, newDone, , elapsedMs, results, output, detailBytes]: Piece): void {
    const { outcomes, retries } = readDetails(detailBytes, running.done, newDone);
    const done = newDone - running.done;
    running.lastRetry = retries.at(-1) ?? running.lastRetry;
    running.advance(newDone, retries.length > 0);
    this.#chunk.learn(done, elapsedMs);
    for (const { outcome, durationMs } of outcomes) if (!isFailure(outcome)) this.#timeLimit.learn(durationMs);
    if (done === 0 && output.length === 0 && retries.length === 0) return;
    const { block, slot, pid, place, hasRows } = running;
    this.#results.put(place, { block, done, results, output, hasRows, outcomes, retries, slot, pid });
    this.#judgeHalt(done, failuresOf({ outcomes }).length);
  }

  #judgeHalt(done: number, failed: number): void {
    const verdict = this.#halt.count(done, failed);
    if (verdict === "now") this.kill("halted");
    else if (verdict === "soon") this.drain("halted");
  }

  #finish(running: RunningBlock, value: unknown): void {
    this.#receive(running, value);
    // It would come back for ever: a reader and its workers must see the same records.
    if (running.done === 0 && running.lastRetry === undefined) {
      this.fail(new MalformedPieceError("it ended a block without any of its records"));
    }
    this.#end(running);
  }

  /** Of a block that has been answered. */
  #end(running: RunningBlock): void {
    this.#leave(running);
    const { block, done, place } = running;
    if (done < block.count) this.#again(block.part(done, block.count, { attempt: running.attempt }), place);
    this.#results.close(place);
    this.#pump();
  }

  #leave(running: RunningBlock): void {
    this.#running.delete(running);
    if (running.hasBegun) this.#parts.events.emit(running.event("end"));
  }

  /** Puts records in front of everything else. When nothing more is run, they leave a gap: results behind it must wait. */
  #again(block: RecordBlock, behind: Place<Batch>): void {
    const place = this.#results.addBehind(behind);
    if (this.#mode === "running") this.#rest.unshift({ block, place });
  }

  /** A worker got a signal that is on its way to this process as well, perhaps: then nothing that runs can end. */
  async #endTogether(): Promise<void> {
    if (this.#mode === "running") await new Promise<void>((resolve) => after(HEARING_MS, resolve));
    if (this.#mode === "draining" && this.#reason === "interrupted") this.kill("interrupted");
  }

  #endForTime(running: RunningBlock): void {
    running.isOutOfTime = true;
    running.controller.abort();
  }

  async #lose(running: RunningBlock, error: unknown): Promise<void> {
    if (running.isOver) return this.#end(running);
    if (isToldToEnd(error)) await this.#endTogether();
    this.#leave(running);
    if (this.#mode !== "killed") settleLoss(running, judgeLoss(running, error, this.#parts.options), this.#desk);
    // What was killed leaves a gap.
    if (this.#mode !== "killed") this.#results.close(running.place);
    this.#pump();
  }
}
