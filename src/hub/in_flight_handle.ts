import { brand } from "../copies.ts";
import { type Handle, type ObjectRef, REF } from "./handle.ts";

/** What an in-flight handle holds, apart from it: so it can be let go when the handle is collected. */
interface Hold {
  object: ObjectRef | undefined;
}

const collected = new FinalizationRegistry<Hold>((hold) => letGo(hold));

/**
 * A handle inside a message that has not left yet. It holds the object meanwhile, so that the sender may close its own
 * handle at once: `pool.apply(work, [connection]); connection.close()`.
 */
export class InFlightHandle implements Handle {
  readonly [REF]: ObjectRef;
  /** The handle that was sent. */
  readonly handle: Handle;
  readonly #hold: Hold;

  constructor(handle: Handle) {
    this.handle = handle;
    this[REF] = handle[REF];
    this.#hold = { object: this[REF] };
    this[REF].hold();
    collected.register(this, this.#hold);
  }

  /** The message has left: now the receiver holds the object. Harmless when it is told again. */
  sent(): void {
    letGo(this.#hold);
  }

  /** The message will not leave any more, because its receiver died. */
  lost(): void {
    letGo(this.#hold, true);
  }

  /** The message was never sent, and will not be. */
  abandon(): void {
    letGo(this.#hold);
  }

  /** The message came back, and will leave again. */
  requeued(): void {
    if (this.#hold.object !== undefined) return;
    this.#hold.object = this[REF];
    this[REF].hold();
  }

  /** The handle for this process, if the message was for this one. */
  open(): Handle {
    const handle = this[REF].open(this.handle);
    this.sent();
    return handle;
  }
}

brand({ InFlightHandle });

/** Lets go of the handles in a message that will never leave: else they would hold their objects until they are collected. */
export function abandonHandles(handles: readonly object[]): void {
  for (const handle of handles) if (handle instanceof InFlightHandle) handle.abandon();
}

/** The same where the process that was to get them has died. */
export function loseHandles(handles: readonly object[]): void {
  for (const handle of handles) if (handle instanceof InFlightHandle) handle.lost();
}

function letGo(hold: Hold, ended = false): void {
  const { object } = hold;
  hold.object = undefined;
  object?.unhold(ended);
}
