/** The charts of a report. */

import type { PlotOptions } from "@observablehq/plot";
import type { RecordOutcome } from "../../records/run_events.ts";
import { type DurationBar, formatCount, formatDuration } from "@corral/multiprocessing/progress/parts";
import type { Draw, Plot } from "./plot.ts";
import type { RunSummary } from "./run_summary.ts";
import {
  busyCells,
  failureCells,
  type FailureMark,
  failureMarks,
  startCells,
  type TimelineCell,
} from "./timeline_cells.ts";

const WIDTH = 1040;
const MARGINS = { marginLeft: 76, marginRight: 24, marginBottom: 42 };
const STYLE = { fontSize: "12px" };

/** The colour of an outcome, which the page defines for light and dark. */
export function colourOf(outcome: RecordOutcome): string {
  return `var(--${outcome})`;
}

/** A row for each slot: when its worker started, worked and failed. */
export function timelineChart(draw: Draw, summary: RunSummary): string {
  const { slots, durationMs } = summary;
  const rowHeight = slots.length <= 16 ? 26 : slots.length <= 64 ? 14 : 8;
  // Between shades, a thinner bar would shine through.
  const inset = summary.spans.length > 0 ? rowHeight / 4 : 0;
  const time = timeAxis(durationMs);
  const x = {
    x1: ({ fromMs }: TimelineCell) => time.of(fromMs),
    x2: ({ toMs }: TimelineCell) => time.of(toMs),
    y: "slot",
  };
  const fill = { fill: "colour", fillOpacity: "share", title: "title", shapeRendering: "crispEdges" };
  return draw((plot) => ({
    ...base(8 + slots.length * rowHeight + MARGINS.marginBottom, 8),
    x: { ...time.axis, grid: true },
    y: {
      label: null,
      domain: slots.map(({ slot }) => slot),
      padding: 0.15,
      tickSize: 0,
      tickFormat: (slot: number) => slots.length > 32 && slot % 8 !== 0 ? "" : `worker ${slot}`,
    },
    color: { type: "identity" },
    opacity: { type: "identity" },
    marks: [
      plot.barX(startCells(summary), { ...x, ...fill, insetTop: inset, insetBottom: inset }),
      plot.barX(busyCells(summary), { ...x, ...fill }),
      plot.barX(failureCells(summary), { ...x, ...fill, insetTop: rowHeight * 0.6 }),
      ...(rowHeight < 14 ? [] : [plot.text(failureMarks(summary), {
        x: ({ atMs }: FailureMark) => time.of(atMs),
        y: "slot",
        text: "mark",
        fontSize: 9,
        fill: "currentColor",
        stroke: "var(--card)",
        strokeWidth: 3,
      })]),
    ],
  }), `Timeline: what each of ${formatCount(slots.length)} workers did in ${formatDuration(durationMs)}`);
}

/** Records per second over the time of the run. A moment that stands out by far is cut off, so that the others can be seen. */
export function throughputChart(draw: Draw, summary: RunSummary): string {
  const { done: { sums, widthMs }, durationMs } = summary;
  const time = timeAxis(durationMs);
  const bars = [...sums].map((records, at) => {
    const fromMs = at * widthMs;
    const toMs = Math.max(fromMs + widthMs / 100, Math.min(durationMs, fromMs + widthMs));
    return { fromMs, toMs, rate: records / Math.max(toMs - fromMs, widthMs / 10) * 1000 };
  });
  const limit = withoutOutliers(bars.map(({ rate }) => rate));
  const cut = bars.filter(({ rate }) => rate > limit);
  const title = ({ fromMs, rate }: typeof bars[number]) =>
    `${formatDuration(fromMs)}: ${formatCount(Math.round(rate))} records/s`;
  const mean = summary.records / Math.max(1, durationMs) * 1000;
  return draw((plot) => ({
    ...base(190, 28),
    x: time.axis,
    y: { ...COUNT_AXIS, label: "records per second", domain: [0, limit] },
    marks: [
      plot.rectY(bars, {
        x1: ({ fromMs }: { fromMs: number }) => time.of(fromMs),
        x2: ({ toMs }: { toMs: number }) => time.of(toMs),
        y: ({ rate }: { rate: number }) => Math.min(rate, limit),
        fill: "var(--ok)",
        shapeRendering: "crispEdges",
        title,
      }),
      plot.text(cut, {
        x: ({ fromMs, toMs }: { fromMs: number; toMs: number }) => time.of((fromMs + toMs) / 2),
        y: limit,
        text: ({ rate }: { rate: number }) => `↑ ${formatCount(Math.round(rate))}/s`,
        dy: -6,
        fontWeight: 600,
      }),
      plot.ruleY([0]),
    ],
  }), `Throughput: ${formatCount(Math.round(mean))} records per second on average`);
}

/** The end of an axis that shows nearly all values well; those beyond are at most one in fifty. */
function withoutOutliers(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const most = sorted.at(-1) ?? 1;
  const usual = sorted[Math.floor((sorted.length - 1) * 0.97)] ?? most;
  return usual > 0 && most > usual * 4 ? usual * 1.5 : Math.max(most, 1e-9);
}

/** How many records took how long, with the quantiles that people ask for. */
export function durationChart(draw: Draw, { durations }: RunSummary): string {
  const bars = durations.bars();
  const domain: LogDomain = [Math.log10(bars[0]!.fromMs), Math.log10(bars.at(-1)!.toMs)];
  const most = Math.max(...bars.map(({ count }) => count));
  const quantiles = [{ share: 0.5, name: "median" }, { share: 0.95, name: "95 %" }, { share: 0.99, name: "99 %" }]
    .map(({ share, name }, at) => ({ at, name, ms: durations.quantile(share) }));
  return draw((plot) => ({
    ...base(250, 76),
    // The library's own scale leaves out labels of a logarithmic axis as it likes.
    x: {
      domain: [...domain],
      ticks: logTicks(domain),
      tickFormat: (power: number) => formatDuration(10 ** power),
      label: "duration of a record (logarithmic)",
      labelAnchor: "center",
      labelArrow: "none",
    },
    // So few that a bar would not be seen are the ones that people look for.
    y: { ...COUNT_AXIS, label: most > 200 ? "records (square roots)" : "records", ...(most > 200 && { type: "sqrt" }) },
    marks: [
      plot.rectY(bars, {
        x1: ({ fromMs }: DurationBar) => Math.log10(fromMs),
        x2: ({ toMs }: DurationBar) => Math.log10(toMs),
        y: "count",
        fill: "var(--ok)",
        insetLeft: 0.5,
        insetRight: 0.5,
        title: ({ fromMs, toMs, count }: DurationBar) =>
          `${formatDuration(fromMs)} to ${formatDuration(toMs)}: ${formatCount(count)} records`,
      }),
      plot.ruleY([0]),
      ...quantiles.flatMap((one) => quantileMarks(plot, one, domain)),
    ],
  }), `Durations of records: ${quantiles.map(({ name, ms }) => `${name} ${formatDuration(ms)}`).join(", ")}`);
}

/** The ends of an axis, as powers of ten. */
type LogDomain = readonly [low: number, high: number];

/** Each label has a line of its own: quantiles may lie close together. */
function quantileMarks(plot: Plot, { at, name, ms }: { at: number; name: string; ms: number }, [low, high]: LogDomain) {
  const x = Math.log10(ms);
  const right = (x - low) / (high - low) > 0.8;
  return [
    plot.ruleX([x], { stroke: "currentColor", strokeDasharray: "3,3", strokeOpacity: 0.8 }),
    plot.text([x], {
      x: (power: number) => power,
      text: () => `${name}: ${formatDuration(ms)}`,
      frameAnchor: "top",
      textAnchor: right ? "end" : "start",
      dx: right ? -5 : 5,
      dy: -38 + 14 * at,
      fontWeight: 600,
    }),
  ];
}

function base(height: number, marginTop: number): PlotOptions {
  return { width: WIDTH, height, ...MARGINS, marginTop, style: STYLE };
}

const COUNT_AXIS = {
  grid: true,
  nice: true,
  ticks: 5,
  labelArrow: "none",
  tickFormat: new Intl.NumberFormat("en-GB", { notation: "compact" }).format,
} as const;

/** A run of seconds is read in seconds, one of hours in hours. */
function timeAxis(durationMs: number): { of: (ms: number) => number; axis: NonNullable<PlotOptions["x"]> } {
  const [name, unitMs] = durationMs < 2000
    ? ["ms", 1] as const
    : durationMs < 180_000
    ? ["s", 1000] as const
    : durationMs < 3 * 3_600_000
    ? ["min", 60_000] as const
    : ["h", 3_600_000] as const;
  return {
    of: (ms) => ms / unitMs,
    axis: {
      domain: [0, Math.max(durationMs, 1) / unitMs],
      label: `time since the start (${name})`,
      labelAnchor: "center",
      labelArrow: "none",
    },
  };
}

/** Powers of ten, and 2 and 5 times them where these alone would be few. */
function logTicks([low, high]: LogDomain): number[] {
  const within = (factors: readonly number[]) =>
    Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, at) => Math.floor(low) + at)
      .flatMap((power) => factors.map((factor) => power + Math.log10(factor)))
      .filter((tick) => tick >= low && tick <= high);
  const tens = within([1]);
  return tens.length >= 4 ? tens : within([1, 2, 5]);
}
