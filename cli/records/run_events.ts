/** What a run tells those who watch it: the bar, the joblog, the event file, the trace. */

import type { ErrorText, OutcomeName } from "../runner/protocol.ts";

export type { ErrorText };

/** How a record ended: as its worker says, or with its worker. */
export type RecordOutcome = OutcomeName | "crash";

/** The run has begun. */
export interface StartEvent {
  readonly type: "start";
  /** The version of these events. */
  readonly version: 1;
  /** Milliseconds since 1970. Every other time in the events is in milliseconds since then. */
  readonly startedAt: number;
  readonly module: string;
  readonly export: string;
  readonly jobs: number;
  /** Names of the inputs; `-` is stdin. */
  readonly inputs: readonly string[];
  /** Bytes of all inputs, where that can be known. */
  readonly totalBytes?: number;
  /** The function, as it was typed behind `-e`. */
  readonly source?: string;
  /** What was typed behind `corral map`; of variables, only the names. */
  readonly args?: readonly string[];
  /** What it ran with and on. */
  readonly corral?: string;
  readonly deno?: string;
  readonly system?: string;
}

/** More of the input was read. */
export interface InputEvent {
  readonly type: "input";
  readonly at: number;
  /** Records read so far. */
  readonly records: number;
  readonly bytes: number;
  /** All of it: `records` is the total. */
  readonly ended: boolean;
}

/** A worker process began, became ready or ended. */
export interface WorkerEvent {
  readonly type: "worker";
  readonly at: number;
  readonly slot: number;
  readonly pid: number;
  readonly state: "spawn" | "ready" | "exit";
  readonly exitCode?: number | null;
  readonly signal?: string | null;
}

/** A worker began or ended a block of records: what the bar shows as busy. */
export interface BlockEvent {
  readonly type: "block";
  readonly at: number;
  readonly slot: number;
  readonly state: "start" | "end";
  readonly firstSequence: number;
  readonly records: number;
}

/** A record has its final outcome, and its results, if any, were written. */
export interface RecordEvent {
  readonly type: "record";
  /** Counts records over all inputs, from 1. */
  readonly sequence: number;
  readonly input: string;
  /** The line that the record begins on, from 1. */
  readonly line: number;
  /** SHA-256 of the record's bytes, in hex; only when somebody wants it. */
  readonly hash?: string;
  readonly slot: number;
  readonly pid: number;
  /** From 1. */
  readonly attempt: number;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly outcome: RecordOutcome;
  /** How many results it gave. */
  readonly results: number;
  /** Bytes in the output, this record's and all before it. */
  readonly outputEnd: number;
  readonly error?: ErrorText;
  /** The record's beginning, for failures. */
  readonly excerpt?: string;
}

/** A record is tried again. */
export interface RetryEvent {
  readonly type: "retry";
  readonly at: number;
  readonly sequence: number;
  readonly slot: number;
  /** The attempt that failed. */
  readonly attempt: number;
  readonly reason: "crash" | "timeout" | "error";
  /** How long the failed attempt ran, if that is known; it ended at `at`. */
  readonly durationMs?: number;
}

/** A task printed something, or corral has something to say while the run goes on. */
export interface PrintEvent {
  readonly type: "print";
  readonly at: number;
  readonly slot?: number;
  readonly text: string;
}

/** Records that ended since the last such event, for those who only count. */
export interface CountEvent {
  readonly type: "count";
  readonly at: number;
  readonly done: number;
  readonly failed: number;
}

/** Records that earlier runs finished, and that a resumed one leaves out. */
export interface SkipEvent {
  readonly type: "skip";
  readonly at: number;
  readonly records: number;
  /** How many of them had failed. */
  readonly failed: number;
}

/** Why the run ended. */
export type EndReason = "finished" | "halted" | "interrupted" | "out of time" | "output closed" | "broken";

/** The run is over; nothing follows. */
export interface EndEvent {
  readonly type: "end";
  readonly at: number;
  readonly reason: EndReason;
  readonly exitCode: number;
  /** Records that this run finished. */
  readonly records: number;
  readonly failed: number;
  readonly results: number;
  /** Records that earlier runs finished; only where the run was resumed. */
  readonly earlier?: { readonly records: number; readonly failed: number };
  /** Records that are finished and not written, since one in front of them is not finished; the joblog has their results. */
  readonly held?: number;
}

/** One event of a run: in the event file, one line of JSON. */
export type RunEvent =
  | StartEvent
  | InputEvent
  | WorkerEvent
  | BlockEvent
  | RecordEvent
  | RetryEvent
  | PrintEvent
  | CountEvent
  | SkipEvent
  | EndEvent;

/** Somebody who watches a run. */
export interface RunObserver {
  /** Whether it gets a RecordEvent for each record. All get CountEvents. Costs time for each record. */
  readonly wantsRecords: boolean;
  /** Whether record events carry the hash of the record. */
  readonly wantsHashes: boolean;
  /** Whether its last words say how the run ended, so that nobody else need. */
  readonly tellsEnd?: boolean;
  /** Takes in events, in order, right after they were written or happened. A promise makes the run wait for it. */
  receive(events: readonly RunEvent[]): void | Promise<void>;
  /** The run is over. */
  close(): void | Promise<void>;
}
