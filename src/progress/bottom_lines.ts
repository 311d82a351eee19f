/** Lines that stay at the bottom of a terminal, below all that is printed. */
import { fit } from "./bar_line.ts";

const USUAL_SIZE = { columns: 80, rows: 24 };

/** Where lines are drawn. */
export interface Terminal {
  /** How large it is now. */
  size(): { readonly columns: number; readonly rows: number };
  /** Writes all of the text; never throws. */
  write(text: string): void;
}

/**
 * How large the program's terminal is. One that does not say it, as those that containers and test programs make, is taken for a usual one:
 * asked, it has no columns at all.
 *
 * @param ask Asks the terminal; may throw.
 * @returns At least one column and one row; 80 and 24 where it is not known.
 *
 * @example
 * ```ts
 * import { terminalSize } from "@corral/multiprocessing/progress/parts";
 *
 * console.log("━".repeat(terminalSize().columns));
 * ```
 */
export function terminalSize(
  ask: () => { columns: number; rows: number } = Deno.consoleSize,
): { columns: number; rows: number } {
  try {
    const { columns, rows } = ask();
    return { columns: columns || USUAL_SIZE.columns, rows: rows || USUAL_SIZE.rows };
  } catch {
    return USUAL_SIZE;
  }
}

/**
 * Draws lines, and prints above them. Each change leaves in one write, so that nothing flickers. The cursor stays visible, below the
 * lines: one that is hidden would stay so when the program is killed.
 *
 * @example
 * ```ts
 * import { BottomLines, terminalSize } from "@corral/multiprocessing/progress/parts";
 *
 * const encoder = new TextEncoder();
 * const lines = new BottomLines({
 *   size: terminalSize,
 *   write: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
 * });
 * if (Deno.stderr.isTerminal()) {
 *   lines.draw(["working …"]);
 *   lines.printAbove("one is done\n");
 *   lines.around(() => console.log("and so is another"));
 *   lines.release();
 * }
 * ```
 */
export class BottomLines {
  readonly #terminal: Terminal;
  #drawn: readonly string[] = [];

  /**
   * Draws nothing yet.
   *
   * @param terminal Where lines are drawn.
   */
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /**
   * Shows lines in place of those before.
   *
   * @param lines From top to bottom. Each is cut to the width of the terminal, and only as many are shown as fit.
   */
  draw(lines: readonly string[]): void {
    this.#replace("", lines);
  }

  /**
   * Prints above the lines.
   *
   * @param text Whole lines, with the last line break.
   */
  printAbove(text: string): void {
    this.#replace(text, this.#drawn);
  }

  /**
   * Takes the lines away, lets something else write, and draws them again below.
   *
   * @param write Writes whole lines; must not throw.
   */
  around(write: () => void): void {
    const lines = this.#drawn;
    this.#replace("", []);
    write();
    this.#replace("", lines);
  }

  /** Lets go of what is drawn: it stays where it is. */
  release(): void {
    this.#drawn = [];
  }

  #replace(text: string, lines: readonly string[]): void {
    const { columns, rows } = this.#terminal.size();
    // In the last column some terminals begin a new line already.
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => fit(line, columns - 1));
    const up = this.#drawn.length === 0 ? "" : `\x1b[${this.#drawn.length}A\r\x1b[J`;
    const all = up + text + shown.map((line) => `${line}\n`).join("");
    this.#drawn = shown;
    if (all !== "") this.#terminal.write(all);
  }
}
