/**
 * The parts that a progress bar is made of, for programs that draw one of their own, as the command `corral map` does; and what keeps
 * whole the lines that workers print above it.
 *
 * ```ts
 * import { barLine, plain, WorkCounter } from "@corral/multiprocessing/progress/parts";
 *
 * const counter = new WorkCounter(performance.now());
 * counter.count(30, 0, performance.now());
 * console.log(barLine({ counter, total: 120 }, performance.now(), 80, plain));
 * ```
 *
 * @module
 */
import "../require_deno.ts";
export {
  type BarLine,
  barLine,
  coloured,
  fit,
  type Paint,
  type PaintStyle,
  plain,
  plainLine,
  widthOf,
} from "./bar_line.ts";
export { type DurationBar, DurationHistogram, type DurationStats } from "../duration_histogram.ts";
export { BottomLines, type Terminal, terminalSize } from "./bottom_lines.ts";
export { LinePrinter } from "../line_printer.ts";
export { formatBytes, formatCount, formatDuration, formatRate } from "./units.ts";
export { WorkCounter } from "./work_counter.ts";
