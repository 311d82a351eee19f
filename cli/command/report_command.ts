import type { Flag } from "../options/flag.ts";
import { parseFlags, writtenFile } from "../options/parse_flags.ts";
import { nameForPeople } from "../errors/foreign_text.ts";
import { UsageError } from "../errors/usage_error.ts";

/** The flags of `corral report`. */
export const REPORT_FLAGS: readonly Flag[] = [
  {
    long: "output",
    short: "o",
    value: { name: "FILE", files: "any" },
    help: "Write the page to FILE [the events file's name, with .html]",
    group: "Options",
  },
  { long: "help", short: "h", help: "Show this help", group: "Options" },
];

/** `corral report`: draws the report of a run from its events. Returns the exit code. */
export async function reportCommand(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args, REPORT_FLAGS, "corral report --help");
  if (flags.has("help")) {
    const { reportHelp } = await import("./help.ts");
    const { printText } = await import("../files/standard_streams.ts");
    await printText(reportHelp());
    return 0;
  }
  const [events, ...others] = flags.rest;
  if (events === undefined || events === "-" || others.length > 0) {
    throw new UsageError("Cannot draw a report: one file is wanted, that of an earlier --events");
  }
  const page = writtenFile(flags, "output") ?? `${events.replace(/\.(nd)?jsonl?$/, "")}.html`;
  const { isSameFile } = await import("../options/distinct_files.ts");
  if (isSameFile(events, page)) {
    throw new UsageError(`Cannot write ${nameForPeople(page)}: it has the events, wanted another --output`);
  }
  const { redrawReport } = await import("../observers/report/mod.ts");
  await redrawReport(events, page);
  return 0;
}
