import type { OutcomeEntry, Piece, PieceDetails } from "../runner/protocol.ts";
import type { RecordBlock } from "./record_block.ts";
import type { ErrorText, RecordOutcome } from "./run_events.ts";

/** How one record ended. `offset` counts from the first record of the batch's block. */
export interface Outcome {
  readonly offset: number;
  readonly outcome: RecordOutcome;
  readonly attempt: number;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly results: number;
  /** Bytes of its results. */
  readonly bytes: number;
  readonly error?: ErrorText;
}

/** An attempt that failed and is followed by another. */
export interface Retry {
  readonly offset: number;
  readonly attempt: number;
  readonly reason: "crash" | "timeout" | "error";
  readonly at: number;
  readonly durationMs: number;
}

/** Records that are finished, on their way to the output. */
export interface Batch {
  readonly block: RecordBlock;
  /** How many records. */
  readonly done: number;
  readonly results: number;
  readonly output: Uint8Array;
  /** Of all records, or only of those that failed. */
  readonly outcomes: readonly Outcome[];
  readonly retries: readonly Retry[];
  /** -1 if no worker had to do with them. */
  readonly slot: number;
  readonly pid: number;
}

/** A message of a worker that is not as it should be: its code is at fault, or is hostile. */
export class MalformedPieceError extends Error {
  /** Always the class's own name. */
  override name = "MalformedPieceError";

  constructor(reason: string) {
    super(`Cannot use what a worker sent: ${reason}`);
  }
}

const NAMES: readonly RecordOutcome[] = ["ok", "dropped", "error", "timeout", "invalid"];

/** Whether a value has the shape of a piece. */
export function isPiece(value: unknown): value is Piece {
  return Array.isArray(value) && value.length === 7 && value[5] instanceof Uint8Array && value[6] instanceof Uint8Array;
}

/** Checks a piece that a worker sent, for a block of `count` records of which `done` were finished before. */
export function checkedPiece(value: unknown, done: number, count: number): Piece {
  if (!isPiece(value)) throw new MalformedPieceError("it has not seven parts");
  const [, newDone, state, elapsedMs, results] = value;
  const numbers = [newDone, state, elapsedMs, results];
  const isSound = numbers.every((number) => typeof number === "number" && number >= 0) &&
    newDone >= done && newDone <= count;
  if (!isSound) throw new MalformedPieceError("its numbers do not fit the block");
  return value;
}

/** Reads the details of a piece, for records from `done` to `newDone`. */
export function readDetails(
  bytes: Uint8Array,
  done: number,
  newDone: number,
): { outcomes: Outcome[]; retries: Retry[] } {
  if (bytes.length === 0) return { outcomes: [], retries: [] };
  let details: PieceDetails;
  try {
    details = JSON.parse(new TextDecoder().decode(bytes));
    return {
      outcomes: details.outcomes.map((entry) => readOutcome(entry, done, newDone)),
      retries: details.retries.map(([offset, attempt, reason, at, durationMs]) => ({
        offset,
        attempt,
        reason,
        at,
        durationMs,
      })),
    };
  } catch (cause) {
    throw new MalformedPieceError(`its details cannot be read: ${(cause as Error).message}`);
  }
}

function readOutcome(
  [offset, outcome, attempt, startedAt, durationMs, results, bytes, error]: OutcomeEntry,
  done: number,
  newDone: number,
): Outcome {
  if (!(offset >= done && offset < newDone && NAMES.includes(outcome))) throw new Error("an outcome is misplaced");
  return { offset, outcome, attempt, startedAt, durationMs, results, bytes, ...(error && { error }) };
}

/** Whether a record failed for good. */
export function isFailure(outcome: RecordOutcome): boolean {
  return outcome !== "ok" && outcome !== "dropped";
}
