import { hasAtMost } from "./json_values.ts";
import { CliError } from "../errors/cli_error.ts";
import type { OutcomeEntry, Piece, PieceDetails, RetryEntry } from "../runner/protocol.ts";
import type { ReadItem, RecordBlock } from "./record_block.ts";
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
  /** Whether the output has rows of a table, as they are to be written. */
  readonly hasRows?: boolean;
  /** Of all records, or only of those that failed. */
  readonly outcomes: readonly Outcome[];
  readonly retries: readonly Retry[];
  /** -1 if no worker had to do with them. */
  readonly slot: number;
  readonly pid: number;
}

/** What a run begins with next: something that was read, or records that an earlier run finished and did not write. */
export type WorkItem = ReadItem | { readonly finished: Batch };

/** About what an outcome takes in memory, and what is told of it. */
const OUTCOME_BYTES = 256;

/** About how much a batch holds in memory: where each record is told of, that is more than its results. */
export function sizeOf({ output, outcomes }: Batch): number {
  return output.length + outcomes.length * OUTCOME_BYTES;
}

/** An outcome has some twelve values, with those of its error. So many records are told of in each piece beside those that are done. */
const MOST_VALUES = 16;
const MOST_OTHERS = 4;
/** The runner cuts texts shorter. */
const MOST_TEXT = 10_000;

/** A message of a worker that is not as it should be: its code is at fault, or is hostile. */
export class MalformedPieceError extends CliError {
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
  if (!isPiece(value)) throw new MalformedPieceError("it does not have seven parts");
  const [workerId, newDone, state, elapsedMs, results] = value;
  const isSound = [workerId, newDone, state, results].every(isCount) && isTime(elapsedMs) && newDone >= done &&
    newDone <= count;
  if (!isSound) throw new MalformedPieceError("its numbers do not fit the block");
  return value;
}

/** Reads the details of a piece, for records from `done` to `newDone`. Those who watch a run rely on their types, and on one outcome for a record. */
export function readDetails(
  bytes: Uint8Array,
  done: number,
  newDone: number,
): { outcomes: Outcome[]; retries: Retry[] } {
  if (bytes.length === 0) return { outcomes: [], retries: [] };
  try {
    if (!hasAtMost(MOST_VALUES * (newDone - done + MOST_OTHERS), bytes)) throw new Error("there are too many of them");
    const details: PieceDetails = JSON.parse(new TextDecoder().decode(bytes));
    const outcomes = details.outcomes.map((entry) => readOutcome(entry, done, newDone));
    if (new Set(outcomes.map(({ offset }) => offset)).size < outcomes.length) throw new Error("a record ends twice");
    return { outcomes, retries: details.retries.map((entry) => readRetry(entry, done, newDone)) };
  } catch (cause) {
    throw new MalformedPieceError(`its details cannot be read: ${(cause as Error).message}`);
  }
}

function readOutcome(
  [offset, outcome, attempt, startedAt, durationMs, results, bytes, error]: OutcomeEntry,
  done: number,
  newDone: number,
): Outcome {
  if (!(isCount(offset) && offset >= done && offset < newDone && NAMES.includes(outcome))) {
    throw new Error("an outcome is misplaced");
  }
  if (!([attempt, results, bytes].every(isCount) && [startedAt, durationMs].every(isTime))) {
    throw new Error("an outcome has impossible numbers");
  }
  return { offset, outcome, attempt, startedAt, durationMs, results, bytes, ...readError(error, outcome) };
}

/** A record that failed says why; one that did not has nothing to say. */
function readError(error: unknown, outcome: RecordOutcome): { error?: ErrorText } {
  if (!isFailure(outcome)) return {};
  const { name, message, stack } = (error ?? {}) as Record<string, unknown>;
  const isText = typeof name === "string" && typeof message === "string";
  if (!isText || !(stack === undefined || typeof stack === "string")) throw new Error("an error is not text");
  const texts = { name: shortened(name), message: shortened(message) };
  return { error: stack === undefined ? texts : { ...texts, stack: shortened(stack as string) } };
}

function shortened(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
}

/** The record that is tried again is the one behind those that are done, or one of them. */
function readRetry([offset, attempt, reason, at, durationMs]: RetryEntry, done: number, newDone: number): Retry {
  const isSound = isCount(offset) && offset >= done && offset <= newDone && isCount(attempt) &&
    (reason === "error" || reason === "timeout") && isTime(at) && isTime(durationMs);
  if (!isSound) throw new Error("a retry is malformed");
  return { offset, attempt, reason, at, durationMs };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

/** Whether a record failed for good. */
export function isFailure(outcome: RecordOutcome): boolean {
  return outcome !== "ok" && outcome !== "dropped";
}

/** Those of a batch that failed for good. */
export function failuresOf({ outcomes }: Pick<Batch, "outcomes">): Outcome[] {
  return outcomes.filter(({ outcome }) => isFailure(outcome));
}
