/** What is typed behind `-e`: the text of a module, and places in it. See `docs/decisions/command.md`. */

/** A function that evaluates a text: the module alone evaluates nothing. */
const MAKE = '(async()=>{"use strict";const $default=';

/** Whether a text may import something while it runs. */
export function isImporting(source: string | null): source is string {
  return source !== null && /\bimport\s*\(/.test(source);
}

/** The module of a text, as a URL. The text begins in a line of its own: columns in it are those that were typed. */
export function inlineModule(source: string): string {
  const text = `export default${isImporting(source) ? inFunction(source) : `\n${source}`}`;
  return `data:application/typescript,${encodeURIComponent(text)}`;
}

/** A function that evaluates the text, which begins in the second line. */
export function inFunction(source: string): string {
  return `${MAKE}\n${source}\n;return $default})`;
}

/** What Deno shows of a module that it cannot read: the line, and below it a mark. */
const EXCERPT = /^( *\|\n *)(\d+)( \| .*\n *\| +[~^])/gm;
/** The URL may be shortened in its middle. No colon of the text is in it as such. */
const MODULE_PLACE = /data:application\/typescript,export%20default[^\s:]*:(\d+):(\d+)/g;
/** Of a script that was evaluated, as Deno writes it. */
const SCRIPT_PLACE = /-e, <anonymous>:(\d+):(\d+)/g;
/** Of what Deno made of types that cannot just be left out: lines and columns are others. */
const COMPILED_PLACE = /-e-compiled, <anonymous>:\d+:\d+/g;
/** What Deno shows of a text that ends too early: the line behind it. */
const END = /(?:, got '[^'\n]*')?\n *\|\n *\d+ \| ;return \$default\}\)\n[^\n]*\n *at -e:(\d+):\d+/;

/** A message or frames, with places in what was typed in place of those in what was made of it. */
export function withOwnPlaces(text: string): string {
  if (!/-e|data:application\/typescript/.test(text)) return text;
  const excerpts = text.replaceAll(
    EXCERPT,
    (_, start, row, rest) => start + lineAbove(row).padStart(row.length) + rest,
  );
  return withPlacesInPrints(excerpts)
    .replace(END, (_, row) => `, got the end of -e\n    at -e:${lineAbove(row)}`)
    .replaceAll(/\$default (?=\(-e)/g, "default ");
}

/** What a worker printed, which is left alone but for places: errors that a function prints have them. */
export function withPlacesInPrints(text: string): string {
  if (!/data:application\/typescript,|-e(?:-compiled)?, <anonymous>:/.test(text)) return text;
  return text
    .replaceAll(MODULE_PLACE, (_, row, column) => `-e:${lineAbove(row)}:${column}`)
    .replaceAll(SCRIPT_PLACE, (_, row, column) => `-e:${lineAbove(row)}:${column}`)
    .replaceAll(COMPILED_PLACE, "-e");
}

function lineAbove(row: string): string {
  return String(Number(row) - 1);
}
