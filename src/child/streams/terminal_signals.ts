/**
 * Leaves the keys of the terminal to the program, which decides what becomes of its workers: Ctrl-C reaches every process of its group. See
 * `docs/decisions/spawning.md`.
 */
export function ignoreTerminalSignals(): void {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGHUP"] as const) Deno.addSignalListener(signal, () => {});
}
