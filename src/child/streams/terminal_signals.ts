/**
 * Leaves the keys of the terminal to the program, which decides what becomes of its workers: Ctrl-C reaches every process of its group.
 * A process of its own, and one that may run commands, has a group of its own. See `docs/decisions/spawning.md`.
 */
export function ignoreTerminalSignals(): void {
  if (Deno.permissions.querySync({ name: "run" }).state !== "denied") return;
  for (const signal of ["SIGINT", "SIGQUIT", "SIGHUP"] as const) Deno.addSignalListener(signal, () => {});
}
