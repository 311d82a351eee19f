/**
 * What it costs to build regular expressions: V8 parses each at once, and with the flags `u` or `v` it works out sets of characters. A property
 * of strings, such as `\p{RGI_Emoji}`, takes a millisecond, and 64 Ki characters hold five thousand of them.
 */

/** What all regular expressions of one value may cost, in about a microsecond each: so long a program may stand still. */
export const MAX_REGEXP_COST = 10_000;

const [SET_COST, PROPERTY_COST, STRINGS_COST] = [20, 130, 2000] as const;

/** Sets, classes, and properties with their names. Of the latter, those of strings begin with one of these. */
const COSTLY = /\[|\\[dDsSwW]|\\[pP](?:\{(RGI_|Basic_Emoji|Emoji_Keycap)?)?/g;

/** About how many microseconds it takes to build a regular expression, at most. */
export function regexpCost(source: string, flags: string): number {
  let cost = 1 + source.length / 64;
  if (!/[uv]/.test(flags)) return cost;
  for (const [found, strings] of source.matchAll(COSTLY)) {
    if (strings !== undefined) cost += STRINGS_COST;
    else cost += /^\\[pP]/.test(found) ? PROPERTY_COST : SET_COST;
  }
  return cost;
}
