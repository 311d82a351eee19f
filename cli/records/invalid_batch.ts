import { type InvalidRecord, RecordBlock } from "./record_block.ts";
import type { Batch, Outcome } from "./batch.ts";

const NOTHING = new Uint8Array(0);

/** The batch of a part of the input that is not a record: it is finished before any worker sees it. */
export function invalidBatch(invalid: InvalidRecord): Batch {
  const { input, line, sequence, message, start, isTruncated, mark } = invalid;
  const source = { input, payload: () => start, record: () => start, line: () => line, isTruncated, mark };
  const block = new RecordBlock(source, { from: 0, to: 1, firstSequence: sequence });
  const error = { name: "InvalidRecord", message };
  const outcome: Outcome = {
    offset: 0,
    outcome: "invalid",
    attempt: 1,
    startedAt: Date.now(),
    durationMs: 0,
    results: 0,
    bytes: 0,
    error,
  };
  return { block, done: 1, results: 0, output: NOTHING, outcomes: [outcome], retries: [], slot: -1, pid: 0 };
}
