/** Where the child's entry lies, next to however this module was loaded. */
export const CHILD_ENTRY_URL: string = new URL("../child/main.ts", import.meta.url).href;

/**
 * Never called: its literal import makes the entry part of this program's module graph, so that it is
 * in the cache, and a child can load it with `--cached-only` when the library comes from a remote URL.
 */
export function anchorChildEntry(): Promise<unknown> {
  return import("../child/main.ts");
}
