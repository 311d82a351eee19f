/** What tasks print, made fit to stand above a bar. */

import { stripVTControlCharacters } from "node:util";

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

// deno-lint-ignore no-control-regex
const COLOUR = /(\x1b\[[\d;]*m)/;
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/**
 * Leaves colours in a text and takes out everything else that moves the cursor or changes the terminal: tasks need not
 * be trusted, and a bar is gone when they clear the screen.
 */
export function sanitizeForTerminal(text: string): string {
  const parts = text.split(COLOUR);
  const clean = parts.map((part, at) => at % 2 === 1 ? part : stripVTControlCharacters(part).replaceAll(CONTROL, ""));
  return clean.join("") + (parts.length > 1 ? "\x1b[0m" : "");
}
