import { requireLoaded } from "../../own_process.ts";
import type { LaunchCommand } from "./command_line.ts";
import { withInputDescriptor } from "../worker_input.ts";

/**
 * Starts the process of a worker.
 *
 * A session of its own it gets only where that is needed: one that may start commands must be ended with them, a `Process` must not hear of the program's terminal, and ends by any signal.
 * See `docs/decisions/spawning.md`.
 *
 * @param ownGroup Whether it leads a group of its own in any case.
 */
export function spawnWorker(command: LaunchCommand, ownGroup: boolean): Deno.ChildProcess {
  requireLoaded();
  const detached = ownGroup || command.mayRun;
  const options: Deno.CommandOptions = {
    args: [...command.args],
    env: command.env,
    clearEnv: true,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached,
  };
  // In programs of any size, though Deno then starts the worker by a copy of the program: without it, a task that reads stdin waits for ever.
  return new Deno.Command(command.path, withInputDescriptor(options)).spawn();
}
