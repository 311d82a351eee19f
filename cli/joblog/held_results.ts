/** Results that were finished and not written, since a record in front of them was not finished. See `docs/decisions/command.md`. */

import { type Batch, isFailure, type Outcome } from "../records/batch.ts";
import type { RecordBlock } from "../records/record_block.ts";
import type { RecordOutcome } from "../records/run_events.ts";
import { joinedBytes } from "../runner/joined_bytes.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const OUTCOMES: readonly RecordOutcome[] = ["ok", "dropped", "error", "timeout", "crash"];

/** How a record ended, and its results as they go to the output. */
export interface HeldEntry extends Omit<Outcome, "offset" | "bytes"> {
  readonly type: "held";
  readonly sequence: number;
  readonly hash: string;
  readonly slot: number;
  readonly pid: number;
  /** Whether the results are rows of a table already. */
  readonly rows: boolean;
  /** Of rows, the columns; `null` where results are lists. */
  readonly columns?: readonly string[] | null;
  /** The results; in base64 where they are not text. */
  readonly output?: string;
  readonly outputBase64?: string;
}

/** A held record that was read from a joblog. */
export interface HeldResult {
  readonly sequence: number;
  readonly hash: string;
  readonly isFailed: boolean;
  readonly rows: boolean;
  /** Of rows, the columns. */
  readonly columns?: readonly string[] | null;
  readonly slot: number;
  readonly pid: number;
  readonly outcome: Omit<Outcome, "offset">;
  readonly output: Uint8Array;
}

/** What a joblog has of what is held; `columns` are those of rows. What was invalid is left out: it costs nothing to find that again. */
export function heldEntries(
  batches: readonly Batch[],
  hashOf: (record: Uint8Array) => string,
  columns: readonly string[] | null = null,
): HeldEntry[] {
  const entries: HeldEntry[] = [];
  for (const { block, outcomes, output, hasRows, slot, pid } of batches) {
    let at = 0;
    for (const { offset, bytes, ...end } of outcomes) {
      const results = output.subarray(at, at += bytes);
      if (end.outcome === "invalid") continue;
      entries.push({
        type: "held",
        sequence: block.firstSequence + offset,
        hash: hashOf(block.record(offset)),
        slot,
        pid,
        ...end,
        ...(hasRows ? { rows: true, columns } : { rows: false }),
        ...textOf(results),
      });
    }
  }
  return entries;
}

function textOf(bytes: Uint8Array): Pick<HeldEntry, "output" | "outputBase64"> {
  try {
    return { output: strict.decode(bytes) };
  } catch {
    return { outputBase64: bytes.toBase64() };
  }
}

/** Reads such a line; `undefined` if it is damaged. */
export function readHeld(value: unknown): HeldResult | undefined {
  const entry = (value ?? {}) as HeldEntry;
  const {
    sequence,
    hash,
    slot,
    pid,
    rows,
    columns,
    output,
    outputBase64,
    outcome,
    attempt,
    results,
    startedAt,
    durationMs,
    error,
  } = entry;
  const isSound = [sequence, attempt, results].every(Number.isSafeInteger) && /^[0-9a-f]{64}$/.test(hash) &&
    OUTCOMES.includes(outcome) && typeof (output ?? outputBase64) === "string";
  if (!isSound) return undefined;
  const bytes = output === undefined ? Uint8Array.fromBase64(outputBase64!) : encoder.encode(output);
  const end = { outcome, attempt, startedAt, durationMs, results, bytes: bytes.length };
  return {
    sequence,
    hash,
    isFailed: isFailure(outcome),
    rows,
    ...(rows && columns !== undefined && { columns }),
    slot,
    pid,
    outcome: error === undefined ? end : { ...end, error },
    output: bytes,
  };
}

/** The batch of held records, one for each of the block, as if they had been finished now. */
export function heldBatch(block: RecordBlock, held: readonly HeldResult[]): Batch {
  const { slot, pid, rows } = held[0]!;
  return {
    block,
    done: held.length,
    results: held.reduce((sum, { outcome }) => sum + outcome.results, 0),
    output: joinedBytes(held.map(({ output }) => output)),
    hasRows: rows,
    outcomes: held.map(({ outcome }, offset) => ({ offset, ...outcome })),
    retries: [],
    slot,
    pid,
  };
}
