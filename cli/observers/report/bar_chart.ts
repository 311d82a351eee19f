/** A bar chart as a picture of its own, for documents. */

import type { PlotOptions } from "@observablehq/plot";
import { loadPlot, type Plot } from "./plot.ts";

/** What a bar chart shows. */
export interface BarChartOptions {
  readonly title: string;
  /** What the bars measure, as the axis says it: "records per second". */
  readonly unit: string;
  /** From top to bottom. */
  readonly bars: readonly Bar[];
}

/** One bar. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Text beside the bar's end; the value by default. */
  readonly note?: string;
  /** Whether the bar stands out. */
  readonly ours?: boolean;
}

const WIDTH = 720;
const ROW_HEIGHT = 34;
const MARGINS = { top: 58, right: 96, bottom: 44 };
const CHARACTER_WIDTH = 7.4;
const MAX_LABEL_LENGTH = 40;

/** Draws a bar chart. The SVG needs no script and no network, and follows the reader's choice of light or dark. */
export async function barChart(options: BarChartOptions): Promise<string> {
  const draw = await loadPlot();
  return draw((plot) => describe(plot, options)).replace(/(<svg[^>]*>)/, `$1${STYLE}`);
}

function describe(plot: Plot, { title, unit, bars }: BarChartOptions): PlotOptions {
  const longest = Math.min(MAX_LABEL_LENGTH, Math.max(...bars.map(({ label }) => label.length)));
  const compact = new Intl.NumberFormat("en-GB", { notation: "compact" }).format;
  const text = (bar: Bar) => bar.note ?? bar.value.toLocaleString("en-GB");
  return {
    width: WIDTH,
    height: MARGINS.top + bars.length * ROW_HEIGHT + MARGINS.bottom,
    marginTop: MARGINS.top,
    marginRight: MARGINS.right,
    marginBottom: MARGINS.bottom,
    marginLeft: Math.ceil(longest * CHARACTER_WIDTH) + 16,
    style: { fontSize: "13px" },
    x: { label: unit, labelArrow: "none", grid: true, nice: true, ticks: 6, tickFormat: compact },
    y: { label: null, domain: bars.map(({ label }) => label), padding: 0.25, tickSize: 0, tickFormat: cutLabel },
    marks: [
      plot.barX(bars, { x: "value", y: "label", fill: (bar: Bar) => bar.ours ? "var(--ours)" : "var(--others)" }),
      plot.text(bars, { x: "value", y: "label", text, textAnchor: "start", dx: 6, fontWeight: 600 }),
      plot.ruleX([0]),
      plot.text([title], {
        frameAnchor: "top-left",
        dx: -Math.ceil(longest * CHARACTER_WIDTH),
        dy: -38,
        fontSize: 16,
        fontWeight: 700,
      }),
    ],
  };
}

function cutLabel(label: string): string {
  return label.length <= MAX_LABEL_LENGTH ? label : `${label.slice(0, MAX_LABEL_LENGTH - 1)}…`;
}

const STYLE = `<style>
svg { color: #1f2328; background: #ffffff; --ours: #0b6bcb; --others: #9aa4af; }
@media (prefers-color-scheme: dark) {
  svg { color: #e6edf3; background: #0d1117; --ours: #58a6ff; --others: #59636e; }
}
</style>`;
