import { denoInternals } from "../../deno_internals.ts";

/** Receives what user code prints: whole console lines as text, anything else as bytes. */
export type PrintHandler = (stream: 1 | 2, output: string | Uint8Array) => void;

/**
 * Lets the console print through `print`, and format as ever: it is the runtime's own, with another way out.
 *
 * Where Deno offers no such class the console stays as it is. What it writes to stdout by itself is output as well, only of no task
 * (see `src/wire/block_reader.ts`).
 */
export function takeConsole(print: PrintHandler): void {
  const { Console } = denoInternals;
  if (Console === undefined) return;
  const own = new Console((text, level) => print(level > 1 ? 2 : 1, text));
  const methods = Object.entries(own).filter(([, value]) => typeof value === "function");
  Object.assign(console, Object.fromEntries(methods));
}
