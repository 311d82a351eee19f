import { parseExact } from "../exact_json.ts";

/** What the rows of an output look like. Only the program knows, once it has the first result. */
export interface RowShape {
  /** The columns; `null` where results are lists, which make rows as they are. */
  readonly columns: readonly string[] | null;
  /** Whether the user told the columns: then a result may lack some. */
  readonly isFixed: boolean;
}

/** Of a result that is not a row, as much as an error shows. */
const MAX_SHOWN = 200;

/** The cells of a result. Throws TypeError for one that is not a row of this output. See `docs/decisions/command.md`. */
export function cellsOf(value: unknown, { columns, isFixed }: RowShape): readonly unknown[] {
  if (Array.isArray(value)) return columns === null ? value : listedCells(value, columns);
  if (!isRecord(value)) {
    const text = JSON.stringify(value);
    const shown = text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
    throw new TypeError(`Cannot write a row: the result is ${shown}, an object or an array is wanted`);
  }
  if (columns === null) {
    throw new TypeError(
      "Cannot write a row: the result is an object, but the first one was an array, so there is no header",
    );
  }
  const extra = Object.keys(value).find((key) => !columns.includes(key));
  if (extra !== undefined) {
    const fault = isFixed ? "which is not in --columns" : "which the first result did not have, wanted --columns";
    throw new TypeError(`Cannot write a row: the result has the field "${extra}", ${fault}`);
  }
  return columns.map((column) => Object.hasOwn(value, column) ? value[column] : undefined);
}

/** Below a header, a list has its cells in the order of the columns; it may lack the last ones, as an object may lack fields. */
function listedCells(cells: readonly unknown[], columns: readonly string[]): readonly unknown[] {
  if (cells.length === columns.length) return cells;
  if (cells.length > columns.length) {
    throw new TypeError(
      `Cannot write a row: the result has ${cells.length} cells, and the output ${columns.length} columns`,
    );
  }
  return columns.map((_, at) => cells[at]);
}

/** Whether a value is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A result as it is once it has been JSON; `json` makes that. Most are already: going through text costs more than all else of a row. */
export function plainResult(value: unknown, json: (value: unknown) => string): unknown {
  return isPlain(value) ? value : parseExact(json(value));
}

function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && !Array.isArray(value)) return false;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return false;
  return Object.values(value).every((cell) =>
    typeof cell === "string" || typeof cell === "boolean" || cell === null || Number.isFinite(cell)
  );
}
