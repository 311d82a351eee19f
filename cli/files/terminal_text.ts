/** What others wrote, made fit for a terminal. */

import { stripVTControlCharacters } from "node:util";
import { UNSAFE } from "../errors/foreign_text.ts";

// deno-lint-ignore no-control-regex
const COLOUR = /(\x1b\[[\d;]*m)/;
/** What is left when the sequences are gone; lines and tabs may stay. */
const UNSAFE_CHARACTERS = new RegExp(`(?![\t\n])[${UNSAFE}]`, "g");

/**
 * Leaves colours in a text and takes out everything else that moves the cursor or changes the terminal: tasks need not
 * be trusted, nor who wrote an input, and a bar is gone when they clear the screen.
 */
export function sanitizeForTerminal(text: string): string {
  const parts = text.split(COLOUR);
  const clean = parts.map((part, at) =>
    at % 2 === 1 ? part : stripVTControlCharacters(part).replaceAll(UNSAFE_CHARACTERS, "")
  );
  return clean.join("") + (parts.length > 1 ? "\x1b[0m" : "");
}
