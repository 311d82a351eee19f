/** The bars that are open in this program, and how they are shown. */
import { isTerminal, setBottomOfTerminal, writeDirectly, writeToProgram } from "../printing.ts";
import { every, monotonicMs, type Timer } from "../timer.ts";
import { type BarLine, barLine, coloured, plain, plainLine } from "./bar_line.ts";
import { BottomLines, terminalSize } from "./bottom_lines.ts";

const DRAW_EVERY_MS = 100;
const TELL_EVERY_MS = 5000;
const encoder = new TextEncoder();

/** How bars are shown: drawn on a terminal, told in lines of a log, or not at all. */
export type Display = "bar" | "lines" | "none";

/** How a bar is shown when nobody says: drawn on a terminal, told in a log of CI, and otherwise not at all. */
export function usualDisplay(): Display {
  if (isSet("CI")) return "lines";
  if (!isTerminal(2)) return "none";
  return variable("TERM") === "dumb" ? "lines" : "bar";
}

/** Several bars at once, in the order in which they were opened. */
class OpenBars {
  readonly #bars = new Map<BarLine, Display>();
  #lines: BottomLines | undefined;
  #drawTimer: Timer | undefined;
  #tellTimer: Timer | undefined;

  open(bar: BarLine, display: Display): void {
    if (display === "none") return;
    this.#bars.set(bar, display);
    if (display === "lines") this.#tellTimer ??= unreferenced(every(TELL_EVERY_MS, () => this.#tell()));
    else {
      this.#lines ??= this.#takeBottom();
      this.#drawTimer ??= unreferenced(every(DRAW_EVERY_MS, () => this.#draw()));
      this.#draw();
    }
  }

  /** The last state of the bar stays, above what is still open. */
  close(bar: BarLine): void {
    const display = this.#bars.get(bar);
    if (display === undefined) return;
    this.#bars.delete(bar);
    if (display === "lines") tell(bar);
    else {
      this.#lines!.printAbove(`${this.#drawn(bar)}\n`);
      this.#draw();
    }
    this.#letGo();
  }

  #draw(): void {
    this.#lines!.draw(this.#shown("bar").map((bar) => this.#drawn(bar)));
  }

  #tell(): void {
    for (const bar of this.#shown("lines")) tell(bar);
  }

  #drawn(bar: BarLine): string {
    return barLine(bar, monotonicMs(), terminalSize().columns - 1, Deno.noColor ? plain : coloured);
  }

  #shown(display: Display): BarLine[] {
    return [...this.#bars].filter(([, how]) => how === display).map(([bar]) => bar);
  }

  #takeBottom(): BottomLines {
    const lines = new BottomLines({ size: terminalSize, write: (text) => writeDirectly(2, encoder.encode(text)) });
    setBottomOfTerminal(lines);
    return lines;
  }

  #letGo(): void {
    if (this.#shown("lines").length === 0) {
      this.#tellTimer?.cancel();
      this.#tellTimer = undefined;
    }
    if (this.#shown("bar").length > 0) return;
    this.#drawTimer?.cancel();
    this.#drawTimer = undefined;
    if (this.#lines !== undefined) setBottomOfTerminal(undefined);
    this.#lines = undefined;
  }
}

/** The bars of this program. */
export const openBars: Pick<OpenBars, "open" | "close"> = new OpenBars();

function tell(bar: BarLine): void {
  writeToProgram(2, encoder.encode(`${plainLine(bar, monotonicMs())}\n`));
}

/** A bar is for looking at the work, and no reason for the program to go on. */
function unreferenced(timer: Timer): Timer {
  timer.setReferenced(false);
  return timer;
}

function isSet(name: string): boolean {
  return !["", "false", "0"].includes(variable(name) ?? "");
}

/** A variable of the environment, when the program may read it. */
function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}
