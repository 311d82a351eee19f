import type { ErrorText, OutcomeName, PieceDetails, RetryEntry } from "./protocol.ts";

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/** How a record ended. Times are those of `performance.now()`. */
export interface RecordEnd {
  readonly offset: number;
  readonly outcome: OutcomeName;
  readonly attempt: number;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly results?: number;
  readonly bytes?: number;
  readonly error?: ErrorText;
}

/** Gathers what is told of single records, until the next piece takes it along. */
export class DetailLog {
  #details: PieceDetails = { outcomes: [], retries: [] };

  /** A record has ended. */
  note({ offset, outcome, attempt, startedAt, durationMs, results = 0, bytes = 0, error }: RecordEnd): void {
    const entry = [offset, outcome, attempt, epoch(startedAt), durationMs, results, bytes] as const;
    this.#details.outcomes.push(error === undefined ? [...entry] : [...entry, error]);
  }

  /** An attempt has failed, and another one follows. */
  retry(offset: number, attempt: number, reason: RetryEntry[2], at: number, durationMs: number): void {
    this.#details.retries.push([offset, attempt, reason, epoch(at), durationMs]);
  }

  /**
   * Hands over what is known of the first `done` records of the block, as bytes; none if there is nothing. Of a batch, those that never
   * reached the function are noted before the others are done, and may not be told before.
   */
  take(done: number): Uint8Array {
    const { outcomes, retries } = this.#details;
    const told = outcomes.filter(([offset]) => offset < done);
    if (told.length === 0 && retries.length === 0) return NOTHING;
    this.#details = { outcomes: outcomes.filter(([offset]) => offset >= done), retries: [] };
    return encoder.encode(JSON.stringify({ outcomes: told, retries } satisfies PieceDetails));
  }
}

function epoch(time: number): number {
  return Math.round((performance.timeOrigin + time) * 1000) / 1000;
}
