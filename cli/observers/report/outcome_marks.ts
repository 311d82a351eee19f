/** Outcomes as they are told apart by everybody, also without colours. */

import type { RecordOutcome } from "../../records/run_events.ts";

/** Every outcome, from good to bad. */
export const OUTCOMES: readonly RecordOutcome[] = ["ok", "dropped", "error", "timeout", "crash", "invalid"];

const MARKS: Readonly<Record<RecordOutcome, string>> = {
  ok: "●",
  dropped: "○",
  error: "▲",
  timeout: "■",
  crash: "✖",
  invalid: "◆",
};

/** A character that stands for an outcome. */
export function outcomeMark(outcome: RecordOutcome): string {
  return MARKS[outcome] ?? "?";
}
