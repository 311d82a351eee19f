/** Failures by class and shape of their text, the most frequent kept. */
import { thrownText } from "../shown.ts";
import type { FailureView } from "./state.ts";

const MOST_GROUPS = 50;
const LONGEST_TEXT = 300;
const LONGEST_NAME = 100;

/** Groups failures, in bounded memory: when there are too many kinds, the one that was seen the longest ago goes. */
export class FailureGroups {
  readonly #groups = new Map<string, { name: string; shape: string; example: string; count: number; lastAt: number }>();

  /** Counts a failure. */
  add(error: unknown, at: number): void {
    const name = isErrorLike(error) ? error.name.slice(0, LONGEST_NAME) : typeof error;
    const text = (isErrorLike(error) ? error.message : thrownText(error)).slice(0, LONGEST_TEXT);
    const shape = shapeOf(text);
    const key = `${name}\n${shape}`;
    const group = this.#groups.get(key) ?? { name, shape, example: text, count: 0, lastAt: at };
    group.count++;
    group.lastAt = at;
    // Last place in the map is the one seen last.
    this.#groups.delete(key);
    this.#groups.set(key, group);
    if (this.#groups.size > MOST_GROUPS) this.#groups.delete(this.#groups.keys().next().value!);
  }

  /** The groups, the largest first. */
  views(): FailureView[] {
    return [...this.#groups.values()].map((group) => ({ ...group })).sort((a, b) => b.count - a.count);
  }
}

/** An error, or what was told of one. */
function isErrorLike(value: unknown): value is Pick<Error, "name" | "message"> {
  if (typeof value !== "object" || value === null) return false;
  const { name, message } = value as Partial<Error>;
  return typeof name === "string" && typeof message === "string";
}

/** A message without what differs from task to task: quoted parts and numbers. */
function shapeOf(text: string): string {
  return text.replace(/"[^"]*"/g, '"…"').replace(/\d+(?:[.,]\d+)*/g, "#");
}
