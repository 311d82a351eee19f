import type { SharedObject } from "./shared_object.ts";

/** The objects of this process that must know when a peer ends. Weak: one that is gone need not be told anything. */
export class TouchedObjects {
  readonly #objects = new Map<string, WeakRef<SharedObject>>();
  #sweepAt = 64;

  /** Adds one, if it is new. */
  add(id: string, object: SharedObject): void {
    if (this.#objects.has(id)) return;
    this.#objects.set(id, new WeakRef(object));
    if (this.#objects.size < this.#sweepAt) return;
    for (const [id, object] of this.#objects) if (object.deref() === undefined) this.#objects.delete(id);
    this.#sweepAt = Math.max(64, this.#objects.size * 2);
  }

  /** Tells all that processes have ended. */
  tell(isEnded: (process: string) => boolean): void {
    for (const object of this.#objects.values()) object.deref()?.processEnded?.(isEnded);
  }
}
