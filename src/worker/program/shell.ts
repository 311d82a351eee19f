/**
 * A shell that becomes the process that is wanted: it does, without a copy of the program, what Deno does only in one. See
 * `docs/decisions/spawning.md`.
 */

/** What every system but Windows has. */
export const SHELL = "/bin/sh";

/** A command for `Deno.Command`. */
interface Command {
  readonly path: string;
  readonly args: readonly string[];
}

/** What a shell hands on as it got it. Names of another form dash drops; bash takes those in parentheses for functions. */
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What a shell sets, changes, or goes by, as dash and bash do. */
const OWN_NAMES =
  /^(_|PWD|OLDPWD|SHLVL|IFS|OPT(IND|ARG|ERR)|PS\d|E?UID|PPID|GROUPS|LINENO|ENV|BASH.*|SHELLOPTS|POSIXLY_CORRECT|S?RANDOM|SECONDS|EPOCH.*|HISTCMD|DIRSTACK|FUNCNAME|PIPESTATUS|COMP_WORDBREAKS)$/;

/** Whether this program may start the shell. Never prompts. */
export function mayUseShell(): boolean {
  if (Deno.build.os === "windows") return false;
  return Deno.permissions.querySync({ name: "run", command: SHELL }).state === "granted";
}

/**
 * Whether a shell may become the command: where the executable may be missing, the error must be Deno's, and no variable that was given may be
 * lost.
 */
export function suitsShell(path: string, env: Readonly<Record<string, string>>): boolean {
  return mayUseShell() && path === Deno.execPath() && Object.keys(env).every(isHandedOn);
}

function isHandedOn(name: string): boolean {
  return PLAIN_NAME.test(name) && !OWN_NAMES.test(name);
}

/** The command that becomes `command`, when the shell has done what comes first. */
export function byShell(first: string, { path, args }: Command, redirections = ""): Command {
  // What a shell adds to the environment goes again.
  const script = `unset PWD OLDPWD SHLVL; ${first}; exec "$0" "$@" ${redirections}`;
  return { path: SHELL, args: ["-c", script, path, ...args] };
}

/** Has the shell leave signals to the program, from its first moment on: what is ignored stays so in what it becomes. */
export function ignoring(signals: readonly string[]): string {
  return `trap "" ${signals.join(" ")}`;
}
