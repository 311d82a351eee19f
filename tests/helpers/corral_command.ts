/** The command `corral`, as a user would run it. */

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** The arguments of Deno that run the command with what it asks for, and no more. */
export const CORRAL_ARGS: readonly string[] = [
  "run",
  "--quiet",
  "--no-prompt",
  "--no-lock",
  `--config=${CONFIG}`,
  `--allow-run=${Deno.execPath()}`,
  "--allow-read",
  "--allow-write",
  "--allow-env=DENO_DIR,HOME,XDG_CACHE_HOME,LOCALAPPDATA,CI,TERM,TERM_PROGRAM,TMUX",
  CLI,
];

/** What the command did. */
export interface CorralOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in a folder to its end. */
export async function runCorral(cwd: string, ...args: string[]): Promise<CorralOutcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...CORRAL_ARGS, ...args],
    cwd,
    stdin: "null",
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
