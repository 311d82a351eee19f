import type { Batch, Outcome, Retry } from "../records/batch.ts";
import type { RecordBlock } from "../records/record_block.ts";
import type { Loss } from "./judge_loss.ts";
import type { Place } from "./reorder_buffer.ts";
import type { RunningBlock } from "./running_block.ts";

const NOTHING = new Uint8Array(0);

/** What a run does with records. */
export interface LossDesk {
  /** Ends the run. */
  fail(error: unknown): void;
  /** Has records worked on again, before everything else. */
  again(block: RecordBlock, behind: Place<Batch>): void;
  /** Hands on what is finished. */
  put(place: Place<Batch>, batch: Batch): void;
  /** Looks whether the run is to stop, after so many records. */
  judgeHalt(done: number, failed: number): void;
}

/** Does with the rest of a block what was judged. */
export function settleLoss(running: RunningBlock, loss: Loss, desk: LossDesk): void {
  const { block, done, place } = running;
  switch (loss.kind) {
    case "fatal":
      return desk.fail(loss.error);
    case "again":
      return desk.again(
        block.part(done, block.count, { attempt: loss.attempt, suspect: true, unheard: loss.unheard }),
        place,
      );
    case "retry":
      put(running, desk, 0, [], [{ offset: done, ...loss.retry }]);
      return desk.again(block.part(done, block.count, { attempt: loss.retry.attempt + 1, suspect: true }), place);
    case "failed":
      return fail(running, desk, loss.outcome);
  }
}

/** The worker is not to blame for those behind the record, or behind the batch. */
function fail(running: RunningBlock, desk: LossDesk, outcome: Omit<Outcome, "offset">): void {
  const { block, done, place, unit } = running;
  if (done + unit < block.count) desk.again(block.part(done + unit, block.count), place);
  put(running, desk, unit, Array.from({ length: unit }, (_, at) => ({ offset: done + at, ...outcome })), []);
  desk.judgeHalt(unit, unit);
}

function put(
  { block, slot, pid, place }: RunningBlock,
  desk: LossDesk,
  done: number,
  outcomes: Outcome[],
  retries: Retry[],
): void {
  desk.put(place, { block, done, results: 0, output: NOTHING, outcomes, retries, slot, pid });
}
