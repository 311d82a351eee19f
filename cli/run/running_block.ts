import type { BlockOrder } from "../runner/protocol.ts";
import type { RowShape } from "../runner/tables/result_row.ts";
import type { RecordBlock } from "../records/record_block.ts";
import type { BlockEvent } from "../records/run_events.ts";
import type { Batch } from "../records/batch.ts";
import type { Work } from "./map_run_parts.ts";
import type { Place } from "./reorder_buffer.ts";

/** After this long a worker gives the rest of its block back, so that nothing waits for a block that turned out slow. */
const BLOCK_BUDGET_MS = 100;

/** How a block is run. */
export interface RunningBlockOptions {
  readonly timeoutMs: number | null;
  /** Whether each record is announced before it starts. */
  readonly isPrecise: boolean;
  /** How many records the function gets at once. */
  readonly batch: number;
}

/** A block that the pool has. */
export class RunningBlock {
  readonly block: RecordBlock;
  readonly place: Place<Batch>;
  readonly timeoutMs: number | null;
  /** Ends its worker. */
  readonly controller = new AbortController();
  /** Records that are finished. */
  done = 0;
  hasBegun = false;
  /** Whether the next record was announced before it started, so that it is the only one that can be running. */
  isExact: boolean;
  /** Whether the process said that it exits: what is said last is exact. */
  isExiting = false;
  /** Whether what was said last is the answer. */
  isOver = false;
  isOutOfTime = false;
  /** Whether its results come as rows of a table. */
  hasRows = false;
  slot = -1;
  pid = 0;
  /** Since when the present record runs, as far as is known. */
  recordStartedAt = 0;
  /** How long nothing was heard of it, as the program's own clock counts. */
  silentMs = 0;

  /** The last attempt that failed and is followed by another, here or where the record is given back. */
  lastRetry: { readonly offset: number; readonly attempt: number } | undefined;
  readonly #batch: number;

  constructor({ block, place }: Work, { timeoutMs, isPrecise, batch }: RunningBlockOptions) {
    this.#batch = batch;
    this.block = block;
    this.place = place;
    this.timeoutMs = timeoutMs;
    this.isExact = isPrecise || block.suspect || this.isLastUnit;
  }

  /** What a worker is told with the block; `detailed` asks for the outcomes of all records, `rows` for rows of a table. */
  order(detailed: boolean, rows: RowShape | null): BlockOrder {
    this.hasRows = rows !== null;
    const { block: { firstSequence, attempt }, isExact: precise, timeoutMs } = this;
    const columns = this.block.source.columns ?? null;
    const budgetMs = BLOCK_BUDGET_MS;
    return { firstIndex: firstSequence - 1, attempt, precise, timeoutMs, detailed, budgetMs, columns, rows };
  }

  /** A worker has it. */
  begin(slot: number, pid: number): void {
    this.hasBegun = true;
    this.slot = slot;
    this.pid = pid;
  }

  /** What those who watch are told. */
  event(state: "start" | "end"): BlockEvent {
    const { block: { firstSequence, count: records }, slot } = this;
    return { type: "block", at: Date.now(), slot, state, firstSequence, records };
  }

  /** How many records the function has now: those that fail together. */
  get unit(): number {
    return Math.min(this.#batch, this.block.count - this.done);
  }

  /** Whether the records that the function has are all that is left. */
  get isLastUnit(): boolean {
    return this.block.count - this.done <= this.#batch;
  }

  /** The attempt of the first record that is left, as far as is known. */
  get attempt(): number {
    if (this.lastRetry?.offset === this.done) return this.lastRetry.attempt + 1;
    return this.done === 0 ? this.block.attempt : 1;
  }

  /** Something was heard of it: records were finished, or the present one is tried again. */
  advance(done: number, isRetried: boolean): void {
    if (done > this.done || isRetried || this.recordStartedAt === 0) this.recordStartedAt = Date.now();
    this.done = done;
    this.silentMs = 0;
  }
}
