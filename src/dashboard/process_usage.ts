/** Memory and processor time of worker processes, as far as this program may look. */

/** What a process uses. */
export interface Usage {
  readonly memoryMiB: number;
  /** Processor time so far. */
  readonly cpuMs: number;
}

const NO_USAGE: ReadonlyMap<number, Usage> = new Map();

/**
 * What each process uses; a process that cannot be looked at is left out.
 *
 * The system's `ps` is asked, when this program may run it. We rejected `/proc`, which Deno opens only to programs that may do everything, and
 * a question to the worker itself, which does not answer while a task computes.
 */
export async function usageOf(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> {
  if (pids.length === 0 || !mayRunPs()) return NO_USAGE;
  try {
    const args = ["-o", "pid=,rss=,time=", "-p", pids.join(",")];
    const { stdout } = await new Deno.Command("ps", { args, stdin: "null", stderr: "null" }).output();
    return parsePs(new TextDecoder().decode(stdout));
  } catch {
    return NO_USAGE; // There is no ps here, as on Windows.
  }
}

/** Reads what `ps -o pid=,rss=,time=` prints. */
export function parsePs(text: string): Map<number, Usage> {
  const usages = new Map<number, Usage>();
  for (const line of text.split("\n")) {
    const [, pid, kib, time] = /^\s*(\d+)\s+(\d+)\s+([\d:.-]+)\s*$/.exec(line) ?? [];
    if (time !== undefined) usages.set(Number(pid), { memoryMiB: Number(kib) / 1024, cpuMs: durationOf(time) });
  }
  return usages;
}

/** Milliseconds of `[[days-]hours:]minutes:seconds`. */
function durationOf(text: string): number {
  const [clock = "", days = "0"] = text.split("-").reverse();
  const seconds = clock.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
  return 1000 * (86_400 * Number(days) + seconds);
}

function mayRunPs(): boolean {
  return Deno.permissions.querySync({ name: "run", command: "ps" }).state === "granted";
}
