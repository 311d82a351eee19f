/** What stops the command, with a message for its user: no stack is of any use. */
export abstract class CliError extends Error {}

/** An input cannot be opened or read, or is no such input at all. */
export class InputError extends CliError {
  /** Always the class's own name. */
  override name = "InputError";
}

// deno-lint-ignore no-control-regex -- those are what is escaped
const DRIVES = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/**
 * What a file, or anything else that a stranger may have named, is called in messages. A name may hold whatever its maker liked, and
 * `*.csv` takes them all: what would break the line, or drive the terminal, is written as in JSON.
 */
export function nameForPeople(name: string): string {
  if (name === "-") return "stdin";
  return DRIVES.test(name) ? escaped(name) : name;
}

function escaped(text: string): string {
  return JSON.stringify(text).replaceAll(
    new RegExp(DRIVES, "g"),
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Why a file cannot be opened, read or written. Deno says its path once more, as it is: that is left out. And what it advises would come behind
 * "corral map", where it is for workers.
 */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return `${cause}`;
  const [, kind] = /^Requires (\w+) access to .*, run again with the --allow-\w+ flag$/s.exec(cause.message) ?? [];
  if (kind === undefined) return cause.message.replace(/: \w+ '.*$/s, "");
  const flag = kind === "all" ? "-A, without which Deno opens no such file" : `--allow-${kind} for it`;
  return `this command was not given ${flag}, install it with that`;
}
