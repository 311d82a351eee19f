/** What the rows of the timeline are made of. */

import { formatDuration } from "@corral/multiprocessing/progress/parts";
import { outcomeMark } from "./outcome_marks.ts";
import type { RunSummary, SlotSummary } from "./run_summary.ts";

/** A bar in the row of a slot. */
export interface TimelineCell {
  readonly slot: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly colour: string;
  /** How much of the colour there is, from 0 to 1. */
  readonly share: number;
  readonly title: string;
}

/** Shades that are told apart; neighbours of the same shade become one bar. */
const SHADES = 4;

/** The lives of the processes: pale while they start, paler while they wait. */
export function startCells({ slots, durationMs }: RunSummary): TimelineCell[] {
  return slots.flatMap(({ slot, lives }) =>
    lives.flatMap(({ pid, spawnedMs, readyMs, exitedMs }) => {
      const endMs = exitedMs ?? durationMs;
      const cell = { slot, title: `worker ${slot}, process ${pid}`, colour: "var(--process)" };
      const startedMs = Math.min(readyMs ?? endMs, endMs);
      return [
        { ...cell, fromMs: spawnedMs, toMs: startedMs, share: 1, title: `${cell.title}: starts` },
        { ...cell, fromMs: startedMs, toMs: endMs, share: 0.35 },
      ].filter(({ fromMs, toMs }) => toMs > fromMs);
    })
  );
}

/** Each record, if they are few; otherwise how busy a worker was. */
export function busyCells({ spans, slots, durationMs }: RunSummary): TimelineCell[] {
  if (spans.length === 0) return slots.flatMap((slot) => shadeCells(slot, durationMs));
  const least = durationMs / 2000;
  return spans.map(({ sequence, slot, fromMs, toMs, outcome }) => ({
    slot,
    fromMs,
    toMs: Math.max(toMs, fromMs + least),
    colour: `var(--${outcome})`,
    share: 1,
    title: `record ${sequence}: ${outcome}, ${formatDuration(toMs - fromMs)}`,
  }));
}

/** Where a record failed, for those who do not see colours. */
export interface FailureMark {
  readonly slot: number;
  readonly atMs: number;
  readonly mark: string;
}

const MARKS_SHOWN = 200;

/** The failures among the records that have bars of their own. */
export function failureMarks({ spans }: RunSummary): FailureMark[] {
  return spans.filter(({ outcome }) => outcome !== "ok" && outcome !== "dropped").slice(0, MARKS_SHOWN)
    .map(({ slot, fromMs, toMs, outcome }) => ({ slot, atMs: (fromMs + toMs) / 2, mark: outcomeMark(outcome) }));
}

/** What share of the records failed, if the records themselves are not shown. */
export function failureCells({ spans, slots, durationMs }: RunSummary): TimelineCell[] {
  if (spans.length > 0) return [];
  return slots.flatMap(({ slot, failures, ended }) => {
    const { widthMs } = ended;
    const shareAt = (at: number) => (failures.sums[at] ?? 0) / Math.max(1, ended.sums[at]!);
    const shares = ended.sums.map((_, at) => shareAt(at));
    return runs(shares, (share) => Math.ceil(share * SHADES)).map(({ from, to, total }) => {
      const share = total / (to - from);
      return {
        slot,
        fromMs: from * widthMs,
        toMs: Math.min(durationMs, to * widthMs),
        colour: "var(--error)",
        share: Math.max(0.5, round(share)),
        title: `worker ${slot}: ${Math.max(1, Math.round(share * 100))} % of the records failed`,
      };
    });
  });
}

function shadeCells({ slot, busy: { sums, widthMs } }: SlotSummary, durationMs: number): TimelineCell[] {
  const shade = (busyMs: number) => Math.ceil(Math.min(1, busyMs / widthMs) * SHADES - 0.25);
  return runs(sums, shade).map(({ from, to, total }) => {
    const fromMs = from * widthMs;
    const toMs = Math.min(durationMs, to * widthMs);
    const share = Math.min(1, total / Math.max(toMs - fromMs, 1));
    return {
      slot,
      fromMs,
      toMs,
      colour: "var(--ok)",
      share: Math.max(0.2, round(share)),
      title: `worker ${slot}: ${Math.round(share * 100)} % busy`,
    };
  });
}

/** Neighbours of the same kind as one; kind 0 is left out. */
function runs(sums: Float64Array, kindOf: (sum: number) => number): { from: number; to: number; total: number }[] {
  const found: { from: number; to: number; total: number; kind: number }[] = [];
  sums.forEach((sum, at) => {
    const kind = kindOf(sum);
    const last = found.at(-1);
    if (kind === 0) return;
    if (last && last.to === at && last.kind === kind) Object.assign(last, { to: at + 1, total: last.total + sum });
    else found.push({ from: at, to: at + 1, total: sum, kind });
  });
  return found;
}

/** Fewer digits, a smaller page. */
function round(share: number): number {
  return Math.round(share * 10) / 10;
}
