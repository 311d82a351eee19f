import { InputError } from "../errors/cli_error.ts";
import { nameForPeople } from "../errors/foreign_text.ts";
import { openFile } from "../files/open_file.ts";

/**
 * Throws before anything is done if one of the inputs is not there, or cannot be read: the last one of many, for example. Without files, stdin
 * is the input.
 */
export async function requireInputs(files: readonly string[]): Promise<void> {
  if ((files.length === 0 || files.includes("-")) && isStdinNull()) {
    (await import("../files/standard_streams.ts")).requireOpenStdin();
  }
  for (const file of files) {
    if (file === "-") continue;
    const kind = await kindOf(file);
    if (kind === "folder") throw new InputError(`Cannot read ${nameForPeople(file)}: it is a folder, wanted a file`);
    // A pipe waits for its writer when it is opened.
    if (kind !== "other") (await openFile(file)).close();
  }
}

/** Whether nothing comes on stdin, as far as the command may know: then somebody looks whether it was closed. */
function isStdinNull(): boolean {
  try {
    return Deno.build.os === "linux" && Deno.readLinkSync("/proc/self/fd/0") === "/dev/null";
  } catch {
    return false;
  }
}

async function kindOf(file: string): Promise<"file" | "folder" | "other" | "missing"> {
  try {
    const { isFile, isDirectory } = await Deno.stat(file);
    return isFile ? "file" : isDirectory ? "folder" : "other";
  } catch {
    return "missing";
  }
}
