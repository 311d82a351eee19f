/** What others wrote, as messages show it: a name and a record may hold whatever their makers liked. */

/**
 * The inside of a character class: what moves the cursor, begins a sequence that the terminal obeys, ends a line, or shows what follows in
 * another order.
 */
export const UNSAFE = "\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069";
const UNSAFE_CHARACTERS = new RegExp(`[${UNSAFE}]`, "g");
/** Text may have marks of direction; in a name they are what nobody sees. */
const UNSAFE_IN_NAMES = new RegExp(`[${UNSAFE}\\u061c\\u200e\\u200f]`, "g");

/**
 * What a file, or anything else that a stranger may have named, is called in messages: `*.csv` takes every name there is. What would break
 * the line, or drive the terminal, is written as in JSON.
 */
export function nameForPeople(name: string): string {
  if (name === "-") return "stdin";
  return name.search(UNSAFE_IN_NAMES) < 0 ? name : escaped(name);
}

function escaped(text: string): string {
  return JSON.stringify(text).replaceAll(
    UNSAFE_IN_NAMES,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const MAX_CHARACTERS = 200;
const decoder = new TextDecoder();

/** The beginning of a record, in one line that a terminal can show. */
export function excerptOf(record: Uint8Array): string {
  const text = decoder.decode(record.subarray(0, MAX_CHARACTERS * 4));
  const shown = text.slice(0, MAX_CHARACTERS);
  const isWhole = shown.length === text.length && record.length <= MAX_CHARACTERS * 4;
  return shown.replaceAll(UNSAFE_CHARACTERS, "\u00b7") + (isWhole ? "" : "…");
}
