import type { Flag } from "../options/flag.ts";
import { MAP_FLAGS } from "../options/map_flags.ts";
import { REPORT_FLAGS } from "./report_command.ts";

const MAP_INTRODUCTION = `corral map MODULE[#EXPORT] [options] [FILES]
corral map -e '(record) => …' [options] [FILES]

Calls a function for each record of the input, in parallel worker processes that can do only what
you allow, by default nothing. The function gets (record, { index, attempt, signal }) and returns
a result, or a promise of one; undefined gives none, a generator gives several. Results keep the
order of the records.

Examples:
  cat in.ndjson | corral map ./job.ts > out.ndjson
  corral map -e '(r) => ({ ...r, total: r.price * r.count })' orders.ndjson
  corral map ./fetch.ts --allow-net=api.example.com -j 8 --timeout 30s --retries 2 urls.ndjson
  corral map ./job.ts big.ndjson -o out.ndjson --joblog log.ndjson --resume
`;

const MAP_EPILOGUE = `
Exit codes: 0 all records succeeded; 1-100 this many failed; 101 more; 124 time budget used up; 130
interrupted; 255 it could not run. A failed record is reported on stderr, or in the file of
--rejects; the others go on.

Ctrl-C lets the records that run end, and writes what is finished; a second one stops at once.

With --joblog and -o FILE, --resume ends with every record exactly once in FILE, whatever ended
the run before. On stdout, a record that was written but not yet logged can come twice.

Workers get no more than the command has itself: install it with -A, or with what they are to get.

corral help TOPIC tells more: install, function, formats, tables, failures, resume, control,
sandbox, cluster, progress, events, exit, recipes.
`;

/** The text of `corral --help`. */
export function commandHelp(): string {
  return `corral COMMAND

A TypeScript function over a stream of records, in parallel, sandboxed.

Commands:
  map         Run a function for each record; see corral map --help
  agent       Run records for corral map --cluster on this machine; see corral agent --help
  report      Draw the report of a run again, from its events
  completion  Print a completion script for bash, zsh or fish
  help TOPIC  Tell more: install, function, formats, tables, failures, resume, control,
              sandbox, cluster, progress, events, exit, recipes

Options:
  -h, --help     Show this help
  -V, --version  Show the version

Example:
  cat in.ndjson | corral map ./job.ts > out.ndjson
`;
}

/** The text of `corral map --help`. */
export function mapHelp(): string {
  const permissions = MAP_FLAGS.filter(({ long }) => long.startsWith("allow-"));
  const kinds = permissions.map(({ long }) => long.slice("allow-".length)).join(", ");
  const own = MAP_FLAGS.filter(({ long }) => !/^(allow|deny)-/.test(long));
  const sandbox: Flag = {
    long: "allow-KIND[=…], --deny-KIND[=…]",
    help: `As for deno run: ${kinds}`,
    group: "Sandbox",
  };
  const at = own.findIndex(({ group }) => group === "Sandbox");
  return MAP_INTRODUCTION + groups([...own.slice(0, at), sandbox, ...own.slice(at)]) + MAP_EPILOGUE;
}

/** The text of `corral report --help`. */
export function reportHelp(): string {
  return `corral report EVENTS [-o FILE]\n\nDraws the page of --report from the file of an earlier --events.\n${
    groups(REPORT_FLAGS)
  }`;
}

function groups(flags: readonly Flag[]): string {
  return [...Map.groupBy(flags, ({ group }) => group)]
    .map(([group, members]) => `\n${group}:\n${members.map(line).join("\n")}\n`).join("");
}

const MAX_COLUMNS = 100;
const INDENT = " ".repeat(32);

function line({ long, short, value, optionalValue, help }: Flag): string {
  const name = `${short === undefined ? "    " : `-${short}, `}--${long}`;
  const usage = value === undefined ? name : optionalValue ? `${name}[=${value.name}]` : `${name} ${value.name}`;
  const text = value?.choices === undefined || optionalValue ? help : `${help}: ${value.choices.join(", ")}`;
  const lines = usage.length > 28 ? [`  ${usage}`] : [];
  const first = usage.length > 28 ? INDENT : `  ${usage.padEnd(30)}`;
  if (first.length + text.length <= MAX_COLUMNS) return [...lines, first + text].join("\n");
  const at = text.lastIndexOf(": ") + 1;
  return [...lines, first + text.slice(0, at), INDENT + text.slice(at).trimStart()].join("\n");
}
