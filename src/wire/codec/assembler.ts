/** Makes a value of what the lines of a LineReader hold. It is trusted in nothing. */

import { malformed, recordOf } from "./checks.ts";
import { MAX_DEPTH, MAX_TREE_DEPTH, putField } from "./tags.ts";

/** The brackets that open a container. */
export type Opening = "[" | "{";

/** Takes what lines hold, in their order; `docs/decisions/lines.md` says what lines there are. */
export interface Assembler {
  /** How many containers are open. */
  readonly depth: number;
  /** Opens a container where the next value belongs. */
  open(bracket: Opening): void;
  /** Closes the innermost container that is open. */
  close(opening: Opening): void;
  /** Takes what a line holds that is not a bracket. */
  put(value: unknown): void;
  /** The whole value. */
  end(): unknown;
}

/** The error when a bracket closes another container, or none. */
export function wrongBracket(): Error {
  return malformed("a bracket closes what is not open");
}

/** The error when there is more than one value. */
export function goesOn(): Error {
  return malformed("its lines go on behind its end");
}

/** The error when there is none, or a part of one. */
export function endsEarly(): Error {
  return malformed("its lines end too early");
}

/** The only item of a list that stands for the value of a key, or a long text that does. Requires that it is one of them. */
export function fieldOf(line: unknown): unknown {
  if (typeof line === "string") return line;
  if (Array.isArray(line) && line.length === 1) return line[0];
  throw malformed("a line is not a value of a key");
}

/** Requires that a line holds the next items of a list. */
export function itemsOf(line: unknown): unknown[] {
  if (Array.isArray(line)) return line;
  throw malformed("a line is not a list of items");
}

/** Makes plain data, or a tree whose tags stay as they are. */
export class PlainAssembler implements Assembler {
  #root: unknown = undefined;
  #hasRoot = false;
  /** The containers that are open, the innermost last, and the key that waits for its value. */
  readonly #open: (unknown[] | Record<string, unknown>)[] = [];
  readonly #keys: (string | undefined)[] = [];

  get depth(): number {
    return this.#open.length;
  }

  open(bracket: Opening): void {
    if (this.#open.length > MAX_TREE_DEPTH) throw malformed(`it is nested deeper than ${MAX_DEPTH} levels`);
    const opened = bracket === "[" ? [] : {};
    this.#give(opened);
    this.#open.push(opened);
    this.#keys.push(undefined);
  }

  close(opening: Opening): void {
    const closed = this.#open.pop();
    if (closed === undefined || Array.isArray(closed) !== (opening === "[") || this.#keys.pop() !== undefined) {
      throw wrongBracket();
    }
  }

  put(value: unknown): void {
    const container = this.#open.at(-1);
    if (container === undefined) return this.#give(value);
    if (Array.isArray(container)) {
      if (typeof value === "string") return void container.push(value);
      const items = itemsOf(value);
      for (let i = 0; i < items.length; i++) container.push(items[i]);
      return;
    }
    if (this.#keys.at(-1) !== undefined) return this.#give(fieldOf(value));
    if (typeof value === "string") return void (this.#keys[this.#keys.length - 1] = value);
    const fields = recordOf(value) as Record<string, unknown>;
    for (const key of Object.keys(fields)) putField(container, key, fields[key]);
  }

  end(): unknown {
    if (!this.#hasRoot || this.#open.length > 0) throw endsEarly();
    return this.#root;
  }

  /** Puts one value where the next one belongs. */
  #give(value: unknown): void {
    const container = this.#open.at(-1);
    if (container === undefined) return this.#giveRoot(value);
    if (Array.isArray(container)) return void container.push(value);
    const key = this.#keys.at(-1);
    if (key === undefined) throw malformed("a value has no key");
    putField(container, key, value);
    this.#keys[this.#keys.length - 1] = undefined;
  }

  #giveRoot(value: unknown): void {
    if (this.#hasRoot) throw goesOn();
    this.#hasRoot = true;
    this.#root = value;
  }
}
