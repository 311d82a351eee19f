/** The lines of the bar, as text. */

import {
  type BarLine,
  barLine,
  formatCount,
  formatDuration,
  type Paint,
  plainLine,
  type WorkCounter,
} from "@corral/multiprocessing/progress/parts";
import type { RunProgress, SlotProgress } from "./run_progress.ts";

/** The line with all that counts; the bar in it takes the room that is left. */
export function runLine(progress: RunProgress, now: number, columns: number, paint: Paint): string {
  const { counter } = progress;
  return counter === undefined ? "" : barLine(lineOf(progress, counter), now, columns, paint);
}

/** The same facts for a log: no bar, no colour. */
export function logLine(progress: RunProgress, now: number): string {
  const { counter } = progress;
  return counter === undefined ? "" : plainLine(lineOf(progress, counter), now);
}

/** A line for each worker, as many as there is room for. */
export function slotLines(progress: RunProgress, now: number, rows: number, paint: Paint): string[] {
  const { slots } = progress;
  const shown = slots.length <= rows ? slots : slots.slice(0, Math.max(0, rows - 1));
  const lines = shown.map((slot) => slotLine(slot, now, paint));
  const hidden = slots.length - shown.length;
  return hidden > 0 && rows > 0 ? [...lines, paint("dim", `and ${hidden} more workers`)] : lines;
}

function lineOf({ total, busy, slots }: RunProgress, counter: WorkCounter): BarLine {
  const earlier = counter.initial > 0 ? [`${formatCount(counter.initial)} done earlier`] : [];
  const workers = counter.endedAt === undefined ? [`${busy}/${slots.length} busy`] : [];
  return {
    counter,
    total: total?.records,
    estimated: total?.estimated ?? false,
    unit: "records",
    more: [...earlier, ...workers],
  };
}

function slotLine({ slot, pid, state, since, block, records }: SlotProgress, now: number, paint: Paint): string {
  const name = `worker ${slot}`.padEnd(10);
  const process = (pid === undefined ? "" : `pid ${pid}`).padEnd(12);
  const seconds = Math.floor((now - since) / 1000);
  const time = seconds < 1 ? "" : `  ${paint("dim", formatDuration(seconds * 1000))}`;
  const doing = block && state === "busy" ? describeBlock(block) : state === "none" ? "no process" : state;
  return `  ${name}${process}${`${formatCount(records)} done`.padEnd(16)}${doing}${time}`;
}

function describeBlock({ firstSequence, records }: { firstSequence: number; records: number }): string {
  if (records === 1) return `record ${formatCount(firstSequence)}`;
  return `records ${formatCount(firstSequence)} to ${formatCount(firstSequence + records - 1)}`;
}
