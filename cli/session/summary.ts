import type { EarlierRecords } from "../joblog/unfinished_records.ts";
import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { EndReason } from "../records/run_events.ts";

/** What a run came to. */
export interface RunTotals {
  readonly reason: EndReason;
  readonly done: number;
  readonly failed: number;
  readonly results: number;
  readonly elapsedMs: number;
  /** What earlier runs of the joblog finished. */
  readonly earlier: EarlierRecords | undefined;
  /** Records whose results wait in the joblog, for those of records in front of them. */
  readonly held: number;
  /** How many of them have failed. */
  readonly heldFailures: number;
  /** Whether a bar says the same already, but for what is out of the ordinary. */
  readonly isTold: boolean;
  /** Whether the output was left before it had taken all that was finished. */
  readonly isCutShort: boolean;
}

const ENDINGS: Partial<Record<EndReason, string>> = {
  halted: ", halted by --halt",
  interrupted: ", interrupted",
  "out of time": ", the time budget is used up",
};

/** The last line on stderr; nothing where it is not wanted, or would say nothing new. */
export function summaryOf({ quiet, joblog }: Pick<CliMapOptions, "quiet" | "joblog">, totals: RunTotals): string {
  const { reason, done, failed, results, elapsedMs, earlier, held, heldFailures, isTold, isCutShort } = totals;
  if (quiet || reason === "output closed" || reason === "broken") return "";
  const ending = `${ENDINGS[reason] ?? ""}${isCutShort ? ", the output took nothing more" : ""}`;
  if (isTold && ending === "" && (earlier?.failed ?? 0) === 0) return "";
  const resume = ending !== "" && joblog !== undefined ? "; go on with --resume" : "";
  const time = `${(elapsedMs / 1000).toFixed(1)} s`;
  const waiting = held === 0
    ? ""
    : `; ${held} more wait in the joblog for those in front of them${failedText(heldFailures)}`;
  return `corral: ${count(done, "record")}, ${failed} failed, ${count(results, "result")} in ${time}${ending}${
    earlierText(earlier)
  }${waiting}${resume}\n`;
}

function earlierText(earlier: EarlierRecords | undefined): string {
  if (earlier === undefined || earlier.records === 0) return "";
  const advice = earlier.failed === 0 ? "" : ": see --resume-failed";
  return `; ${earlier.records} done in earlier runs${failedText(earlier.failed)}${advice}`;
}

function failedText(failed: number): string {
  return failed === 0 ? "" : `, ${failed} of them failed`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
