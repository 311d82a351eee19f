import { CHILD_SCRIPTS } from "../child_source.ts";

/** The child's side of the library, as a worker reads it: scripts, of which the first is the core. See `CHILD_SCRIPTS`. */
export type ChildProgram = readonly [core: Uint8Array, ...rest: Uint8Array[]];

let program: ChildProgram | undefined;

/** The program that all workers run. */
export function childProgram(): ChildProgram {
  if (program === undefined) {
    const encoder = new TextEncoder();
    const [core, ...rest] = CHILD_SCRIPTS.map((script) => encoder.encode(script));
    program = [core!, ...rest];
  }
  return program;
}

/**
 * Never called: its literal import makes what task modules import part of this program's module graph, so that it is in the
 * cache, and a worker can load it with `--cached-only` when the library comes from a remote URL.
 */
export function anchorTaskModule(): Promise<unknown> {
  return import("../../child/mod.ts");
}
