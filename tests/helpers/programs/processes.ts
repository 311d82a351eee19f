/** What the operating system knows about processes. A zombie counts as gone: it only waits to be looked at. */
import { kill } from "node:process";

const POLL_INTERVAL_MS = 40;
/** Every so many looks at a process that stays, `ps` is asked. */
const LOOKS_FOR_ZOMBIES = 5;
/** Far more than anything takes here, also on a busy machine. */
const GONE_LIMIT_MS = 30_000;

interface ProcessEntry {
  readonly pid: number;
  readonly ppid: number;
  readonly zombie: boolean;
}

/** All processes without the `ps` that looks. */
async function processes(): Promise<ProcessEntry[]> {
  const args = ["-A", "-o", "pid=,ppid=,stat="];
  const looking = new Deno.Command("ps", { args, stdin: "null", stdout: "piped", stderr: "null" }).spawn();
  const { stdout } = await looking.output();
  const found = new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
    const [pid, ppid, stat] = line.trim().split(/\s+/);
    return { pid: Number(pid), ppid: Number(ppid), zombie: stat!.startsWith("Z") };
  });
  return found.filter(({ pid }) => pid !== looking.pid);
}

/** The children of a process that run. */
export async function childrenOf(ppid: number): Promise<number[]> {
  return (await processes()).filter((one) => one.ppid === ppid && !one.zombie).map(({ pid }) => pid);
}

/** How many descriptors a process has open, as Linux tells. */
export async function descriptorsOf(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ls", { args: [`/proc/${pid}/fd`] }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").length;
}

/** Those of `pids` that run. */
export async function alive(pids: readonly number[]): Promise<number[]> {
  // To start `ps` costs half as much as to start a worker, and only it tells a zombie.
  const present = pids.filter(isPresent);
  if (present.length === 0) return [];
  return (await processes()).filter(({ pid, zombie }) => !zombie && present.includes(pid)).map(({ pid }) => pid);
}

function isPresent(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Waits until none of `pids` runs, for at most `withinMs`, and returns those that do. */
export async function survivors(pids: readonly number[], withinMs: number): Promise<number[]> {
  let left = [...pids];
  let looks = 0;
  await until(async () => {
    left = left.filter(isPresent);
    // Of those that stay, some may be zombies.
    if (left.length > 0 && ++looks % LOOKS_FOR_ZOMBIES === 0) left = await alive(left);
    return left.length === 0;
  }, withinMs);
  return await alive(left);
}

/** How many milliseconds it takes until none of `pids` runs. Throws if one stays. */
export async function msUntilGone(pids: readonly number[]): Promise<number> {
  const startedAt = performance.now();
  const left = await survivors(pids, GONE_LIMIT_MS);
  if (left.length > 0) throw new Error(`${left.join(", ")} of ${pids.join(", ")} run on`);
  return performance.now() - startedAt;
}

/** Polls until `condition` holds, for at most `withinMs`. Tells whether it did. For facts that send no message. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!await condition()) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
  return true;
}
