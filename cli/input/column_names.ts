import { InputError } from "../errors/cli_error.ts";
import { nameForPeople } from "../errors/foreign_text.ts";
import type { TableDialect } from "../runner/tables/row_cursor.ts";
import { splitRow } from "../runner/tables/table_row.ts";

const OTHER_DELIMITERS = [";", "\t", "|", ","];

/**
 * The names of the columns, from the row that names them. One without a name is called by its letter, as in a spreadsheet, and
 * the second one of a name gets a number: both as csvkit does. The user is told.
 */
export function columnNames(
  text: string,
  dialect: TableDialect,
  input: string,
  warn: (text: string) => void,
): readonly string[] {
  const place = nameForPeople(input);
  const fields = headerFields(text, dialect, place);
  const taken = new Set(fields.filter((name) => name !== ""));
  const seen = new Set<string>();
  const names = fields.map((name, at) => {
    const wanted = name === "" ? letters(at) : name;
    const isFree = name === "" ? !taken.has(wanted) && !seen.has(wanted) : !seen.has(name);
    const chosen = isFree ? wanted : numbered(wanted, taken, seen);
    if (chosen !== name) {
      const fault = name === "" ? "has no name" : `is the second one called ${JSON.stringify(name)}`;
      warn(`the header of ${place}: column ${at + 1} ${fault}, it is read as ${JSON.stringify(chosen)}`);
    }
    seen.add(chosen);
    return chosen;
  });
  warnOfDelimiter(names, dialect, place, warn);
  return names;
}

function headerFields(text: string, dialect: TableDialect, place: string): string[] {
  if (text.includes("\r")) {
    throw new InputError(
      `Cannot read the header of ${place}: there is a carriage return in it, wanted rows that end in LF, like those of \`tr '\\r' '\\n'\``,
    );
  }
  if (/^(\{"|\[[{["\d])/.test(text)) {
    throw new InputError(`Cannot read the header of ${place}: it looks like JSON, wanted --in ndjson or --in json`);
  }
  try {
    return splitRow(text, dialect);
  } catch (error) {
    throw new InputError(`Cannot read the header of ${place}: ${(error as Error).message}`);
  }
}

function numbered(name: string, taken: ReadonlySet<string>, seen: ReadonlySet<string>): string {
  for (let number = 2;; number++) {
    const one = `${name}_${number}`;
    if (!taken.has(one) && !seen.has(one)) return one;
  }
}

/** `a` … `z`, `aa`, `ab` … */
function letters(at: number): string {
  const last = String.fromCharCode(97 + at % 26);
  return at < 26 ? last : letters(Math.floor(at / 26) - 1) + last;
}

function warnOfDelimiter(
  names: readonly string[],
  { delimiter }: TableDialect,
  place: string,
  warn: (text: string) => void,
): void {
  if (names.length > 1) return;
  const other = OTHER_DELIMITERS.find((one) => one !== delimiter && names[0]!.includes(one));
  if (other === undefined) return;
  const shown = other === "\t" ? "tab" : `'${other}'`;
  warn(`the header of ${place} has one column, ${JSON.stringify(names[0])}: is --delimiter ${shown} wanted?`);
}
