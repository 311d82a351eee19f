/** Events of runs, for those who watch them. */

import type { RecordEvent, RunEvent, StartEvent } from "../../../cli/records/run_events.ts";

/** When all these runs begin. */
export const STARTED_AT = Date.UTC(2026, 0, 2, 3, 4, 5);

/** The start of a run. */
export function startEvent(more: Partial<StartEvent> = {}): StartEvent {
  const module = "file:///home/someone/job.ts";
  return {
    type: "start",
    version: 1,
    startedAt: STARTED_AT,
    module,
    export: "default",
    jobs: 2,
    inputs: ["-"],
    ...more,
  };
}

/** The end of a record; times are in milliseconds since the start. */
export function recordEvent(sequence: number, more: Partial<RecordEvent> & { atMs?: number } = {}): RecordEvent {
  const { atMs = sequence * 10, ...rest } = more;
  return {
    type: "record",
    sequence,
    input: "-",
    line: sequence,
    slot: sequence % 2,
    pid: 100 + sequence % 2,
    attempt: 1,
    startedAt: STARTED_AT + atMs,
    durationMs: 8,
    outcome: "ok",
    results: 1,
    outputEnd: sequence * 10,
    ...rest,
  };
}

/** A run of `records` records by two workers, without failures. */
export function plainRun(records: number): RunEvent[] {
  const workers = [0, 1].flatMap((slot): RunEvent[] => [
    { type: "worker", at: STARTED_AT, slot, pid: 100 + slot, state: "spawn" },
    { type: "worker", at: STARTED_AT + 9, slot, pid: 100 + slot, state: "ready" },
  ]);
  const at = STARTED_AT + records * 10 + 20;
  return [
    startEvent(),
    ...workers,
    ...Array.from({ length: records }, (_, index) => recordEvent(index + 1)),
    { type: "input", at, records, bytes: records * 20, ended: true },
    { type: "end", at, reason: "finished", exitCode: 0, records, failed: 0, results: records },
  ];
}
