import type { BlockOrder } from "../runner/protocol.ts";
import type { RecordBlock } from "../records/record_block.ts";
import type { BlockEvent } from "../records/run_events.ts";
import type { Batch } from "../records/batch.ts";
import type { Lane } from "./lanes.ts";

/** After this long a worker gives the rest of its block back, so that nothing waits for a block that turned out slow. */
const BLOCK_BUDGET_MS = 100;

/** A block that the pool has. */
export class RunningBlock {
  readonly block: RecordBlock;
  readonly lane: Lane<Batch>;
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
  isOutOfTime = false;
  slot = -1;
  pid = 0;
  /** Since when the present record runs, as far as is known. */
  recordStartedAt = 0;
  /** How long nothing was heard of it, as the program's own clock counts. */
  silentMs = 0;

  constructor(block: RecordBlock, lane: Lane<Batch>, timeoutMs: number | null, isPrecise: boolean) {
    this.block = block;
    this.lane = lane;
    this.timeoutMs = timeoutMs;
    this.isExact = isPrecise || block.suspect || block.count === 1;
  }

  /** What a worker is told with the block; `detailed` asks for the outcomes of all records. */
  order(detailed: boolean): BlockOrder {
    const { block: { firstSequence, attempt }, isExact: precise, timeoutMs } = this;
    return { firstIndex: firstSequence - 1, attempt, precise, timeoutMs, detailed, budgetMs: BLOCK_BUDGET_MS };
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

  /** Something was heard of it. */
  advance(done: number): void {
    this.done = done;
    this.silentMs = 0;
    this.recordStartedAt = Date.now();
  }
}
