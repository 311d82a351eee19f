import { uninitializedName } from "../../deno_texts.ts";

/**
 * Globals of Deno whose names programs give to variables of their own. A function that is sent as text does not have these variables, and would
 * silently find the globals in their place: `name` is "" and `closed` is `false`, whatever they are around the function.
 */
const OUTER_NAMES = ["name", "closed", "location", "close", "prompt", "alert", "confirm"];

const ANY = new RegExp(`\\b(?:${OUTER_NAMES.join("|")})\\b`);

/** Those that a text has as variables. Where it calls one, or asks whether there is one, the global is meant. */
export function outerNamesIn(source: string): string[] {
  if (!ANY.test(source)) return [];
  return OUTER_NAMES.filter((name) =>
    new RegExp(`(?<![.\\w$])${name}(?![\\w$])`).test(source) &&
    !new RegExp(`(?:\\btypeof\\s+${name}(?![\\w$])|(?<![.\\w$])${name}\\s*(?:\\?\\.)?\\()`).test(source)
  );
}

/** Declares names so that a function in front of this finds none of them: they never get a value. */
export function withoutValue(names: readonly string[]): string {
  return names.length === 0 ? "" : `;let ${names.join()}`;
}

/** What an error about such a name says in other cases, of a variable that is not there. */
export function explainOuterName(message: string, source: string): string {
  const name = uninitializedName(message);
  return name !== undefined && outerNamesIn(source).includes(name) ? `${name} is not defined` : message;
}
