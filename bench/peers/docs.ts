/** Brings the measured part of docs/benchmarks.md, and its chart, up to date. */

import { chart } from "./chart.ts";
import { contenderOf } from "./contenders.ts";
import { advantage, type Verdict, verdicts } from "./goals.ts";
import { boundOf, reasonFor } from "./reasons.ts";
import { numbersOf, type Report, type Result, resultOf, valueOf } from "./results.ts";
import type { Row } from "./rows.ts";
import { goalTable, measuredContenders, measuredRows, rowTable, short, toMarkdown } from "./table.ts";

const DOCS = new URL("../../docs/", import.meta.url);
const START = "<!-- measured: `deno task bench:peers --write-docs` writes from here -->";
const END = "<!-- measured: to here -->";

/** Replaces what stands between the markers, and the picture. */
export async function writeDocs(report: Report): Promise<void> {
  const page = new URL("benchmarks.md", DOCS);
  const text = await Deno.readTextFile(page);
  await Deno.writeTextFile(page, withMeasured(text, measuredText(report)));
  await Deno.writeTextFile(new URL("benchmarks.svg", DOCS), await chart(report));
}

/** A page with a new measured part. */
export function withMeasured(page: string, measured: string): string {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error("Cannot write the results: benchmarks.md has lost its markers");
  return `${page.slice(0, start + START.length)}\n\n${measured}\n\n${page.slice(end)}`;
}

/** The measured part, as Markdown. */
export function measuredText(report: Report): string {
  return [
    circumstances(report),
    "![How long the others take, as a multiple of corral's time](benchmarks.svg)",
    ...measuredRows(report).map((row) => rowSection(report, row)),
    `### Where corral is not first\n\n${notFirst(report)}`,
    `### Goals\n\n${toMarkdown(goalTable(report))}`,
    missedGoals(report),
  ].join("\n\n");
}

function circumstances(report: Report): string {
  const minutes = Math.ceil(report.tookMs / 60_000);
  const rounds = report.rounds === 1 ? "one round" : `up to ${report.rounds} rounds`;
  const when = `Measured on ${report.at.slice(0, 10)} in ${rounds}, which took ${minutes} min`;
  const mode = report.mode === "full"
    ? ""
    : ", in the quick mode: smaller sizes than the titles say, and rough numbers";
  const facts = Object.entries({ ...report.machine, ...report.versions }).map(([name, text]) => `- ${name}: ${text}`);
  return `${when}${mode}.\n\n${facts.join("\n")}`;
}

function missedGoals(report: Report): string {
  const missed = verdicts(report).filter(({ met }) => !met);
  if (missed.length === 0) return "All goals are met.";
  const perRow = Map.groupBy(missed, ({ row }) => row);
  const lines = [...perRow].map(([row, verdicts]) =>
    `- **${row.title}**: ${verdicts.map(shortfall).join("; ")}. ${boundOf(row.id)}.${floors(report, row)}`
  );
  return `Missed, and what the limit is:\n\n${lines.join("\n")}`;
}

/** What the same work takes without a pool. */
function floors(report: Report, row: Row): string {
  const values = measuredContenders(report, row).filter(({ kind }) => kind === "bare").flatMap(({ id, name }) => {
    const value = valueOf(resultOf(report, row.id, id));
    return value === undefined ? [] : [`${name} ${short(value)} ${row.unit}`];
  });
  return values.length === 0 ? "" : ` In this run: ${values.join(", ")}.`;
}

function shortfall({ opponent, measured, goal, floors }: Verdict): string {
  const against = opponent === "" ? "" : ` beside ${opponent}`;
  const wanted = goal.atLeast === undefined ? `at most ${goal.atMost}` : `at least ${goal.atLeast}`;
  const reached = floors.map((floor) => `${floor.name} ${short(floor.measured)}`);
  const limit = reached.length === 0 ? "" : ` (by the same measure ${reached.join(", ")})`;
  return `${short(measured)}${against}, ${wanted} wanted${limit}`;
}

function rowSection(report: Report, row: Row): string {
  return `### ${row.title}\n\n${row.meaning}\n\n${toMarkdown(rowTable(report, row))}`;
}

function notFirst(report: Report): string {
  const lines = measuredRows(report).flatMap((row) => {
    const ours = resultOf(report, row.id, "corral");
    const ahead = measuredContenders(report, row)
      .filter(({ kind }) => kind !== "corral" && kind !== "bare")
      .map(({ id }) => resultOf(report, row.id, id))
      .filter((theirs) => isAhead(row, theirs, ours));
    return ahead.length === 0 ? [] : [lineOf(row, ours!, ahead as Result[])];
  });
  return lines.length === 0 ? "Nowhere." : lines.join("\n");
}

function isAhead(row: Row, theirs: Result | undefined, ours: Result | undefined): boolean {
  const [our, their] = [valueOf(ours), valueOf(theirs)];
  return our !== undefined && their !== undefined && advantage(row, our, their) < 1;
}

function lineOf(row: Row, ours: Result, ahead: readonly Result[]): string {
  const because = Map.groupBy(ahead, ({ contender }) => reasonFor(row.id, contenderOf(contender)));
  const groups = [...because].map(([reason, results]) =>
    `${results.map((theirs) => entry(ours, theirs)).join(", ")}. ${reason}.`
  );
  return `- **${row.title}**, corral ${short(valueOf(ours)!)} ${row.unit}: ${groups.join(" ")}`;
}

function entry(ours: Result, theirs: Result): string {
  const { name } = contenderOf(theirs.contender);
  const level = overlap(numbersOf(ours), numbersOf(theirs)) ? " (level: their rounds overlap)" : "";
  return `${name} ${short(valueOf(theirs)!)}${level}`;
}

function overlap(some: readonly number[], others: readonly number[]): boolean {
  return Math.min(...some) <= Math.max(...others) && Math.min(...others) <= Math.max(...some);
}
