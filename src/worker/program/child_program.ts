import { CHILD_SCRIPTS } from "../child_source.js";

/** The child's side of the library, as a worker reads it. See `CHILD_SCRIPTS`. */
export interface ChildProgram {
  /** The scripts, one behind the other, of which the first is the core. */
  readonly bytes: Uint8Array;
  /** How long each of them is, in UTF-16 units. */
  readonly lengths: readonly number[];
}

let program: ChildProgram | undefined;

/** The program that all workers run. */
export function childProgram(): ChildProgram {
  return program ??= programOf(CHILD_SCRIPTS);
}

/** A program of some scripts. */
export function programOf(scripts: readonly string[]): ChildProgram {
  return { bytes: new TextEncoder().encode(scripts.join("")), lengths: scripts.map(({ length }) => length) };
}

/**
 * Never called: its literal import makes what task modules import part of this program's module graph, so that it is in the
 * cache, and a worker can load it with `--cached-only` when the library comes from a remote URL.
 */
export function anchorTaskModule(): Promise<unknown> {
  return import("../../child/mod.ts");
}
