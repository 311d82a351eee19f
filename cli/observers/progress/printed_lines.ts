/** What tasks print, in whole lines. */

/** So much of a line that does not end is kept back. */
const MAX_LINE_LENGTH = 64 * 1024;

/** Puts what several workers print together again, line by line. */
export class PrintedLines {
  readonly #rests = new Map<number | undefined, string>();

  /** Takes what one source printed; returns the lines that are whole now, with their ends. */
  add(source: number | undefined, text: string): string {
    const all = (this.#rests.get(source) ?? "") + text;
    const end = all.length > MAX_LINE_LENGTH ? all.length : all.lastIndexOf("\n") + 1;
    this.#rests.set(source, all.slice(end));
    return end === 0 || all[end - 1] === "\n" ? all.slice(0, end) : `${all}\n`;
  }

  /** The lines that were begun and will not be ended. */
  flush(): string {
    const rests = [...this.#rests.values()].filter((rest) => rest !== "");
    this.#rests.clear();
    return rests.map((rest) => `${rest}\n`).join("");
  }
}
