import type { Caller } from "../hub/wait_queue.ts";
import { LockObject } from "./lock_object.ts";

/** The owner's side of a lock that its holder may acquire again. */
export class RLockObject extends LockObject {
  protected override mayEnter(caller: Caller): boolean {
    return super.mayEnter(caller) || this.isHeldBy(caller);
  }

  protected override checkRelease(caller: Caller): void {
    super.checkRelease(caller);
    if (!this.isHeldBy(caller)) throw new Error("Cannot release the lock: another task holds it, only its holder may");
  }

  protected override passOn(): void {
    super.passOn();
    // A task that asked twice need not wait for itself.
    if (this.holding !== undefined) this.waiters.serveWhere((caller) => this.isHeldBy(caller), undefined);
  }
}
