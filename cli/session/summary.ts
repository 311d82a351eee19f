import type { CliMapOptions } from "../options/cli_map_options.ts";
import type { EndReason } from "../records/run_events.ts";

/** What a run came to. */
export interface RunTotals {
  readonly reason: EndReason;
  readonly done: number;
  readonly failed: number;
  readonly results: number;
  readonly elapsedMs: number;
}

const ENDINGS: Partial<Record<EndReason, string>> = {
  halted: ", halted by --halt",
  interrupted: ", interrupted",
  "out of time": ", the time budget is used up",
};

/** The last line on stderr; nothing where all went well and nobody watches. */
export function summaryOf({ quiet, joblog }: CliMapOptions, totals: RunTotals): string {
  const { reason, done, failed, results, elapsedMs } = totals;
  if (quiet || reason === "output closed" || reason === "broken") return "";
  const ending = ENDINGS[reason] ?? "";
  if (ending === "" && failed === 0 && !Deno.stderr.isTerminal()) return "";
  const resume = ending !== "" && joblog !== undefined ? "; go on with --resume" : "";
  return `corral: ${count(done, "record")}, ${failed} failed, ${count(results, "result")} in ${
    (elapsedMs / 1000).toFixed(1)
  } s${ending}${resume}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
