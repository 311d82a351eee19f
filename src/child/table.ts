/** What `console.table()` prints, as lines of text. */

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;
const NO_WIDTH = /\p{Mark}/u;

type Row = readonly [index: string, value: unknown];

/** Draws rows of values as the console does; `undefined` if `data` has no rows. */
export function formatTable(data: unknown, columns?: readonly string[]): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  if (data instanceof Map) {
    const entries = [...data];
    return draw([
      ["(iter idx)", entries.map((_, index) => String(index))],
      ["Key", entries.map(([key]) => cell(key))],
      ["Values", entries.map(([, value]) => cell(value))],
    ]);
  }
  const isSet = data instanceof Set;
  const rows: Row[] = isSet ? [...data].map((value, index) => [String(index), value]) : Object.entries(data);
  return draw([[isSet ? "(iter idx)" : "(idx)", rows.map(([index]) => index)], ...valueColumns(rows, columns)]);
}

function valueColumns(rows: readonly Row[], wanted: readonly string[] | undefined): [string, string[]][] {
  const names = wanted ?? [...new Set(rows.flatMap(([, value]) => isRow(value) ? Object.keys(value) : []))];
  const columns = names.map((name): [string, string[]] => [
    name,
    rows.map(([, value]) => isRow(value) && Object.hasOwn(value, name) ? cell(value[name]) : ""),
  ]);
  if (rows.every(([, value]) => isRow(value))) return columns;
  return [...columns, ["Values", rows.map(([, value]) => isRow(value) ? "" : cell(value))]];
}

function isRow(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function cell(value: unknown): string {
  return Deno.inspect(value, { depth: 1, compact: true, breakLength: Infinity });
}

function draw(columns: readonly [string, string[]][]): string {
  const widths = columns.map(([head, cells]) => Math.max(...[head, ...cells].map(width)));
  const numeric = columns.map(([, cells]) => cells.every((text) => !Number.isNaN(Number(text))));
  const rule = (left: string, middle: string, right: string): string =>
    left + widths.map((size) => "─".repeat(size + 2)).join(middle) + right;
  const line = (texts: readonly string[], toRight: readonly boolean[]): string => {
    const padded = texts.map((text, column) => {
      const space = " ".repeat(widths[column]! - width(text));
      return toRight[column] ? space + text : text + space;
    });
    return `│ ${padded.join(" │ ")} │`;
  };
  return [
    rule("┌", "┬", "┐"),
    line(columns.map(([head]) => head), []),
    rule("├", "┼", "┤"),
    ...columns[0]![1].map((_, row) => line(columns.map(([, cells]) => cells[row]!), numeric)),
    rule("└", "┴", "┘"),
  ].join("\n");
}

/** Terminal columns, as far as the usual scripts go. */
function width(text: string): number {
  let sum = 0;
  for (const letter of text) sum += NO_WIDTH.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
  return sum;
}
