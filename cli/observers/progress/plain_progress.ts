/** Progress as lines of text, for logs. */

import type { RunEvent, RunObserver } from "../../records/run_events.ts";
import { logLine } from "./bar_lines.ts";
import { PrintedLines } from "./printed_lines.ts";
import { RunProgress } from "./run_progress.ts";

/** Options of {@link PlainProgress}. */
export interface PlainProgressOptions {
  /** Takes the text; what it returns says when that and all before it has been taken. */
  write: (text: string) => Promise<void> | void;
  /** The number of records, if the user told it. */
  total?: number | undefined;
  /** How often there is a line; none if not given. */
  everyMs?: number;
  /** What is done to printed text before it is written. */
  clean?: (text: string) => string;
}

/** Writes what is printed, and a line every few seconds that says how far the run is. */
export class PlainProgress implements RunObserver {
  readonly wantsRecords = false;
  readonly wantsHashes = false;
  readonly tellsEnd: boolean;
  readonly #options: PlainProgressOptions;
  readonly #progress: RunProgress;
  readonly #printed = new PrintedLines();
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #written: Promise<void> | void = undefined;

  constructor(options: PlainProgressOptions) {
    this.#options = options;
    this.#progress = new RunProgress(options.total);
    this.tellsEnd = options.everyMs !== undefined;
    if (options.everyMs !== undefined) this.#timer = setInterval(() => this.#tell(Date.now()), options.everyMs);
  }

  receive(events: readonly RunEvent[]): Promise<void> | void {
    // In one write: one for each line takes longer than a worker to print it.
    let printed = "";
    for (const event of events) {
      this.#progress.take(event);
      if (event.type === "print") printed += this.#printed.add(event.slot, event.text);
      if (event.type !== "end") continue;
      this.#write(printed + this.#printed.flush());
      printed = "";
      if (this.#timer !== undefined) this.#tell(event.at);
    }
    this.#write(printed);
    return this.#written;
  }

  close(): Promise<void> | void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#write(this.#printed.flush());
    return this.#written;
  }

  #tell(now: number): void {
    if (this.#progress.counter !== undefined) this.#written = this.#options.write(`${logLine(this.#progress, now)}\n`);
  }

  #write(text: string): void {
    const { write, clean = (text) => text } = this.#options;
    if (text !== "") this.#written = write(clean(text));
  }
}
