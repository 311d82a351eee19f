/**
 * A small child of the program that ends its workers when the program is gone.
 *
 * A worker leaves by itself when its stdin ends, unless its code is in a synchronous loop; only
 * another process can end it then. The reaper knows all pids, sees the program's end as the end of its
 * own stdin, waits a moment for the workers to leave, and kills the rest. We rejected a watching thread in each
 * worker: it doubles a worker's start time and memory. See `docs/decisions/ending.md`.
 */
import { after, type Timer, untilSettled } from "../timer.ts";
import { findDeno } from "./program/deno_executable.ts";
import { PipeFence } from "./pipe_fence.ts";
import { byShell, ignoring, suitsShell } from "./program/shell.ts";

const LEAVE_TIME_MS = 250;
const START_LIMIT_MS = 100;
// It may have been started just for that, on a machine that has much to do.
const KILL_LIMIT_MS = 10_000;
/** What ends a whole group, and may not end the reaper. */
const SIGNALS = ["INT", "QUIT", "HUP", "TERM", "TSTP"];

// Ctrl-C goes to the whole foreground group, and to end a service is to end its group; the reaper must outlive the program.
// Those that run already are in its text: a program that is killed before it could write to the new process has named them all the same.
const sourceFor = (pids: Iterable<number>): string => `
for (const signal of ["SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM"]) Deno.addSignalListener(signal, () => {});
function kill(pid) {
  try { Deno.kill(pid, "SIGKILL"); } catch { /* gone already, or a system without groups */ }
}
const pids = new Set(${JSON.stringify([...pids])});
const buffer = new Uint8Array(4096);
const decoder = new TextDecoder();
let rest = "";
for (let count; (count = await Deno.stdin.read(buffer)) !== null;) {
  const lines = (rest + decoder.decode(buffer.subarray(0, count))).split("\\n");
  rest = lines.pop();
  for (const line of lines) {
    const pid = Number(line.slice(1));
    if (line[0] === "?") Deno.stdout.writeSync(new Uint8Array(1));
    else if (line[0] === "+") pids.add(pid);
    else pids.delete(pid);
    if (line[0] === "!") kill(-pid);
  }
}
if (pids.size > 0) await new Promise((resolve) => setTimeout(resolve, ${LEAVE_TIME_MS}));
for (const pid of pids) {
  kill(pid);
  kill(-pid);
}`;

/** The share that one pool or process has in the program's reaper. */
export interface ReaperShare {
  /** Has `pid` killed when the program vanishes. Says whether it leads a process group of its own. */
  watch(pid: number, leadsGroup: boolean): void;
  /** Forgets a pid that has ended. */
  unwatch(pid: number): void;
  /**
   * Kills what a worker that has ended started and left behind: its group, which is named after it. A command that made itself a group or
   * session of its own is no longer in it.
   */
  killGroup(pid: number): void;
  /** Starts the reaper process, if it does not run. */
  start(): void;
  /** The same in the next turn of the event loop: what is told now comes first. */
  startSoon(): void;
  /** See {@linkcode PipeFence.passed}: the reaper is the process that is asked. */
  fence(): Promise<boolean>;
  /** Gives the share back; with the last one the reaper ends, and the promise waits for that. */
  release(): Promise<void>;
}

/** Kills the workers that a program leaves behind. Everybody who starts workers has a share in it, since it costs a process. */
export class Reaper {
  /** Whom it watches, and whether each leads a group of its own. */
  readonly #pids = new Map<number, boolean>();
  #shares = 0;
  #child: Deno.ChildProcess | undefined;
  /** Whether the child is in a session of its own. */
  #isDetached = false;
  /** The end of one that was not, and had to be. */
  #replaced: Promise<unknown> = Promise.resolve();
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  // A Deno that cannot run it would be started for ever.
  #restartsLeft = 10;
  #startTimer: Timer | undefined;
  #fence: PipeFence | undefined;
  #isKilling = false;

  /** Takes a share. The first that starts a process decides with which Deno. */
  share(denoPath?: string): ReaperShare {
    this.#shares++;
    let released = false;
    return {
      watch: (pid, leadsGroup) => {
        this.#pids.set(pid, leadsGroup);
        if (leadsGroup && this.#child !== undefined && !this.#isDetached) return this.#replace(denoPath);
        this.#tell(`+${pid}\n`);
        this.#startAfter(START_LIMIT_MS, denoPath);
      },
      unwatch: (pid) => {
        this.#pids.delete(pid);
        this.#tell(`-${pid}\n`);
      },
      killGroup: (pid) => this.#killGroup(pid, denoPath),
      start: () => this.#start(denoPath),
      startSoon: () => {
        this.#startTimer?.cancel();
        this.#startTimer = undefined;
        this.#startAfter(0, denoPath);
      },
      fence: () => this.#fence?.passed() ?? Promise.resolve(false),
      release: async () => {
        if (released) return;
        released = true;
        this.#shares--;
        if (this.#shares === 0) await this.#stop();
      },
    };
  }

  #killGroup(pid: number, denoPath: string | undefined): void {
    if (Deno.permissions.querySync({ name: "run" }).state === "granted") return killGroup(pid);
    // A program that may run Deno alone may signal its own children only. The reaper may.
    this.#start(denoPath);
    this.#tell(`!${pid}\n`);
    this.#isKilling = true;
  }

  /** A worker may never become ready, and loop for ever before. */
  #startAfter(ms: number, denoPath: string | undefined): void {
    if (this.#child !== undefined || this.#startTimer !== undefined) return;
    this.#startTimer = after(ms, () => {
      if (this.#pids.size > 0) this.#start(denoPath);
    });
    this.#startTimer.setReferenced(false);
  }

  #start(denoPath: string | undefined): void {
    this.#startTimer?.cancel();
    this.#startTimer = undefined;
    if (this.#child !== undefined) return;
    let child: Deno.ChildProcess;
    try {
      child = this.#spawn(denoPath);
    } catch {
      // It is a safety net: what goes wrong with it is not the fault of the workers. The next worker tries again.
      return;
    }
    child.unref();
    this.#child = child;
    const writer = this.#writer = child.stdin.getWriter();
    const fence = this.#fence = new PipeFence(() => tell(writer, "?\n"));
    hearEchoes(child.stdout.getReader(), fence);
    child.status.then(() => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#writer?.abort().catch(() => {});
      if (this.#pids.size > 0 && this.#restartsLeft-- > 0) this.#start(denoPath);
    });
  }

  /** Puts one with a session of its own into the place of one without. */
  #replace(denoPath: string | undefined): void {
    const [child, writer] = [this.#child!, this.#writer!];
    this.#child = undefined;
    this.#start(denoPath);
    if (this.#child === undefined) {
      this.#child = child;
      return;
    }
    this.#replaced = endNow(child, writer);
  }

  #spawn(denoPath: string | undefined): Deno.ChildProcess {
    const path = findDeno(denoPath);
    const args = [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--no-lock",
      "--cached-only",
      "--allow-run",
      `data:text/javascript,${encodeURIComponent(sourceFor(this.#pids.keys()))}`,
    ];
    const env = { DENO_NO_UPDATE_CHECK: "1" };
    // The listeners in its text come too late: a signal to the whole group while the reaper loads would end it with the program, and leave a
    // worker in an endless loop to nobody. A signal that nothing can ignore ends all of the group at once, and so those who lead another need
    // a reaper that is not in it.
    this.#isDetached = !suitsShell(path, env) || [...this.#pids.values()].includes(true);
    const command = this.#isDetached ? { path, args } : byShell(ignoring(SIGNALS), { path, args });
    return new Deno.Command(command.path, {
      args: [...command.args],
      clearEnv: true,
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      detached: this.#isDetached,
    }).spawn();
  }

  #tell(line: string): void {
    if (this.#writer !== undefined) tell(this.#writer, line);
  }

  async #stop(): Promise<void> {
    this.#startTimer?.cancel();
    this.#startTimer = undefined;
    const child = this.#child;
    if (child === undefined) return;
    child.ref();
    if (this.#isKilling) {
      this.#isKilling = false;
      await untilSettled(this.#fence!.passed(), { timeoutMs: KILL_LIMIT_MS });
      if (this.#shares > 0 || this.#child !== child) return;
    }
    this.#child = undefined;
    // It watches nothing any more; and a program that was given as `denoPath` may not end by itself.
    await Promise.all([endNow(child, this.#writer!), this.#replaced]);
  }
}

/** Ends a reaper before it sees the end of its stdin, by which it would end whom it watches. */
async function endNow(child: Deno.ChildProcess, writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended.
  }
  await child.status;
  writer.abort().catch(() => {});
}

function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left of it, or the system has no groups.
  }
}

function tell(writer: WritableStreamDefaultWriter<Uint8Array>, line: string): void {
  writer.write(new TextEncoder().encode(line)).catch(() => {});
}

async function hearEchoes(reader: ReadableStreamDefaultReader<Uint8Array>, fence: PipeFence): Promise<void> {
  while (true) {
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
    if (value !== undefined) fence.heard(value.length);
    if (done) return fence.break();
  }
}

/** The one reaper of this program. */
export const programReaper: Reaper = new Reaper();
