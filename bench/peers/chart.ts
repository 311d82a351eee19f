/** The picture of a report: how long the others take for what corral does. */

import type { PlotOptions } from "@observablehq/plot";
import { loadPlot, type Plot } from "../../cli/observers/report/plot.ts";
import { advantage } from "./goals.ts";
import { type Report, resultOf, valueOf } from "./results.ts";
import { type Row, rows } from "./rows.ts";
import { measuredContenders, measuredRows, short } from "./table.ts";

/** The rows that are drawn, and what the picture calls them. */
const DRAWN: Readonly<Record<string, string>> = {
  "burst": "20 000 no-op tasks",
  "latency": "one call after another",
  "map": "map over 1 000 000 numbers",
  "bytes": "100 MB of bytes",
  "records": "records there and back",
  "start": "a pool of two ready",
};

const WIDTH = 760;
const BAR_HEIGHT = 17;
const MARGINS = { top: 62, right: 60, bottom: 44, left: 225 };

interface Bar {
  readonly work: string;
  readonly name: string;
  readonly factor: number;
  readonly kind: string;
}

/** Draws the chart as an SVG that needs no script, and follows the reader's choice of light or dark. */
export async function chart(report: Report): Promise<string> {
  const bars = barsOf(report);
  const draw = await loadPlot();
  return `${draw((plot) => describe(plot, bars)).replace(/(<svg[^>]*>)/, `$1${STYLE}`)}\n`;
}

function barsOf(report: Report): Bar[] {
  const drawn = measuredRows(report).filter(({ id }) => DRAWN[id] !== undefined);
  return drawn.flatMap((row) => rowBars(report, row));
}

function rowBars(report: Report, row: Row): Bar[] {
  const ours = valueOf(resultOf(report, row.id, "corral"));
  if (ours === undefined) return [];
  return measuredContenders(report, row).flatMap(({ id, name, kind }) => {
    const value = valueOf(resultOf(report, row.id, id));
    if (value === undefined || id === "corral") return [];
    return [{ work: DRAWN[row.id]!, name, kind, factor: advantage(row, ours, value) }];
  }).sort((a, b) => a.factor - b.factor);
}

function describe(plot: Plot, bars: readonly Bar[]): PlotOptions {
  const works = rows.flatMap(({ id }) => DRAWN[id] ?? []).filter((work) => bars.some((bar) => bar.work === work));
  // One band for each bar and each heading: facets of one height would leave holes.
  const bands = works.flatMap((work) => {
    const own = bars.filter((bar) => bar.work === work);
    return [`space ${work}`, headingOf(work), ...own.map(bandOf)];
  });
  const factors = bars.map(({ factor }) => factor);
  const domain = [Math.min(0.5, ...factors) * 0.8, Math.max(2, ...factors) * 1.25] as const;
  const ticks = TICKS.filter((tick) => tick >= domain[0] && tick <= domain[1]);
  return {
    width: WIDTH,
    height: MARGINS.top + bands.length * BAR_HEIGHT + MARGINS.bottom,
    marginTop: MARGINS.top,
    marginRight: MARGINS.right,
    marginBottom: MARGINS.bottom,
    marginLeft: MARGINS.left,
    style: { fontSize: "12px" },
    x: { type: "log", domain, axis: null },
    y: { domain: bands, axis: null, padding: 0.2 },
    marks: [
      plot.gridX(ticks),
      plot.axisX(ticks, { text: factorLabel, label: AXIS, labelArrow: "none", labelAnchor: "center" }),
      plot.barX(bars, { x1: 1, x2: "factor", y: bandOf, fill: ({ kind }: Bar) => `var(--${COLOURS[kind]})` }),
      plot.ruleX([1], { stroke: "var(--ours)", strokeWidth: 2 }),
      plot.text(bars, {
        x: (bar: Bar) => Math.max(1, bar.factor),
        y: bandOf,
        text: factorText,
        textAnchor: "start",
        dx: 5,
      }),
      plot.text(bars, { y: bandOf, text: "name", frameAnchor: "left", textAnchor: "end", dx: -10 }),
      plot.text(works, {
        y: headingOf,
        text: (work: string) => work,
        frameAnchor: "left",
        textAnchor: "end",
        dx: -10,
        fontWeight: 700,
      }),
      heading(plot, "How long others take for what corral does", 0, 16),
      heading(plot, LEGEND, 20, 12),
    ],
  };
}

function heading(plot: Plot, text: string, down: number, fontSize: number) {
  const place = { frameAnchor: "top-left", dx: 10 - MARGINS.left, dy: 16 - MARGINS.top + down } as const;
  return plot.text([text], { ...place, fontSize, fontWeight: fontSize > 12 ? 700 : 400 });
}

function headingOf(work: string): string {
  return `heading ${work}`;
}

function bandOf({ work, name }: Bar): string {
  return `${work} ${name}`;
}

function factorLabel(factor: number): string {
  return `${factor} ×`;
}

function factorText({ factor }: Bar): string {
  return `${short(factor)} ×`;
}

const AXIS = "time that others take, as a multiple of corral's; left of the line they are faster";

const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];

const COLOURS: Readonly<Record<string, string>> = {
  processes: "processes",
  CPython: "cpython",
  threads: "threads",
  bare: "bare",
};

const LEGEND = "blue: pools of Node processes · green: CPython · amber: threads · grey: no pool at all";

const STYLE = `<style>
svg { color: #1f2328; background: #ffffff; font-family: system-ui, sans-serif;
  --ours: #cf222e; --processes: #0b6bcb; --cpython: #2d8a4e; --threads: #bf8700; --bare: #9aa4af; }
@media (prefers-color-scheme: dark) {
  svg { color: #e6edf3; background: #0d1117;
    --ours: #ff7b72; --processes: #58a6ff; --cpython: #56d364; --threads: #e3b341; --bare: #6e7781; }
}
</style>`;
