/** One bar as a line of text. */
import { formatCount, formatDuration, formatRate } from "./units.ts";
import type { WorkCounter } from "./work_counter.ts";

const BAR_WIDTH = { least: 10, most: 40 };

/** What a piece of a line is to look like. */
export type PaintStyle = "red" | "green" | "dim";

/** Gives a piece of a line its looks. */
export type Paint = (style: PaintStyle, text: string) => string;

const CODES = { red: 31, green: 32, dim: 2 };

/**
 * Gives a text the terminal's colours.
 *
 * @param style What it is to look like.
 * @param text The text.
 * @returns It, between escape sequences.
 *
 * @example
 * ```ts
 * import { coloured } from "@corral/multiprocessing/progress/parts";
 *
 * console.log(coloured("green", "done"));
 * ```
 */
export function coloured(style: PaintStyle, text: string): string {
  return `\x1b[${CODES[style]}m${text}\x1b[${style === "dim" ? 22 : 39}m`;
}

/**
 * Leaves a text without colours: for logs, and for terminals whose owner wants none.
 *
 * @param _style Is ignored.
 * @param text The text.
 * @returns The same text.
 *
 * @example
 * ```ts
 * import { plain } from "@corral/multiprocessing/progress/parts";
 *
 * console.log(plain("red", "text")); // text
 * ```
 */
export function plain(_style: PaintStyle, text: string): string {
  return text;
}

/** What a line is about. */
export interface BarLine {
  /** How far the work is. */
  readonly counter: WorkCounter;
  /** How many items there are, if that is known. */
  readonly total?: number | undefined;
  /** Whether `total` is a guess. */
  readonly estimated?: boolean;
  /** What stands before the bar. */
  readonly label?: string;
  /** What is counted, when there is no total. @default "items" */
  readonly unit?: string;
  /** More facts, behind the others. */
  readonly more?: readonly string[];
}

/**
 * The line with a bar in it, which takes the room that is left.
 *
 * @param line What it is about.
 * @param now The time, in milliseconds, by the clock of the line's counter.
 * @param columns How wide the terminal is. The line can be longer, if the facts alone are: see {@linkcode fit}.
 * @param paint Gives its pieces their looks: {@linkcode coloured}, {@linkcode plain}, or one of your own.
 * @returns The line, without a line break.
 *
 * @example
 * ```ts
 * import { barLine, coloured, WorkCounter } from "@corral/multiprocessing/progress/parts";
 *
 * const counter = new WorkCounter(0);
 * counter.count(1, 0, 1000);
 * console.log(barLine({ counter, total: 4, label: "images" }, 1000, 80, coloured));
 * ```
 */
export function barLine(line: BarLine, now: number, columns: number, paint: Paint): string {
  const share = shareOf(line);
  const facts = describe(line, now, paint);
  const head = line.label ? `${onOneLine(line.label)}  ` : "";
  if (share === undefined) return head + facts;
  const percent = percentOf(share).padStart(4);
  const room = Math.min(BAR_WIDTH.most, columns - widthOf(head) - percent.length - widthOf(facts) - 4);
  return `${head}${percent} ${room < BAR_WIDTH.least ? "" : `${drawBar(share, room, paint)}  `}${facts}`;
}

/**
 * The same facts for a log: no bar, no colours.
 *
 * @param line What it is about.
 * @param now The time, in milliseconds, by the clock of the line's counter.
 * @returns The line, without a line break.
 *
 * @example
 * ```ts
 * import { plainLine, WorkCounter } from "@corral/multiprocessing/progress/parts";
 *
 * const counter = new WorkCounter(0);
 * console.log(plainLine({ counter }, 1000)); // corral: 0 items  0/s  1 s so far  0 failed
 * ```
 */
export function plainLine(line: BarLine, now: number): string {
  const share = shareOf(line);
  return `${onOneLine(line.label ?? "corral")}: ${share === undefined ? "" : `${percentOf(share)}  `}${
    describe(line, now, plain)
  }`;
}

function describe(
  { counter, total, estimated, unit = "items", more = [] }: BarLine,
  now: number,
  paint: Paint,
): string {
  const of = total === undefined ? ` ${onOneLine(unit)}` : `/${estimated ? "~" : ""}${formatCount(total)}`;
  const over = counter.endedAt !== undefined;
  const left = counter.timeLeftAt(now, total);
  const time = over || left === undefined || left === 0
    ? `${formatDuration((counter.endedAt ?? now) - counter.startedAt)}${over ? "" : " so far"}`
    : `${formatDuration(inSeconds(left))} left`;
  const { slowest, failed } = counter;
  return [
    `${formatCount(counter.done)}${of}`,
    formatRate(counter.rateAt(now)),
    time,
    paint(failed > 0 ? "red" : "dim", `${formatCount(failed)} failed`),
    ...(slowest === undefined ? [] : [`slowest #${slowest.index}: ${formatDuration(slowest.ms)}`]),
    ...more.map(onOneLine),
  ].join("  ");
}

/** A time left that changes each tenth of a second only distracts. */
function inSeconds(ms: number): number {
  return Math.ceil(ms / 1000) * 1000;
}

function shareOf({ counter, total }: BarLine): number | undefined {
  return total === undefined || total === 0 ? undefined : Math.min(1, Math.max(0, counter.done / total));
}

function percentOf(share: number): string {
  return `${Math.floor(share * 100)}%`;
}

function drawBar(share: number, columns: number, paint: Paint): string {
  const filled = Math.round(share * columns);
  return paint("green", "━".repeat(filled)) + paint("dim", "─".repeat(columns - filled));
}

// deno-lint-ignore no-control-regex
const COLOUR = /(\x1b\[[\d;]*m)/;
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

const BREAKS = /[\t\n\v\f\r\x85\u2028\u2029]+/g;

/** What moves the cursor would leave something of the line behind at each drawing. */
function onOneLine(text: string): string {
  if (!/[\p{Cc}\u2028\u2029]/u.test(text)) return text;
  const parts = text.split(COLOUR);
  return parts.map((part, place) => place % 2 === 1 ? part : part.replace(BREAKS, " ").replace(/\p{Cc}/gu, "")).join(
    "",
  );
}

let segmenter: Intl.Segmenter | undefined;

/** Made when the first bar is drawn: it takes longer than all else that `corral map` loads for bars. */
function graphemesOf(text: string): Intl.Segments {
  return (segmenter ??= new Intl.Segmenter("en")).segment(text);
}

/**
 * How many columns a text takes on a terminal. Colours take none, Chinese characters and emoji two.
 *
 * @param text The text.
 * @returns The number of columns.
 *
 * @example
 * ```ts
 * import { widthOf } from "@corral/multiprocessing/progress/parts";
 *
 * console.log(widthOf("漢字")); // 4
 * ```
 */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemesOf(withoutColours(text))) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/**
 * The beginning of a text that fits, with "…" where something was cut.
 *
 * @param text The text; colours in it are kept whole.
 * @param columns How many columns there are.
 * @returns The text, or its beginning.
 *
 * @example
 * ```ts
 * import { fit } from "@corral/multiprocessing/progress/parts";
 *
 * console.log(fit("a long line", 7)); // a long…
 * ```
 */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let [cut, width] = ["", 0];
  // Colours are kept whole, and the last one is ended.
  for (const part of text.split(COLOUR)) {
    if (part.startsWith("\x1b[")) {
      cut += part;
      continue;
    }
    for (const { segment } of graphemesOf(part)) {
      width += widthOf(segment);
      if (width >= columns) return `${cut}…${text.includes("\x1b[") ? "\x1b[0m" : ""}`;
      cut += segment;
    }
  }
  return cut;
}

function withoutColours(text: string): string {
  return text.split(COLOUR).filter((_, place) => place % 2 === 0).join("");
}
