import { nameForPeople, reasonOf } from "../errors/cli_error.ts";
import { UsageError } from "../errors/usage_error.ts";

/** Opens a file. Throws UsageError with the file's name. */
export async function openFile(path: string, options: Deno.OpenOptions = { read: true }): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, options);
  } catch (cause) {
    throw new UsageError(`Cannot ${options.write ? "write" : "open"} ${nameForPeople(path)}: ${reasonOf(cause)}`);
  }
}

function reasonOf(cause: unknown): string {
  const { message } = cause as Error;
  const [, kind] = /^Requires (\w+) access to .*, run again with the --allow-\w+ flag$/s.exec(message) ?? [];
  // Deno says the path once more, as it is.
  if (kind === undefined) return message.replace(/: \w+ '.*$/s, "");
  // What Deno advises would come behind "corral map", where it is for workers.
  return `this command was not given ${
    kind === "all" ? "-A, without which Deno opens no such file" : `--allow-${kind} for it`
  }, install it with that`;
}
