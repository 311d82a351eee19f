/** What is typed behind `-e`: the text of a module, and places in it. See `docs/decisions/command.md`. */

const DEFAULT = "export default";
/** A function that evaluates a text: the module alone evaluates nothing. Told from any text by the blank that is not there behind `default`. */
const MAKE = '(async()=>{"use strict";const $default=';

/** Whether a text may import something while it runs. */
export function isImporting(source: string | null): source is string {
  return source !== null && /\bimport\s*\(/.test(source);
}

/** The module of a text, as a URL. */
export function inlineModule(source: string): string {
  const text = DEFAULT + (isImporting(source) ? inFunction(source) : ` ${source}`);
  return `data:application/typescript,${encodeURIComponent(text)}`;
}

/** A function that evaluates the text. */
export function inFunction(source: string): string {
  return `${MAKE}${source}\n;return $default})`;
}

/** The line that Deno shows of a module that it cannot read, and what marks the place below it. */
const MODULE_LINE = /^(1 \| )(export default(?: |\(async\(\)=>\{"use strict";const \$default=))(.*\n\s*\| )( *)/m;
/** The URL may be shortened in its middle. */
const MODULE_PLACE = /data:application\/typescript,export%20default(\(?)\S*?:(\d+):(\d+)/g;
/** Of a script that was evaluated, as Deno writes it. */
const SCRIPT_PLACE = /-e, <anonymous>:(\d+):(\d+)/g;
/** Where types were taken out, lines and columns are others. */
const COMPILED_PLACE = /-e-compiled, <anonymous>:\d+:\d+/g;
/** What Deno shows of a text that ends too early: the line behind it. */
const END = /(?:, got '[^'\n]*')?\n\s*\|\n\d+ \| ;return \$default\}\)\n[^\n]*\n\s*at -e:\d+:\d+/;

/** A message or frames, with places in what was typed in place of those in what was made of it. */
export function withOwnPlaces(text: string): string {
  if (!/-e|data:application\/typescript/.test(text)) return text;
  return text
    .replace(MODULE_LINE, (_, start, before, line, blanks) => start + line + blanks.slice(before.length))
    .replaceAll(MODULE_PLACE, (_, isMake, row, column) => {
      return place(row, column, DEFAULT.length + (isMake === "" ? 1 : MAKE.length));
    })
    .replaceAll(SCRIPT_PLACE, (_, row, column) => place(row, column, MAKE.length))
    .replaceAll(COMPILED_PLACE, "-e")
    .replace(END, ", got the end of -e")
    .replaceAll(/\$default (?=\(-e)/g, "default ");
}

function place(row: string, column: string, before: number): string {
  return `-e:${row}:${row === "1" ? Number(column) - before : column}`;
}
