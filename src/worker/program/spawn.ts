import { requireLoaded } from "../../own_process.ts";
import type { LaunchCommand } from "./command_line.ts";
import { withInputDescriptor } from "../worker_input.ts";

// A copy of a program of 50 MiB takes some 10 ms, one of 2 GiB some 400, and all of it stands still meanwhile.
const SMALL_PROGRAM_BYTES = 256 * 1024 * 1024;

/**
 * Starts the process of a worker.
 *
 * A session of its own, or a descriptor beside the three standard ones, make Deno start it by a copy of this program. So it gets a session only
 * where that is needed: one that may start commands must be ended with them, a `Process` must not hear of the program's terminal, and ends by any signal.
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
  const mayCopy = detached || Deno.memoryUsage().rss < SMALL_PROGRAM_BYTES;
  return new Deno.Command(command.path, mayCopy ? withInputDescriptor(options) : options).spawn();
}
