/** The lines of the bar, as text. */

import { styleText } from "node:util";
import { formatCount, formatDuration, formatRate } from "../units.ts";
import type { RunProgress, SlotProgress } from "./run_progress.ts";

const BAR_WIDTH = { least: 10, most: 40 };

/** The line with all that counts; the bar in it takes the room that is left. */
export function barLine(progress: RunProgress, now: number, columns: number): string {
  const { total, done } = progress;
  const facts = describe(progress, now, colour);
  if (total === undefined || total.records === 0) return facts;
  const share = Math.min(1, done / total.records);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const room = Math.min(BAR_WIDTH.most, columns - percent.length - width(facts) - 4);
  return `${percent} ${room < BAR_WIDTH.least ? "" : `${drawBar(share, room)}  `}${facts}`;
}

/** The same facts for a log: no bar, no colour. */
export function plainLine(progress: RunProgress, now: number): string {
  const { total, done } = progress;
  const percent = total === undefined || total.records === 0
    ? ""
    : `${Math.floor(Math.min(1, done / total.records) * 100)}%  `;
  return `corral: ${percent}${describe(progress, now, (_, text) => text)}`;
}

/** A line for each worker, as many as there is room for. */
export function slotLines(progress: RunProgress, now: number, rows: number): string[] {
  const { slots } = progress;
  const shown = slots.length <= rows ? slots : slots.slice(0, Math.max(0, rows - 1));
  const lines = shown.map((slot) => slotLine(slot, now));
  const hidden = slots.length - shown.length;
  return hidden > 0 && rows > 0 ? [...lines, styleText("dim", `and ${hidden} more workers`, PLAIN)] : lines;
}

type Paint = (style: "red" | "green" | "dim", text: string) => string;

/** Without it, the library asks the environment whether stdout has colours. */
const PLAIN = { validateStream: false };
const colour: Paint = (style, text) => styleText(style, text, PLAIN);

function describe(progress: RunProgress, now: number, paint: Paint): string {
  const { total, done, failed, busy, slots, endedAt, startedAt = now } = progress;
  const of = total === undefined ? " records" : `/${total.estimated ? "~" : ""}${formatCount(total.records)}`;
  const left = progress.timeLeftAt(now);
  const over = endedAt !== undefined;
  const time = over || left === undefined
    ? `${formatDuration((endedAt ?? now) - startedAt)}${over ? "" : " so far"}`
    : `${formatDuration(roundForEyes(left))} left`;
  return [
    `${formatCount(done)}${of}`,
    formatRate(progress.rateAt(now)),
    time,
    ...(progress.skipped > 0 ? [`${formatCount(progress.skipped)} done earlier`] : []),
    paint(failed > 0 ? "red" : "dim", `${formatCount(failed)} failed`),
    ...(over ? [] : [`${busy}/${slots.length} busy`]),
  ].join("  ");
}

/** A time left that changes each tenth of a second only distracts. */
function roundForEyes(ms: number): number {
  return Math.ceil(ms / 1000) * 1000;
}

function drawBar(share: number, columns: number): string {
  const filled = Math.round(share * columns);
  return colour("green", "━".repeat(filled)) + colour("dim", "─".repeat(columns - filled));
}

function slotLine({ slot, pid, state, since, block, records }: SlotProgress, now: number): string {
  const name = `worker ${slot}`.padEnd(10);
  const process = (pid === undefined ? "" : `pid ${pid}`).padEnd(12);
  const seconds = Math.floor((now - since) / 1000);
  const time = seconds < 1 ? "" : `  ${colour("dim", formatDuration(seconds * 1000))}`;
  const doing = block && state === "busy" ? describeBlock(block) : state === "none" ? "no process" : state;
  return `  ${name}${process}${`${formatCount(records)} done`.padEnd(16)}${doing}${time}`;
}

function describeBlock({ firstSequence, records }: { firstSequence: number; records: number }): string {
  if (records === 1) return `record ${formatCount(firstSequence)}`;
  return `records ${formatCount(firstSequence)} to ${formatCount(firstSequence + records - 1)}`;
}

/** The characters are all one column wide, but for the colours, which have none. */
function width(text: string): number {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1b\[\d+m/g, "").length;
}
