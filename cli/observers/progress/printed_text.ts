/** What tasks print, made fit for a terminal. */

import { stripVTControlCharacters } from "node:util";

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
