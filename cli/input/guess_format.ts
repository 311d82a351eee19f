import type { InputFormat } from "../options/cli_map_options.ts";

const DELIMITERS = ["\t", ",", ";", "|"];
/** So many lines may stand in front of a table. */
const MAX_PREAMBLE = 20;

/**
 * What would help with an input of which nothing can be read as it is tried, by its beginning: for the end of a message. It is
 * told, and not done: the same command would do different things to different files.
 */
export function remedyFor(sample: Uint8Array, tried: InputFormat): string {
  if (isBinary(sample)) {
    return "it does not look like text, wanted what a tool that knows its format makes of it, or the names of such files " +
      "as records: printf '%s\\n' FILES | corral map --in lines --allow-read=…";
  }
  const text = decoded(sample);
  if (text === undefined) return "it is not UTF-8, wanted --encoding NAME, such as latin1";
  const flags = flagsFor(text).replace(`--in ${tried} --`, "--");
  if (flags !== `--in ${tried}`) return `by its beginning, ${flags} is wanted`;
  // It is not the format: records are too long, for example, or have other columns than were told.
  return `though it begins as ${tried} does: what is said of the first record helps`;
}

/** Control characters that no text has, or bytes that no text ends with. */
function isBinary(sample: Uint8Array): boolean {
  return sample.some((byte) => byte < 32 && byte !== 0 && !(byte >= 7 && byte <= 13) && byte !== 27 && byte !== 30);
}

/** `undefined` if it is not UTF-8. The sample may end within a character. */
function decoded(sample: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(sample, { stream: true });
  } catch {
    return undefined;
  }
}

function flagsFor(text: string): string {
  const lines = text.trimStart().split(/\r?\n/, MAX_PREAMBLE + 2);
  const [first = ""] = lines;
  if (isJson(first)) return first.startsWith("[") ? "--in json" : "--in ndjson";
  if (/^[[{]/.test(first)) return "--in json";
  if (text.includes("\0")) return "--in nul";
  const at = lines.findIndex((line, at) =>
    at + 1 < lines.length && commonDelimiter(line, lines[at + 1]!) !== undefined
  );
  if (at < 0) return "--in lines";
  const delimiter = commonDelimiter(lines[at]!, lines[at + 1]!)!;
  const format = delimiter === "\t"
    ? "--in tsv"
    : delimiter === ","
    ? "--in csv"
    : `--in csv --delimiter '${delimiter}'`;
  // Blank lines in front of a table mean nothing, but are lines.
  const before = text.split(/\r?\n/).indexOf(lines[at]!);
  return at === 0 ? format : `${format} --skip-lines ${before}`;
}

/** What two lines have as often as each other. */
function commonDelimiter(one: string, other: string): string | undefined {
  return DELIMITERS.find((delimiter) => {
    const fields = one.split(delimiter).length;
    return fields > 1 && fields === other.split(delimiter).length;
  });
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
