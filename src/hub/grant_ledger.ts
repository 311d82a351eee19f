import { ProtocolError } from "../errors.ts";
import type { Handle } from "./handle.ts";

/** Which handles were sent to a neighbour, and which came from it, and how often: grants are given back whole. */
export class GrantLedger {
  readonly #granted = new Map<string, { count: number; readonly handle: Handle }>();
  readonly #received = new Map<string, number>();

  /** The handle that was sent, if it was. */
  granted(id: string): Handle | undefined {
    return this.#granted.get(id)?.handle;
  }

  /** Counts that a handle was sent. Returns whether it is the first time. */
  countSent(id: string, handle: Handle): boolean {
    const grant = this.#granted.get(id);
    if (grant !== undefined) grant.count++;
    else this.#granted.set(id, { count: 1, handle });
    return grant === undefined;
  }

  /** Undoes that it was sent so often. Returns the handle if that was all. Throws ProtocolError if that is too much. */
  uncountSent(id: string, count: number): Handle | undefined {
    const grant = this.#granted.get(id);
    if (grant === undefined || count > grant.count) {
      throw new ProtocolError("it gave back what it was not sent");
    }
    grant.count -= count;
    if (grant.count > 0) return undefined;
    this.#granted.delete(id);
    return grant.handle;
  }

  /** Counts that a handle has come. */
  countReceived(id: string): void {
    this.#received.set(id, (this.#received.get(id) ?? 0) + 1);
  }

  /** How often it has come; from now on, never. */
  forgetReceived(id: string): number {
    const count = this.#received.get(id) ?? 0;
    this.#received.delete(id);
    return count;
  }

  /** All handles that were sent; from now on, none. */
  forgetSent(): Handle[] {
    const handles = [...this.#granted.values()].map(({ handle }) => handle);
    this.#granted.clear();
    return handles;
  }
}
