import { ClosedError } from "../errors.ts";
import type { ObjectRef } from "../hub/handle.ts";

/** How long a manager's objects live: until it is closed, or nobody has a handle any more. */
export class Lifetime {
  // Weak, so that a program may make any number of objects with one manager.
  readonly #members = new Set<WeakRef<ObjectRef>>();
  readonly #collected = new FinalizationRegistry<WeakRef<ObjectRef>>((member) => this.#members.delete(member));
  #closed = false;

  /** Throws ClosedError when it is over. */
  check(): void {
    if (this.#closed) throw new ClosedError("Cannot make an object: the manager is closed");
  }

  /** Closes the object at the end, if it still exists then. */
  add(ref: ObjectRef): void {
    this.check();
    const member = new WeakRef(ref);
    this.#members.add(member);
    this.#collected.register(ref, member);
  }

  /** Ends it. Again is harmless. */
  close(): void {
    this.#closed = true;
    for (const member of this.#members) member.deref()?.close();
    this.#members.clear();
  }
}
