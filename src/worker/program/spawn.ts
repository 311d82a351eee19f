import { denoInternals } from "../../deno_internals.ts";
import { requireLoaded } from "../../own_process.ts";
import type { LaunchCommand } from "./command_line.ts";
import { WorkerInput } from "../streams/worker_input.ts";
import { byShell, ignoring, suitsShell } from "./shell.ts";

/**
 * Descriptor 3 is what `stdin` was, which is at its end. What the program was started with beside its standard streams ends here: Node's sockets
 * open a descriptor by its number without a permission. Larger numbers not every shell can close.
 */
const REDIRECTIONS = `3<&0 0</dev/null ${[4, 5, 6, 7, 8, 9].map((number) => `${number}<&-`).join(" ")}`;
const TERMINAL_SIGNALS = ["INT", "QUIT", "HUP"];

/** A worker's process that boots, and reads its program. */
export interface BootingProcess {
  readonly child: Deno.ChildProcess;
  readonly input: WorkerInput;
}

/** Whether a worker is in a session, and so in a process group, of its own. */
export function leadsGroup({ mayRun }: Pick<LaunchCommand, "mayRun">, ownGroup = false): boolean {
  return ownGroup || mayRun;
}

/** Whether the keys of the terminal do nothing to the process from its first moment on: a shell has it ignore them. */
export function ignoresKeys(command: LaunchCommand): boolean {
  return !command.mayRun && isByShell(command);
}

/** Only so does it get its own input without a copy of this program. */
function isByShell({ input, path, env }: LaunchCommand): boolean {
  return input !== undefined && (denoInternals.kExtraStdio === undefined || suitsShell(path, env));
}

/**
 * Starts the process of a worker, and writes its program to it. Throws what `Deno.Command` throws.
 *
 * It gets a session of its own only where that is needed: one that may start commands must be ended with them, a `Process` must not hear of
 * the program's terminal, and ends by any signal. See `docs/decisions/spawning.md`.
 *
 * @param ownGroup Whether it leads a group of its own in any case.
 */
export function startProcess(command: LaunchCommand, ownGroup?: boolean): BootingProcess {
  const child = spawn(command, ownGroup);
  const input = new WorkerInput(child);
  input.begin(command.preamble);
  return { child, input };
}

function spawn(command: LaunchCommand, ownGroup?: boolean): Deno.ChildProcess {
  requireLoaded();
  const detached = leadsGroup(command, ownGroup);
  const options: Deno.CommandOptions = {
    env: command.env,
    clearEnv: true,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached,
  };
  if (!isByShell(command)) {
    const { kExtraStdio } = denoInternals;
    return start(command, command.input === undefined ? options : { ...options, [kExtraStdio!]: [0] });
  }
  // A process with a session of its own hears nothing of the terminal, and may be ended by any signal.
  const first = detached ? ":" : ignoring(TERMINAL_SIGNALS);
  return start(byShell(first, command, REDIRECTIONS), options);
}

function start({ path, args }: Pick<LaunchCommand, "path" | "args">, options: Deno.CommandOptions): Deno.ChildProcess {
  return new Deno.Command(path, { ...options, args: [...args] }).spawn();
}

/** How a process has ended. */
export interface ProcessEnd {
  /** `null` where nobody was told: the system forgets how the children of a program end that was started with SIGCHLD ignored. */
  readonly code: number | null;
  readonly signal: Deno.Signal | null;
}

/** Waits for the end of a process. Never rejects: where nobody is told how it ended, Deno does. */
export async function endOf(child: Deno.ChildProcess): Promise<ProcessEnd> {
  try {
    return await child.status;
  } catch {
    return { code: null, signal: null };
  }
}

/** A process that was started before the pool that is to have it. It waits for its code, and ends by itself with the program. */
export class ProcessAhead {
  static #waiting: ProcessAhead | undefined;
  /** See {@linkcode WorkerCommandOptions}. */
  readonly storageKey: string;
  readonly #command: LaunchCommand;
  readonly #process: BootingProcess;

  private constructor(storageKey: string, command: LaunchCommand) {
    this.storageKey = storageKey;
    this.#command = command;
    this.#process = startProcess(command);
    this.#process.child.unref();
  }

  /** Starts one, if none waits. Throws what `commandFor` and `Deno.Command` throw. */
  static start(commandFor: (storageKey: string) => LaunchCommand): ProcessAhead | undefined {
    if (ProcessAhead.#waiting !== undefined) return undefined;
    const storageKey = makeStorageKey();
    return ProcessAhead.#waiting = new ProcessAhead(storageKey, commandFor(storageKey));
  }

  /** The one that nobody has taken. */
  static get waiting(): ProcessAhead | undefined {
    return ProcessAhead.#waiting;
  }

  /** Takes the one that waits, if there is one. */
  static takeWaiting(): ProcessAhead | undefined {
    const process = ProcessAhead.#waiting;
    ProcessAhead.#waiting = undefined;
    return process;
  }

  /** Whether it was started as this command says. */
  fits(command: LaunchCommand): boolean {
    return identityOf(command) === identityOf(this.#command);
  }

  /** Hands it over. */
  take(): BootingProcess {
    try {
      this.#process.child.ref();
    } catch {
      // Its streams have ended: who has it hears of its exit.
    }
    return this.#process;
  }

  /** Ends it. Resolves when it is gone. */
  async end(): Promise<void> {
    const { child, input } = this.take();
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await endOf(child);
    await Promise.all([input.close(), child.stdout.cancel(), child.stderr.cancel()]);
  }
}

/** Makes the name of a pool's storage. */
export function makeStorageKey(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

function identityOf({ path, args, env, cwd, input }: LaunchCommand): string {
  return JSON.stringify([path, args, env, cwd, input]);
}
