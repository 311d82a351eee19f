/** Shows how far a run is: a bar, plain lines, or nothing but what is printed. */

import type { CliMapOptions } from "../../options/cli_map_options.ts";
import type { RunObserver } from "../../records/run_events.ts";
import { PlainProgress } from "./plain_progress.ts";

/** How progress is shown. */
export interface ProgressOptions {
  /** What the user asked for. */
  readonly bar: CliMapOptions["bar"];
  /** The number of records, if the user told it. */
  readonly total?: number | undefined;
  /** Nothing but what tasks print. */
  readonly quiet?: boolean;
}

const PLAIN_EVERY_MS = 5000;

/** Builds what writes to stderr during a run: progress, and everything that is printed. */
export async function createProgress({ bar, total, quiet = false }: ProgressOptions): Promise<RunObserver> {
  const isTerminal = Deno.stderr.isTerminal();
  let written: Promise<void> = Promise.resolve();
  const print = {
    write: (text: string) => written = written.then(() => writeToStderr(text)),
    total,
    ...(isTerminal && { clean: (await import("../../files/terminal_text.ts")).sanitizeForTerminal }),
  };
  if (quiet || bar === "off" || bar === "auto" && !isTerminal) return new PlainProgress(print);
  if (!isTerminal || !await mayDraw()) return new PlainProgress({ ...print, everyMs: PLAIN_EVERY_MS });
  const { coloured, plain, terminalSize } = await import("@corral/multiprocessing/progress/parts");
  // NO_COLOR is about colours alone, see no-color.org.
  const paint = Deno.noColor ? plain : coloured;
  const { TerminalBar } = await import("./terminal_bar.ts");
  return new TerminalBar({ terminal: { size: terminalSize, write: writeNow }, full: bar === "full", total, paint });
}

const FULL_PIPE_WAIT_MS = 1;

/**
 * Writes all of a text to stderr; does nothing if nobody reads it any more: nothing that goes wrong there may end a run. Not at once: while a
 * reader stands still, Ctrl-C must be heard.
 */
export async function writeToStderr(
  text: string,
  stderr: Pick<typeof Deno.stderr, "write"> = Deno.stderr,
): Promise<void> {
  for (let rest = new TextEncoder().encode(text); rest.length > 0;) {
    try {
      rest = rest.subarray(await stderr.write(rest));
    } catch (error) {
      // The reader has gone. What failed is told by the joblog and the exit code, too.
      if (!(error instanceof Deno.errors.WouldBlock)) return;
      // Another process that shares the stream has made it non-blocking, and it is full.
      await new Promise((resolve) => setTimeout(resolve, FULL_PIPE_WAIT_MS));
    }
  }
}

/** The same for a terminal, whose bar is drawn at once; Ctrl-C has one that was stopped go on. */
function writeNow(text: string): void {
  for (let rest = new TextEncoder().encode(text); rest.length > 0;) {
    try {
      rest = rest.subarray(Deno.stderr.writeSync(rest));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT_MS);
    }
  }
}

/** The variables that say what a terminal can do. */
const VARIABLES = ["TERM", "CI"];

/** Whether the terminal takes a bar. Without permission to ask, it does not. */
async function mayDraw(): Promise<boolean> {
  for (const variable of VARIABLES) {
    if ((await Deno.permissions.query({ name: "env", variable })).state !== "granted") return false;
  }
  return ["", "false", "0"].includes(Deno.env.get("CI") ?? "") && Deno.env.get("TERM") !== "dumb";
}
