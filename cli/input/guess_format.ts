import type { InputFormat } from "../options/cli_map_options.ts";

const decoder = new TextDecoder();

/**
 * The flags with which the beginning of an input could be read, for those who see that theirs are wrong; `undefined` if there
 * is nothing better than what was tried.
 */
export function guessFlags(sample: Uint8Array, tried: InputFormat): string | undefined {
  const flags = flagsFor(decoder.decode(sample));
  return flags === `--in ${tried}` ? undefined : flags;
}

function flagsFor(text: string): string {
  const [first = "", second = ""] = text.trimStart().split(/\r?\n/);
  if (isJson(first)) return first.startsWith("[") ? "--in json" : "--in ndjson";
  if (/^[[{]/.test(first)) return "--in json";
  if (text.includes("\0")) return "--in nul";
  const delimiter = ["\t", ",", ";", "|"].find((one) => first.includes(one) && second.includes(one));
  if (delimiter === undefined) return "--in lines";
  return delimiter === "\t" ? "--in tsv" : delimiter === "," ? "--in csv" : `--in csv --delimiter '${delimiter}'`;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
