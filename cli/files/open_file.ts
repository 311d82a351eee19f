import { UsageError } from "../errors/usage_error.ts";

/** Opens a file. Throws UsageError with the file's name. */
export async function openFile(path: string, options: Deno.OpenOptions = { read: true }): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, options);
  } catch (cause) {
    throw new UsageError(`Cannot ${options.write ? "write" : "open"} ${path}: ${(cause as Error).message}`);
  }
}
