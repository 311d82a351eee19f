import { reasonOf } from "../errors/cli_error.ts";
import { nameForPeople } from "../errors/foreign_text.ts";
import { UsageError } from "../errors/usage_error.ts";

/** Opens a file. Throws UsageError with the file's name. */
export async function openFile(path: string, options: Deno.OpenOptions = { read: true }): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, options);
  } catch (cause) {
    throw new UsageError(`Cannot ${options.write ? "write" : "open"} ${nameForPeople(path)}: ${reasonOf(cause)}`);
  }
}
