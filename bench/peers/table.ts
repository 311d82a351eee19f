/** A report as tables, for a terminal and for Markdown. */

import { type Contender, contenderOf } from "./contenders.ts";
import { advantage, type Verdict, verdicts } from "./goals.ts";
import { numbersOf, outcomeOf, type Report, resultOf, valueOf } from "./results.ts";
import { type Row, rows } from "./rows.ts";

/** Cells; the first row is the heading. */
export type Table = readonly (readonly string[])[];

/** The rows that a report has. */
export function measuredRows(report: Report): Row[] {
  return rows.filter(({ id }) => report.results.some(({ row }) => row === id));
}

/** Who took part, in one row or in any. */
export function measuredContenders(report: Report, row?: Row): Contender[] {
  const ids = new Set(
    report.results.filter((result) => !row || result.row === row.id).map(({ contender }) => contender),
  );
  return [...ids].map(contenderOf);
}

/** One line for each contender of a row: median, lowest and highest round, and how corral compares. */
export function rowTable(report: Report, row: Row): Table {
  const ours = valueOf(resultOf(report, row.id, "corral"));
  const heading = ["", `median, ${row.unit}`, "lowest to highest", "corral is better by"];
  const order = rows.find(({ id }) => id === row.id)!.contenders;
  const entered = measuredContenders(report, row).sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  return [
    heading,
    ...entered.map((contender) => {
      const result = resultOf(report, row.id, contender.id);
      const value = valueOf(result);
      if (value === undefined) {
        return [contender.name, outcomeOf(result) ?? "", "", ""];
      }
      const factor = contender.id === "corral" || ours === undefined ? "" : `${short(advantage(row, ours, value))} ×`;
      return [contender.name, short(value), spreadText(numbersOf(result)), factor];
    }),
  ];
}

/** Every goal beside what was measured. */
export function goalTable(report: Report): Table {
  return [
    ["work", "compared with", "measured", "lowest to highest", "goal", ""],
    ...verdicts(report).map((verdict) => [
      verdict.row.title,
      verdict.opponent,
      factorText(verdict),
      spreadText(verdict.perRound),
      goalText(verdict),
      verdict.met ? "met" : "missed",
    ]),
  ];
}

function factorText({ measured, row, goal }: Verdict): string {
  return goal.measure === "value" ? `${short(measured)} ${row.unit}` : `${short(measured)} ×`;
}

function goalText({ goal, row }: Verdict): string {
  const unit = goal.measure === "value" ? row.unit : {
    times: "× as fast",
    share: row.moreIsBetter ? "× theirs" : `× the ${row.unit === "MiB" ? "memory" : "time"}`,
  }[goal.measure];
  return goal.atLeast === undefined ? `≤ ${goal.atMost} ${unit}` : `≥ ${goal.atLeast} ${unit}`;
}

function spreadText(values: readonly number[]): string {
  return values.length < 2 ? "" : `${short(Math.min(...values))} to ${short(Math.max(...values))}`;
}

/** Three figures. */
export function short(value: number): string {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 2));
}

/** For a terminal: columns with blanks between. */
export function toText(table: Table): string {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  return table.map((cells) =>
    cells.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")
      .trimEnd()
  ).join("\n");
}

/** For a document, as `deno fmt` would have it. */
export function toMarkdown(table: Table): string {
  const [heading, ...body] = table;
  const widths = heading!.map((_, column) => Math.max(3, ...table.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(heading!), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/** All tables for a terminal. */
export function reportText(report: Report): string {
  const perRow = measuredRows(report).map((row) => `${row.title}\n${indent(toText(rowTable(report, row)))}`);
  return [...perRow, `Goals\n${indent(toText(goalTable(report)))}`].join("\n\n");
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
