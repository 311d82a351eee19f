/** What `corral map` and the runner in its workers say to each other. */

import type { RowShape } from "./tables/result_row.ts";
import type { CellStyle } from "./tables/table_cells.ts";
import type { TableSettings } from "./tables/table_row.ts";

/** How a record ended, as its worker says. `dropped` is a success without a result; `invalid` never reached the function. */
export type OutcomeName = "ok" | "dropped" | "error" | "timeout" | "invalid";

/** An error as text. */
export interface ErrorText {
  readonly name: string;
  readonly message: string;
  /** With positions in TypeScript, and without the frames of corral itself. */
  readonly stack?: string;
}

/** What is said of a record whose time is up. A limit may be far below a millisecond, or a share of a median. */
export function describeTimeout(limitMs: number): ErrorText {
  const shown = limitMs < 10 ? Number(limitMs.toPrecision(3)) : Math.round(limitMs);
  return { name: "TimeoutError", message: `the record took longer than ${shown} ms` };
}

/** What a worker exits with in which code has broken what JavaScript itself gives, and with that the runner. */
export const EXIT_BROKEN = 70;

/** The name of a {@linkcode NoFunctionError}: of an error from a worker it is all that tells its class. */
export const NO_FUNCTION = "NoFunctionError";

/** The function that was named cannot be called. */
export class NoFunctionError extends TypeError {
  /** Always the class's own name. */
  override name = NO_FUNCTION;
}

/** What is the same for all blocks of a run. */
export interface RunnerSettings {
  /** Whether a record is JSON, a text as it stands, or a row of a table. */
  readonly input: "json" | "text" | "table";
  /** What ends a record in a block. */
  readonly delimiter: "\n" | "\0";
  /** How rows are read; only for tables. */
  readonly table?: TableSettings;
  readonly output: "ndjson" | "json" | "lines" | "nul" | "raw";
  /** How the cells of rows are written; only where the output is a table. */
  readonly cells?: CellStyle;
  /** Whether each result is written with the number of its record. */
  readonly tagged: boolean;
  /** So many records are handed to the function as one list; `null`: one by one. */
  readonly batch: number | null;
  /** How often a record that failed is tried again. */
  readonly retries: number;
  readonly retryErrors: boolean;
  readonly retryTimeouts: boolean;
  /** Whether a record that is to be tried again goes back, since the program counts attempts against a rate. */
  readonly isPaced: boolean;
  /** Whether the function may load nothing from outside its folder; of `-e`, nothing at all. */
  readonly isUntrusted: boolean;
  /** How long a function may take to react to its signal. */
  readonly graceMs: number;
}

/** What a worker is to do in a run. */
export interface RunnerJob {
  /** The URL of the user's module. */
  readonly module: string;
  /** What was typed behind `-e`; `null` for an export of a module. */
  readonly source: string | null;
  readonly export: string;
  /** The export that is called before any record; `null` for none. */
  readonly initializer: string | null;
  readonly settings: RunnerSettings;
}

/** When the program, and its workers with it, stood still: it was stopped, by Ctrl-Z for example. */
export interface Standstills {
  /** For how many of the last `ms` milliseconds. */
  within(ms: number): Promise<number>;
}

/** What an agent on another machine is told of a run: what it calls, and no place where that would lie. */
export type RemoteJob = Omit<RunnerJob, "module">;

/** What goes with a block. */
export interface BlockOrder {
  /** The index of its first record, from 0. */
  readonly firstIndex: number;
  /** The attempt of its first record, from 1. */
  readonly attempt: number;
  /** Whether every record is announced before it starts. */
  readonly precise: boolean;
  readonly timeoutMs: number | null;
  /** Whether outcomes of all records are wanted, or only of those that failed. */
  readonly detailed: boolean;
  /** After this long, the rest of the block goes back. */
  readonly budgetMs: number;
  /** The names of a table's columns; `null` for rows that are lists, and where there is no table. */
  readonly columns: readonly string[] | null;
  /** The rows that results are written as; `null` for results as `output` says. */
  readonly rows: RowShape | null;
}

/** The outcome of one record: `offset` counts from the block's first, `bytes` are those of its results. */
export type OutcomeEntry = [
  offset: number,
  outcome: OutcomeName,
  attempt: number,
  startedAt: number,
  durationMs: number,
  results: number,
  bytes: number,
  error?: ErrorText,
];

/** An attempt that failed and was followed by another. */
export type RetryEntry = [offset: number, attempt: number, reason: "error" | "timeout", at: number, durationMs: number];

/** Details of a piece, as JSON. */
export interface PieceDetails {
  outcomes: OutcomeEntry[];
  retries: RetryEntry[];
}

/**
 * A part of a block's results. It also says that record `done` starts now, if there is one: all before it are finished, and what the
 * worker may have begun beyond it is known only in a state that is not `EXACT`.
 */
export type Piece = [
  workerId: number,
  /** Records finished since the beginning of the block. */
  done: number,
  state: number,
  /** Time since the piece before. */
  elapsedMs: number,
  results: number,
  output: Uint8Array,
  /** PieceDetails, or nothing. */
  details: Uint8Array,
];

/** The next record is announced before it starts, too. */
export const EXACT = 1;
/** The record that is running does not react to its signal: only the end of the process stops it. */
export const STUCK = 2;
/** The process is about to exit by itself. */
export const EXITING = 4;
/** No record is running, and none will: the piece is the answer, which a process that exits would not send any more. */
export const OVER = 8;
