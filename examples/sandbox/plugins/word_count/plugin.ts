/** Counts words: a plug-in that does what it should. It may import from its own folder. */
import { words } from "./words.ts";

export function run(text: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words(text)) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
