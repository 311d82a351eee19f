/** Draws plots to SVG text, without a browser. */

import type { PlotOptions } from "@observablehq/plot";

/** The plotting library. */
export type Plot = typeof import("@observablehq/plot");

/** Draws one plot. The label tells those who cannot see it what it shows. */
export type Draw = (options: (plot: Plot) => PlotOptions, name?: string) => string;

/** Loads the plotting library, which takes about a fifth of a second, and gives what draws with it. */
export async function loadPlot(): Promise<Draw> {
  const [plot, { DOMParser }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const document = new DOMParser().parseFromString("<!doctype html><html><body></body></html>", "text/html");
  return (options, name) => {
    const svg = plot.plot({ document, ...options(plot) });
    // The library names marks by their kind: "rect" tells nobody anything.
    for (const mark of svg.querySelectorAll("[aria-label]")) mark.removeAttribute("aria-label");
    if (name !== undefined) {
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", name);
    }
    svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    return svg.outerHTML;
  };
}
