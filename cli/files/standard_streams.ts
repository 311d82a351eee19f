/** Whether stdin and stdout are there, and what is printed for people. See `docs/decisions/command.md`. */

import { InputError } from "../errors/cli_error.ts";
import { OutputError } from "../errors/output_error.ts";
import { writeResults } from "./run_file.ts";

/** Prints a text. Throws OutputError where it cannot be written, also where stdout was closed. */
export async function printText(text: string): Promise<void> {
  if (stateOf("stdout") === "closed") throw closedError("wanted one that is open");
  await writeResults(Deno.stdout, "-", new TextEncoder().encode(text));
}

/**
 * For results on stdout: throws OutputError where it was closed. Returns what to say where they go nowhere, and nothing shows that it is
 * meant.
 */
export function requireOpenStdout(): string | undefined {
  const state = stateOf("stdout");
  if (state === "closed") throw closedError("wanted one that is open, or -o FILE; -o /dev/null where none are wanted");
  return state === "open"
    ? undefined
    : "results go nowhere, stdout is closed or was opened as /dev/null by another program; -o /dev/null says that it is meant";
}

/** For records on stdin: throws InputError where it was closed. One that a program opened as /dev/null is empty. */
export function requireOpenStdin(): void {
  if (stateOf("stdin") !== "closed") return;
  throw new InputError(
    "Cannot read stdin: it is closed, wanted one that is open, or FILES; < /dev/null where there are no records",
  );
}

function closedError(wanted: string): OutputError {
  return new OutputError("-", new Error(`it is closed, ${wanted}`));
}

type Stream = "stdin" | "stdout";

const DESCRIPTORS: Readonly<Record<Stream, number>> = { stdin: 0, stdout: 1 };

/** Programs that close a stream when they are told to, and open /dev/null for reading or writing alone. */
const SHELLS = new Set(["sh", "bash", "dash", "ash", "zsh", "ksh", "ksh93", "mksh", "fish", "busybox"]);

/**
 * Deno opens /dev/null in place of a stream that is closed, for reading and writing, so that both succeed. Python's `DEVNULL` and
 * `stdio: "ignore"` of Node do the same, and mean it. So the process that started the command must tell which of them it is.
 */
function stateOf(stream: Stream): "open" | "closed" | "unknown" {
  if (Deno.build.os !== "linux") return "open";
  try {
    if (!isNullForBoth("self", stream)) return "open";
  } catch {
    // Not with fewer permissions than all.
    return "open";
  }
  try {
    return wasClosed(stream) ? "closed" : "unknown";
  } catch {
    // Somebody else's process.
    return "unknown";
  }
}

/** Whether a stream of a process is /dev/null, opened for reading and writing: its flags are octal digits. */
function isNullForBoth(pid: number | "self", stream: Stream): boolean {
  const descriptor = DESCRIPTORS[stream];
  return Deno.readLinkSync(`/proc/${pid}/fd/${descriptor}`) === "/dev/null" &&
    /^flags:\s*\d*2$/m.test(Deno.readTextFileSync(`/proc/${pid}/fdinfo/${descriptor}`));
}

/** Whether the stream was closed by the first process upwards that has another one. */
function wasClosed(stream: Stream): boolean {
  for (let pid = Deno.ppid; pid > 0; pid = parentOf(pid)) {
    try {
      if (!isNullForBoth(pid, stream)) return SHELLS.has(Deno.readTextFileSync(`/proc/${pid}/comm`).trim());
    } catch (error) {
      // It has none itself, as `timeout` behind `>&-`.
      if (error instanceof Deno.errors.NotFound) return true;
      throw error;
    }
  }
  return false;
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1] ?? 0);
}
