/** The bar on a terminal. */

import { BottomLines, type Paint, type Terminal } from "@corral/multiprocessing/progress/parts";
import type { RunEvent, RunObserver } from "../../records/run_events.ts";
import { runLine, slotLines } from "./bar_lines.ts";
import { PrintedLines } from "./printed_lines.ts";
import { sanitizeForTerminal } from "../../files/terminal_text.ts";
import { RunProgress } from "./run_progress.ts";

/** Options of {@link TerminalBar}. */
export interface TerminalBarOptions {
  readonly terminal: Terminal;
  /** Whether each worker has a line of its own. */
  readonly full: boolean;
  /** The number of records, if the user told it. */
  readonly total?: number | undefined;
  /** How what counts is set apart. */
  readonly paint: Paint;
}

const DRAW_EVERY_MS = 100;

/** Draws the bar ten times a second, whatever happens in between, and what is printed above it. */
export class TerminalBar implements RunObserver {
  readonly wantsRecords = false;
  readonly wantsHashes = false;
  readonly tellsEnd = true;
  readonly #options: TerminalBarOptions;
  readonly #progress: RunProgress;
  readonly #printed = new PrintedLines();
  readonly #lines: BottomLines;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(options: TerminalBarOptions) {
    this.#options = options;
    this.#progress = new RunProgress(options.total);
    this.#lines = new BottomLines(options.terminal);
    this.#timer = setInterval(() => this.#draw(Date.now()), DRAW_EVERY_MS);
  }

  receive(events: readonly RunEvent[]): void {
    let printed = "";
    for (const event of events) {
      this.#progress.take(event);
      if (event.type === "print") printed += this.#printed.add(event.slot, event.text);
    }
    if (printed !== "") this.#lines.printAbove(sanitizeForTerminal(printed));
  }

  close(): void {
    clearInterval(this.#timer);
    const rest = this.#printed.flush();
    if (rest !== "") this.#lines.printAbove(sanitizeForTerminal(rest));
    this.#draw(this.#progress.counter?.endedAt ?? Date.now());
    this.#lines.release();
  }

  #draw(now: number): void {
    const { counter } = this.#progress;
    if (counter === undefined) return;
    const { terminal, full, paint } = this.#options;
    const { columns, rows } = terminal.size();
    const workers = full && counter.endedAt === undefined ? slotLines(this.#progress, now, rows - 2, paint) : [];
    this.#lines.draw([...workers, runLine(this.#progress, now, columns - 1, paint)]);
  }
}
