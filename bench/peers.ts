// deno-lint-ignore-file no-console
/**
 * Corral beside every pool a user could pick instead, measured in turn on this machine.
 *
 *     deno task bench:peers [--quick] [--only burst,latency] [--with corral,bare] [--rounds 3] [--json FILE] [--write-docs] [--from FILE]
 */
import { parseArgs } from "@std/cli";
import { type Contender, contenderOf, contenders, FOR_REFERENCE } from "./peers/contenders.ts";
import { writeDocs } from "./peers/docs.ts";
import { installPeers } from "./peers/install.ts";
import { machine, versions } from "./peers/machine.ts";
import type { Report } from "./peers/results.ts";
import { type Progress, runRounds } from "./peers/rounds.ts";
import { rowsOf } from "./peers/rows.ts";
import { canRun, runContender } from "./peers/run_contender.ts";
import { reportText, short } from "./peers/table.ts";

const HELP = `Measures corral beside other pools.

  --quick          smaller sizes, one round, and only who is in the goals: about a minute
  --only ROWS      these rows: ${rowsOf().map(({ id }) => id).join(",")}
  --with IDS       these contenders: ${contenders.map(({ id }) => id).join(",")}
  --rounds N       how often everything is measured; 3, or 1 with --quick
  --json FILE      writes the numbers
  --from FILE      measures nothing, and reads the numbers from such a file
  --write-docs     brings docs/benchmarks.md and its chart up to date
`;

const flags = parseArgs(Deno.args, {
  boolean: ["quick", "write-docs", "help"],
  string: ["only", "with", "rounds", "json", "from"],
});

if (flags.help) {
  console.log(HELP);
} else {
  const report = flags.from === undefined ? await measure() : JSON.parse(await Deno.readTextFile(flags.from)) as Report;
  console.log(`\n${reportText(report)}\n`);
  console.log(
    Object.entries({ ...report.machine, ...report.versions }).map(([name, text]) => `${name}: ${text}`).join("\n"),
  );
  if (flags.json !== undefined) {
    await Deno.writeTextFile(flags.json, `${JSON.stringify(report, null, 1)}\n`);
  }
  if (flags["write-docs"]) await writeDocs(report);
}

async function measure(): Promise<Report> {
  const mode = flags.quick ? "quick" : "full";
  const rounds = flags.rounds === undefined ? (flags.quick ? 1 : 3) : Number(flags.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new RangeError(`Cannot measure: --rounds is "${flags.rounds}", a whole number of at least 1 is wanted`);
  }
  const rows = rowsOf(flags.only?.split(","));
  const present = await thoseThatRun(flags.with?.split(",").map(contenderOf) ?? defaultContenders());
  const about = { machine: machine(), versions: await versions(present) };
  warnOfLoad();
  const startedAt = performance.now();
  const results = await runRounds({ rows, contenders: present, rounds, size: mode }, runContender, tell);
  return { at: new Date().toISOString(), mode, rounds, tookMs: performance.now() - startedAt, ...about, results };
}

function defaultContenders(): readonly Contender[] {
  return flags.quick ? contenders.filter(({ id }) => !FOR_REFERENCE.includes(id)) : contenders;
}

async function thoseThatRun(wanted: readonly Contender[]): Promise<Contender[]> {
  const needsPackages = wanted.some((contender) => contender.package !== undefined);
  const installed = needsPackages && await installPeers();
  const present: Contender[] = [];
  for (const contender of wanted) {
    if (contender.package !== undefined && !installed) {
      console.error(`left out, npm cannot install it: ${contender.name}`);
    } else if (!await canRun(contender.command[0])) {
      console.error(`left out, no ${contender.command[0]}: ${contender.name}`);
    } else present.push(contender);
  }
  return present;
}

function warnOfLoad(): void {
  const load = Deno.loadavg()[0]!;
  if (load > 0.5) {
    console.error(`The machine is busy (load ${load.toFixed(2)}): ratios may hold, times do not.`);
  }
}

function tell(...[{ round, row, contender }, value, tookMs]: Parameters<Progress>): void {
  const text = typeof value === "number" ? `${short(value)} ${row.unit}` : value;
  const where = `round ${round + 1}  ${row.id.padEnd(10)}  ${contender.id.padEnd(16)}`;
  console.error(`${where}  ${text.padEnd(12)}  in ${(tookMs / 1000).toFixed(1)} s`);
}
