/** What an agent tells of a block: one report at its end, and one before when it takes long. */

import type { Piece } from "../runner/protocol.ts";

/** The name of what agents serve: orders name it as if it were an export. */
export const SERVED_FUNCTION = "corralMap";
/** How often an order starts again whose agent was lost, when only one record, or one batch, is in it. */
export const AGENT_RETRIES = 2;

/** Where a block runs. */
export interface BlockPlace {
  readonly agent: string;
  readonly pid: number;
}

/** A report. It came with a signature: it is trusted as far as the agent is. */
export interface BlockReport extends BlockPlace {
  /** All pieces, as one; nothing when the worker sent none. */
  readonly piece: Piece | null;
  /** What its function printed, as far as it was kept. */
  readonly printed: Uint8Array;
  /** Set when the worker did not come to the end of the block. */
  readonly loss: {
    readonly error: Error;
    /** How long the record that was running had run. */
    readonly ageMs: number;
  } | null;
}

/** Whether a value has the shape of a report. */
export function isReport(value: unknown): value is BlockReport {
  const { agent, pid, piece, printed, loss } = (value ?? {}) as Partial<BlockReport>;
  return typeof agent === "string" && typeof pid === "number" && (piece === null || Array.isArray(piece)) &&
    printed instanceof Uint8Array && (loss === null || loss?.error instanceof Error);
}
