/** The bar on a terminal. */

import cliTruncate from "cli-truncate";
import { createLogUpdate } from "log-update";
import type { RunEvent, RunObserver } from "../../records/run_events.ts";
import { barLine, slotLines } from "./bar_lines.ts";
import { PrintedLines, sanitizeForTerminal } from "./printed_text.ts";
import { RunProgress } from "./run_progress.ts";

/** Where a bar is drawn. */
export interface BarTerminal {
  size(): { columns: number; rows: number };
  write(text: string): void;
}

/** Options of {@link TerminalBar}. */
export interface TerminalBarOptions {
  terminal: BarTerminal;
  /** Whether each worker has a line of its own. */
  full: boolean;
  /** The number of records, if the user told it. */
  total?: number | undefined;
}

const DRAW_EVERY_MS = 100;

/**
 * Draws the bar ten times a second, whatever happens in between, and what is printed above it.
 *
 * The cursor stays visible, below the bar: one that is hidden would stay so if the command is killed.
 */
export class TerminalBar implements RunObserver {
  readonly wantsRecords = false;
  readonly wantsHashes = false;
  readonly #options: TerminalBarOptions;
  readonly #progress: RunProgress;
  readonly #printed = new PrintedLines();
  readonly #draw: ReturnType<typeof createLogUpdate>;
  readonly #timer: ReturnType<typeof setInterval>;
  #frame = "";

  constructor(options: TerminalBarOptions) {
    this.#options = options;
    this.#progress = new RunProgress(options.total);
    this.#draw = createLogUpdate(this.#stream() as unknown as Parameters<typeof createLogUpdate>[0], {
      showCursor: true,
    });
    this.#timer = setInterval(() => this.#update(Date.now()), DRAW_EVERY_MS);
  }

  receive(events: readonly RunEvent[]): void {
    let printed = "";
    for (const event of events) {
      this.#progress.take(event);
      if (event.type === "print") printed += this.#printed.add(event.slot, event.text);
    }
    if (printed !== "") this.#printAbove(printed);
  }

  close(): void {
    clearInterval(this.#timer);
    const rest = this.#printed.flush();
    if (rest !== "") this.#printAbove(rest);
    this.#update(this.#progress.endedAt ?? Date.now());
    this.#draw.done();
  }

  #printAbove(text: string): void {
    this.#draw.clear();
    this.#frame += sanitizeForTerminal(text);
    this.#update(Date.now());
  }

  #update(now: number): void {
    const { terminal, full } = this.#options;
    const { columns, rows } = terminal.size();
    if (this.#progress.startedAt !== undefined) {
      const workers = full && this.#progress.endedAt === undefined ? slotLines(this.#progress, now, rows - 2) : [];
      // In the last column some terminals begin a new line already.
      const lines = [...workers, barLine(this.#progress, now, columns - 1)];
      this.#draw(lines.map((line) => cliTruncate(line, columns - 1)).join("\n"));
    }
    if (this.#frame === "") return;
    terminal.write(this.#frame);
    this.#frame = "";
  }

  /** All that one update draws leaves in one write. */
  #stream(): { isTTY: true; columns: number; rows: number; write(text: string): boolean } {
    const { terminal } = this.#options;
    const add = (text: string) => this.#frame += text;
    return {
      isTTY: true,
      get columns() {
        return terminal.size().columns;
      },
      get rows() {
        return terminal.size().rows;
      },
      write: (text) => add(text) !== undefined,
    };
  }
}
