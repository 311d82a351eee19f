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

/** What a shell changes in the environment of what it becomes. */
const VARIABLES = ["PWD", "OLDPWD", "SHLVL", "_"];

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
  return mayUseShell() && path === Deno.execPath() && !VARIABLES.some((name) => name in env);
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
