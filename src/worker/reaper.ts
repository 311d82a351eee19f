/**
 * A small child of the program that ends its workers when the program is gone.
 *
 * A worker leaves by itself when the pipe of its messages ends, unless its code is in a synchronous loop; only
 * another process can end it then. The reaper, a shell where the program may run `/bin/sh` and a Deno elsewhere, knows all pids, sees the
 * program's end as the end of its own stdin, waits a moment for the workers to leave, and kills the rest. We rejected a watching thread in each
 * worker: it doubles a worker's start time and memory. See `docs/decisions/ending.md`.
 */
import { after, inMicrotask, type Timer, untilSettled } from "../timer.ts";
import { PipeFence } from "./pipe_fence.ts";
import { mayUseShell } from "./program/shell.ts";
import { endOf } from "./program/spawn.ts";
import { reaperProgram } from "./reaper_program.ts";

const START_LIMIT_MS = 100;
// It may have been started just for that, on a machine that has much to do.
const KILL_LIMIT_MS = 10_000;

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
        if (this.#child === undefined) this.#startBehind(denoPath);
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

  /**
   * Starts it behind the workers that are started in this turn. A Deno would delay them, but one may never become ready, and loop for ever
   * before.
   */
  #startBehind(denoPath: string | undefined): void {
    if (mayUseShell()) inMicrotask(() => this.#startIfWanted(denoPath));
    else this.#startAfter(START_LIMIT_MS, denoPath);
  }

  #startAfter(ms: number, denoPath: string | undefined): void {
    if (this.#child !== undefined || this.#startTimer !== undefined) return;
    this.#startTimer = after(ms, () => this.#startIfWanted(denoPath));
    this.#startTimer.setReferenced(false);
  }

  #startIfWanted(denoPath: string | undefined): void {
    if (this.#pids.size > 0) this.#start(denoPath);
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
    endOf(child).then(() => {
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
    const { path, args, needsOwnGroup } = reaperProgram(this.#pids.keys(), denoPath);
    // A signal that nothing can ignore ends all of a group at once: those who lead another need a reaper that is not in it.
    this.#isDetached = needsOwnGroup || [...this.#pids.values()].includes(true);
    return new Deno.Command(path, {
      args: [...args],
      clearEnv: true,
      env: { DENO_NO_UPDATE_CHECK: "1" },
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
      if (this.#child !== child) return;
      // Somebody took a share meanwhile: it goes on, and holds the program no longer.
      if (this.#shares > 0) return child.unref();
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
  await endOf(child);
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
