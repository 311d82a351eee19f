/** What stops the command, with a message for its user: no stack is of any use. */
export abstract class CliError extends Error {}

/** An input cannot be opened or read, or is no such input at all. */
export class InputError extends CliError {
  /** Always the class's own name. */
  override name = "InputError";
}

/**
 * Why a file cannot be opened, read or written. Deno says its path once more, as it is: that is left out. And what it advises would come behind
 * "corral map", where it is for workers. The words are those of Deno 2.9.6, which has no field for them; `tests/cli/input/files_test.ts` has it say them.
 */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return `${cause}`;
  const [, kind] = /^Requires (\w+) access to .*, run again with the --allow-\w+ flag$/s.exec(cause.message) ?? [];
  if (kind === undefined) return cause.message.replace(/: \w+ '.*$/s, "");
  const flag = kind === "all" ? "-A, without which Deno opens no such file" : `--allow-${kind} for it`;
  return `this command was not given ${flag}, install it with that`;
}
