/** Where the child's entry lies, next to however this module was loaded. */
export const CHILD_ENTRY_URL: string = new URL("../child/main.ts", import.meta.url).href;

/**
 * Never called: its literal imports make the entry, and what task modules import, part of this program's module graph, so that
 * they are in the cache, and a child can load them with `--cached-only` when the library comes from a remote URL.
 */
export function anchorChildEntry(): Promise<unknown> {
  return Promise.all([import("../child/main.ts"), import("../child/mod.ts")]);
}
