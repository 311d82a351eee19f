import type { RecordBlock } from "../records/record_block.ts";

/** What was lost goes out again in so many parts, of which each that is lost as well goes out in parts again. */
const PARTS = 8;

/**
 * How many records of a block go out at once, at most `most`. A machine that is lost has said nothing of what it was at: parts
 * show where the fault is, if it was one of the records. See `docs/decisions/command.md`.
 */
export function suspectPart({ suspect, count }: RecordBlock, most: number, batch: number): number {
  return suspect ? Math.min(most, Math.ceil(count / PARTS / batch) * batch) : most;
}
