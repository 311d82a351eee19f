/** What others wrote, made fit for a terminal. */

import { stripVTControlCharacters } from "node:util";

// deno-lint-ignore no-control-regex
const COLOUR = /(\x1b\[[\d;]*m)/;
/** Those that are left when the sequences are gone, and those that show what follows in another order or on another line. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Leaves colours in a text and takes out everything else that moves the cursor or changes the terminal: tasks need not
 * be trusted, nor who wrote an input, and a bar is gone when they clear the screen.
 */
export function sanitizeForTerminal(text: string): string {
  const parts = text.split(COLOUR);
  const clean = parts.map((part, at) => at % 2 === 1 ? part : stripVTControlCharacters(part).replaceAll(CONTROL, ""));
  return clean.join("") + (parts.length > 1 ? "\x1b[0m" : "");
}
