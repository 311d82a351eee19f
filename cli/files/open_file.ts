import { UsageError } from "../errors/usage_error.ts";

/**
 * What an input is called in messages. A name may hold whatever its maker liked, and `*.csv` takes them all: what would break the
 * line, or drive the terminal, is written as in JSON.
 */
export function nameForPeople(input: string): string {
  if (input === "-") return "stdin";
  // deno-lint-ignore no-control-regex -- those are what is escaped
  return /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(input) ? escaped(input) : input;
}

function escaped(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Opens a file. Throws UsageError with the file's name. */
export async function openFile(path: string, options: Deno.OpenOptions = { read: true }): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, options);
  } catch (cause) {
    // Deno says the path once more, as it is.
    const reason = (cause as Error).message.replace(/: \w+ '.*$/s, "");
    throw new UsageError(`Cannot ${options.write ? "write" : "open"} ${nameForPeople(path)}: ${reason}`);
  }
}
