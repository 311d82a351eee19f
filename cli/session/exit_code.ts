import type { EndReason } from "../records/run_events.ts";

/** The command was called wrongly, or could not do its work at all. */
export const EXIT_UNUSABLE = 255;
const MAX_COUNT = 100;

/** The exit code of a run that went as far as `reason` says. */
export function exitCode(reason: EndReason, failed: number): number {
  switch (reason) {
    case "interrupted":
      return 130;
    case "out of time":
      return 124;
    case "broken":
      return EXIT_UNUSABLE;
    default:
      return failed > MAX_COUNT ? MAX_COUNT + 1 : failed;
  }
}
