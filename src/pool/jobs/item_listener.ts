import { runCallback } from "../callback_errors.ts";
import type { EndedItem } from "../types.ts";

/** What became of a chunk's items. */
export interface EndedChunk {
  /** The place of its first item among all items. */
  readonly start: number;
  /** How many of its items were run, or could not be. */
  readonly size: number;
  /** Whether an item failed, by its place in the chunk. */
  readonly failed: (index: number) => boolean;
  /** How long the items took together. */
  readonly durationMs: number;
}

/** Tells a caller of each item of a chunk that has ended. */
export function tellItems(
  onItem: ((item: EndedItem) => void) | undefined,
  { start, size, failed, durationMs }: EndedChunk,
): void {
  if (onItem === undefined) return;
  for (let index = 0; index < size; index++) {
    const item = { index: start + index, ok: !failed(index), durationMs: durationMs / size };
    runCallback("the onItem callback", onItem, item);
  }
}
