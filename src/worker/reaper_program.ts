/**
 * What the reaper runs: it hears of processes that start and end, and when its stdin ends, with the program, it waits a moment and kills the
 * rest.
 *
 * By a shell where the program may run one. It is there in a millisecond, takes no memory to speak of, and ignores from its first moment on all
 * signals that can be ignored. Elsewhere it is a Deno. See `docs/decisions/ending.md`.
 */
import { findDeno } from "./program/deno_executable.ts";
import { ignoring, mayUseShell, SHELL } from "./program/shell.ts";

const LEAVE_TIME_MS = 250;
/** What ends a whole group, and may not end the reaper; nor may its answer to a program that has gone meanwhile. */
const SIGNALS = ["INT", "QUIT", "HUP", "TERM", "TSTP", "PIPE"];

/** How a reaper is started. */
export interface ReaperProgram {
  readonly path: string;
  readonly args: readonly string[];
  /** Whether a signal to the whole group that can be ignored would end it while it loads. */
  readonly needsOwnGroup: boolean;
}

/**
 * The program of a reaper that watches `pids` from its first moment on: the program may be killed before it could write to it. Each line that
 * it reads is "?", which it answers with a byte, or a pid behind "+" for one that starts, "-" for one that has ended, or "!" for one whose group
 * it is to kill.
 *
 * @throws {PermissionError} If this program may start neither the shell nor Deno.
 */
export function reaperProgram(
  pids: Iterable<number>,
  denoPath: string | undefined,
  byShell: boolean = mayUseShell(),
): ReaperProgram {
  if (byShell) {
    return {
      path: SHELL,
      args: ["-c", SHELL_TEXT, "corral-reaper", ...Array.from(pids, String)],
      needsOwnGroup: false,
    };
  }
  const args = [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--cached-only",
    "--allow-run",
    `data:text/javascript,${encodeURIComponent(denoText(pids))}`,
  ];
  // Its listeners come too late: such a signal would end it together with the program, and leave a worker in an endless loop to nobody.
  return { path: findDeno(denoPath), args, needsOwnGroup: true };
}

// Not every `sleep` knows of fractions.
const SHELL_TEXT = `${ignoring(SIGNALS)}
pids=" $* "
while read -r line; do
  pid=\${line#?}
  case $line in
    "?") printf . ;;
    +*) pids="$pids$pid " ;;
    *)
      case $pids in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac
      case $line in !*) kill -s KILL -- "-$pid" ;; esac
      ;;
  esac
done
set -- $pids
if [ $# -gt 0 ]; then sleep ${LEAVE_TIME_MS / 1000} || sleep 1; fi
for pid do
  kill -s KILL "$pid"
  kill -s KILL -- "-$pid"
done`;

const denoText = (pids: Iterable<number>): string => `
for (const signal of ["SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM"]) Deno.addSignalListener(signal, () => {});
function kill(pid) {
  try { Deno.kill(pid, "SIGKILL"); } catch { /* gone already, or a system without groups */ }
}
function answer() {
  try { Deno.stdout.writeSync(new Uint8Array(1)); } catch { /* the program has ended, and so will stdin */ }
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
    if (line[0] === "?") answer();
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
