/** Writes the cells of a table. */

/** How cells are written. */
export interface CellStyle {
  readonly delimiter: string;
  /** Whether a cell with a delimiter or a line break is quoted; where not, it cannot be written. */
  readonly isQuoted: boolean;
  /** Whether a text that a spreadsheet would take for a formula gets an apostrophe in front. */
  readonly isSafe: boolean;
}

/** The style of a format; `isSafe` is what `--csv-safe` says. */
export function cellStyle(output: "csv" | "tsv", isSafe: boolean): CellStyle {
  return { delimiter: output === "csv" ? "," : "\t", isQuoted: output === "csv", isSafe };
}

/** One row, with its line break; never a blank line, which is not a row to those who read tables. Throws TypeError for what cannot be written. */
export function rowText(cells: readonly unknown[], style: CellStyle): string {
  const text = cells.map((cell) => cellText(cell, style)).join(style.delimiter);
  return (text === "" ? onlyEmptyCell(cells.length, style) : text) + "\n";
}

function onlyEmptyCell(count: number, { isQuoted }: CellStyle): string {
  if (count === 0) {
    throw new TypeError("Cannot write a row: the result has no fields, so the row would be a blank line");
  }
  if (isQuoted) return '""';
  throw new TypeError("Cannot write a row: its only cell is empty, so it would be a blank line, wanted --out csv");
}

function cellText(value: unknown, { delimiter, isQuoted, isSafe }: CellStyle): string {
  if (value === undefined || value === null) return "";
  const plain = typeof value === "object" ? JSON.stringify(value) : String(value);
  const text = isSafe && typeof value === "string" ? withoutFormula(plain) : plain;
  if (isQuoted) return needsQuotes(text, delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  if (!/[\t\n\r]/.test(text) && !text.includes(delimiter)) return text;
  throw new TypeError("Cannot write a row: there is a tab or a line break in a cell, wanted --out csv");
}

/** What a text was before it was written as a cell. */
export function originalText(cell: string, { isSafe }: CellStyle): string {
  const text = cell.slice(1);
  return isSafe && cell.startsWith("'") && withoutFormula(text) === cell ? text : cell;
}

function needsQuotes(text: string, delimiter: string): boolean {
  return text.includes(delimiter) || /["\r\n]|^\s|\s$/.test(text);
}

/** What spreadsheets take for formulas begins with these; a number with a sign is not a formula. */
function withoutFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
}
