import { ProtocolError } from "../errors.ts";
import type { Handle } from "./handle.ts";

/**
 * What a peer may use: the handles that it was sent, and how often each.
 *
 * The peer counts as well, and releases an object with its own count. A handle that is on its way to it is not in that count,
 * so the object stays exported until the peer has released that one, too.
 */
export class ExportTable {
  readonly #exports = new Map<string, { count: number; readonly handle: Handle }>();

  /** The handle that was sent, if it was. */
  get(id: string): Handle | undefined {
    return this.#exports.get(id)?.handle;
  }

  /** Counts that a handle was sent. Returns whether it is the first time. */
  add(id: string, handle: Handle): boolean {
    const entry = this.#exports.get(id);
    if (entry !== undefined) entry.count++;
    else this.#exports.set(id, { count: 1, handle });
    return entry === undefined;
  }

  /** Undoes that it was sent so often. Returns the handle if that was all. Throws ProtocolError if that is too much. */
  subtract(id: string, count: number): Handle | undefined {
    const entry = this.#exports.get(id);
    if (entry === undefined || count > entry.count) throw new ProtocolError("it released what it was not sent");
    entry.count -= count;
    if (entry.count > 0) return undefined;
    this.#exports.delete(id);
    return entry.handle;
  }

  /** All handles that were sent; from now on, none. */
  clear(): Handle[] {
    const handles = [...this.#exports.values()].map(({ handle }) => handle);
    this.#exports.clear();
    return handles;
  }
}
