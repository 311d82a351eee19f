import { denoInternals } from "../../deno_internals.ts";
import { requireLoaded } from "../../own_process.ts";
import type { LaunchCommand } from "./command_line.ts";
import { byShell, ignoring, suitsShell } from "./shell.ts";

/** Descriptor 3 is what `stdin` was, which is at its end. */
const REDIRECTIONS = "3<&0 0</dev/null";
const TERMINAL_SIGNALS = ["INT", "QUIT", "HUP"];

/** Whether a worker is in a session, and so in a process group, of its own. */
export function leadsGroup({ mayRun }: Pick<LaunchCommand, "mayRun">, ownGroup = false): boolean {
  return ownGroup || mayRun;
}

/**
 * Starts the process of a worker.
 *
 * It gets a session of its own only where that is needed: one that may start commands must be ended with them, a `Process` must not hear of
 * the program's terminal, and ends by any signal. See `docs/decisions/spawning.md`.
 *
 * @param ownGroup Whether it leads a group of its own in any case.
 */
export function spawnWorker(command: LaunchCommand, ownGroup: boolean): Deno.ChildProcess {
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
  if (command.input === undefined) return start(command, options);
  if (denoInternals.kExtraStdio !== undefined && !suitsShell(command.path, command.env)) {
    return start(command, { ...options, [denoInternals.kExtraStdio]: [0] });
  }
  // A process with a session of its own hears nothing of the terminal, and may be ended by any signal.
  const first = detached ? ":" : ignoring(TERMINAL_SIGNALS);
  return start(byShell(first, command, REDIRECTIONS), options);
}

function start({ path, args }: Pick<LaunchCommand, "path" | "args">, options: Deno.CommandOptions): Deno.ChildProcess {
  return new Deno.Command(path, { ...options, args: [...args] }).spawn();
}
