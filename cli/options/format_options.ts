/** Which formats are read and written, by flags and by the names of files. */

import { nameForPeople } from "../errors/foreign_text.ts";
import { UsageError } from "../errors/usage_error.ts";
import type { CliMapOptions, InputFormat, OutputFormat, TableFormat } from "./cli_map_options.ts";
import { MAP_FLAGS } from "./map_flags.ts";
import type { ParsedFlags } from "./parse_flags.ts";
import { wholeNumber } from "./quantities.ts";

const BY_EXTENSION: Readonly<Record<string, InputFormat & OutputFormat>> = {
  ndjson: "ndjson",
  jsonl: "ndjson",
  json: "json",
  csv: "csv",
  tsv: "tsv",
  tab: "tsv",
};

/** What the flags and names say of formats. Throws UsageError where they do not fit together. */
export function formatOptions(
  flags: ParsedFlags,
  files: readonly string[],
): Pick<
  CliMapOptions,
  "input" | "table" | "columns" | "skippedLines" | "encoding" | "output" | "csvSafe" | "tagged" | "batch"
> {
  refusePackedOutput(flags.value("output") ?? "");
  const input = choice<InputFormat>(flags, "in") ?? formatOfFiles(files) ?? "ndjson";
  const output = choice<OutputFormat>(flags, "out") ?? outputFormatOf(flags.value("output") ?? "");
  const isTable = input === "csv" || input === "tsv";
  if (!isTable) refuseTableFlags(flags, input);
  const hasHeader = !flags.has("no-header");
  const columns = columnList(flags.value("columns"));
  const tagged = flags.has("tag");
  if (tagged && (output === "raw" || output === "csv" || output === "tsv")) {
    throw new UsageError(`Cannot use --tag with --out ${output}: ndjson, json, lines or nul is wanted`);
  }
  if (columns !== null && hasHeader && output !== "csv" && output !== "tsv") {
    throw new UsageError("Cannot use --columns: it is for --out csv and tsv, or for an input with --no-header");
  }
  const batch = flags.value("batch");
  return {
    input,
    table: isTable ? tableFormat(flags, input, hasHeader) : undefined,
    columns,
    skippedLines: skippedLines(flags, input),
    encoding: encoding(flags.value("encoding")),
    output,
    csvSafe: flags.has("csv-safe"),
    tagged,
    batch: batch === undefined ? null : wholeNumber("batch", batch, 1),
  };
}

/** The format that a file's name says. */
function formatOf(name: string): (InputFormat & OutputFormat) | undefined {
  const [, extension] = /\.([a-z]+)$/.exec(name.toLowerCase().replace(/\.gz$/, "")) ?? [];
  return extension !== undefined && Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined;
}

/** Files of other programs, which nobody means by a name of ours. */
const FOREIGN = /\.(xlsx?|xlsm|ods|parquet|arrow|feather|orc|avro|sqlite3?|db|duckdb|xml|ya?ml|html?|pdf)$/i;

/** Throws UsageError for a name that says another format than there is. With `--out` it is the user who says. */
function outputFormatOf(name: string): OutputFormat {
  const [foreign] = FOREIGN.exec(name) ?? [];
  if (foreign === undefined) return formatOf(name) ?? "ndjson";
  throw new UsageError(
    `Cannot write ${nameForPeople(name)}: results are not written as ${foreign.toLowerCase()}, wanted a name with ` +
      `.csv, .tsv, .json or .ndjson, or --out FORMAT`,
  );
}

/** The next program would take the file for what its name says. */
function refusePackedOutput(name: string): void {
  const [, extension] = /\.(gz|zst|bz2|xz|zip)$/.exec(name.toLowerCase()) ?? [];
  if (extension === undefined) return;
  throw new UsageError(
    `Cannot write ${
      nameForPeople(name)
    }: results are not packed, wanted another name, or a pipe like corral map … | gzip > FILE`,
  );
}

function formatOfFiles(files: readonly string[]): InputFormat | undefined {
  const formats = new Set(files.filter((file) => file !== "-").map(formatOf));
  if (formats.size <= 1) return [...formats][0];
  throw new UsageError(
    `Cannot tell the format of the input: by their names the files are ${
      [...formats].map((format) => format ?? "ndjson").join(" and ")
    }, wanted --in FORMAT`,
  );
}

function choice<T extends string>(flags: ParsedFlags, long: string): T | undefined {
  const text = flags.value(long);
  const choices = MAP_FLAGS.find((flag) => flag.long === long)!.value!.choices!;
  if (text === undefined || choices.includes(text)) return text as T | undefined;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} as --${long}: one of ${choices.join(", ")} is wanted`);
}

function refuseTableFlags(flags: ParsedFlags, input: InputFormat): void {
  for (const flag of ["no-header", "delimiter", "quote", "comments", "infer"]) {
    if (flags.has(flag)) throw new UsageError(`Cannot use --${flag}: it is for --in csv and tsv, not for ${input}`);
  }
}

function tableFormat(flags: ParsedFlags, input: "csv" | "tsv", hasHeader: boolean): TableFormat {
  const delimiter = character(flags, "delimiter") ?? (input === "csv" ? "," : "\t");
  const given = flags.value("quote");
  const quote = given === undefined
    ? (input === "csv" ? '"' : null)
    : given === "none"
    ? null
    : character(flags, "quote")!;
  if (delimiter === quote) {
    throw new UsageError(
      given === undefined
        ? `Cannot use '${quote}' as --delimiter: fields are quoted with it, wanted another one, or --quote none`
        : `Cannot use '${quote}' as --quote: it is the delimiter, too`,
    );
  }
  const comments = flags.value("comments") ?? null;
  if (comments?.startsWith(delimiter) || (quote !== null && comments?.startsWith(quote))) {
    throw new UsageError(
      `Cannot use ${JSON.stringify(comments)} as --comments: rows begin so, too, where their first field is ${
        comments!.startsWith(delimiter) ? "empty" : "quoted"
      }`,
    );
  }
  return { dialect: { delimiter, quote, comments }, hasHeader, infers: flags.has("infer") };
}

/** One ASCII character that ends no line. */
function character(flags: ParsedFlags, long: string): string | undefined {
  const text = flags.value(long);
  if (text === undefined) return undefined;
  const meant = text === "\\t" || text === "tab" ? "\t" : text;
  // deno-lint-ignore no-control-regex -- a delimiter may be one, as in exports of databases
  if (/^[\x01-\x09\x0b\x0c\x0e-\x7f]$/.test(meant)) return meant;
  throw new UsageError(
    `Cannot use ${JSON.stringify(text)} as --${long}: one ASCII character is wanted, like ';' or tab`,
  );
}

function columnList(text: string | undefined): readonly string[] | null {
  if (text === undefined) return null;
  const names = text.split(",");
  if (names.includes("")) throw new UsageError(`Cannot use ${JSON.stringify(text)} as --columns: a name is missing`);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return names;
  throw new UsageError(`Cannot use --columns: ${JSON.stringify(twice)} is named twice`);
}

function skippedLines(flags: ParsedFlags, input: InputFormat): number {
  const text = flags.value("skip-lines");
  if (text === undefined) return 0;
  if (input === "json") {
    throw new UsageError("Cannot use --skip-lines: it is not for --in json, whose lines mean nothing");
  }
  return wholeNumber("skip-lines", text, 0);
}

function encoding(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  try {
    return new TextDecoder(name).encoding;
  } catch {
    throw new UsageError(
      `Cannot use ${
        JSON.stringify(name)
      } as --encoding: it is not a known encoding, wanted one like latin1, utf-16le or shift_jis`,
    );
  }
}
