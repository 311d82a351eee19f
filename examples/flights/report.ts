// deno-lint-ignore-file no-console
import type { Estimate } from "./stats.ts";

const BAR_WIDTH = 30;
/** Hours with fewer flights do not decide how long the bars are. */
const FEW_FLIGHTS = 100;

/** Draws a progress bar on stderr, and takes it away at the end. Draws none where stderr is not a terminal. */
export function showProgress(done: number, total: number): void {
  if (!Deno.stderr.isTerminal()) return;
  const filled = Math.round((done / total) * BAR_WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  const line = done < total ? `${bar} ${done} of ${total} hours` : "";
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${line}`));
}

/** Prints a line for each hour. */
export function printTable(estimates: Estimate[]): void {
  const longest = Math.max(...estimates.filter(({ flights }) => flights >= FEW_FLIGHTS).map(({ mean }) => mean));
  console.log("hour  flights    mean delay, 95 % interval (minutes)");
  for (const { hour, flights, mean, low, high } of estimates.toSorted((a, b) => a.hour - b.hour)) {
    const columns = [
      `${String(hour).padStart(2, "0")}:00`,
      String(flights).padStart(7),
      mean.toFixed(1).padStart(8),
      `${low.toFixed(1).padStart(7)} to ${high.toFixed(1).padStart(5)}`,
      bar(mean / longest),
    ];
    console.log(columns.join("  ").trimEnd());
  }
}

/** A bar for a share of the full width: nothing below 0, an arrow at the end above 1. */
function bar(share: number): string {
  if (share > 1) return "█".repeat(BAR_WIDTH) + "▶";
  const eighths = Math.round(Math.max(0, share) * BAR_WIDTH * 8);
  return "█".repeat(Math.floor(eighths / 8)) + (["", ..."▏▎▍▌▋▊▉"][eighths % 8] ?? "");
}
