import { REF, registerHandleClass, SharedHandle } from "../hub/handle.ts";
import { hub } from "../hub/hub.ts";
import type { WaitOptions } from "../hub/wait_queue.ts";
import { refuseArguments, refuseSurplus } from "../shown.ts";
import { EventObject } from "./event_object.ts";

const TYPE = "Event";

/**
 * A flag that processes share, and can wait for. It begins unset.
 *
 * It has the name of a web class: where both are needed, import it under another. Python's `multiprocessing.Event`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Event).
 *
 * @example A task waits for the program
 * ```ts
 * import { Event, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1 });
 * const go = new Event();
 * const task = pool.apply((go: Event) => go.wait(), [go]);
 * await go.set();
 * console.log(await task); // true
 * ```
 *
 * @example Set and cleared
 * ```ts
 * import { Event } from "@corral/multiprocessing";
 *
 * const event = new Event();
 * await event.set();
 * console.log(await event.isSet()); // true
 * await event.clear();
 * console.log(await event.wait({ timeoutMs: 0 })); // false
 * ```
 */
export class Event extends SharedHandle {
  /** Makes an event that is not set. It lives in this process. */
  constructor() {
    refuseArguments("new Event()", arguments);
    super(hub.own(TYPE, new EventObject()));
  }

  /**
   * Sets it. All that wait for it go on, even if it is cleared again at once. Harmless when it is set.
   *
   * @throws {TypeError} If it is given a value: `clear()` clears it.
   * @throws {ClosedError} If it was closed.
   */
  async set(): Promise<void> {
    refuseArguments("set()", arguments, ", clear() clears it");
    await this[REF].call("set", []);
  }

  /** Clears it: waits begin to wait again. */
  async clear(): Promise<void> {
    refuseArguments("clear()", arguments);
    await this[REF].call("clear", []);
  }

  /** Whether it is set. */
  async isSet(): Promise<boolean> {
    refuseArguments("isSet()", arguments);
    return await this[REF].call("isSet", []) as boolean;
  }

  /**
   * Waits until it is set.
   *
   * @param wait How long; without it, as long as it takes.
   * @returns Whether it was set in time.
   * @throws `signal.reason`, if the wait was aborted.
   * @throws {ClosedError} If it was closed.
   * @throws {TypeError} If the options of the wait are wrong; a `RangeError` if `timeoutMs` is NaN.
   */
  async wait(wait?: WaitOptions): Promise<boolean> {
    refuseSurplus("wait(wait)", arguments, 1);
    return await this[REF].call("wait", [], wait) as boolean;
  }
}

registerHandleClass(TYPE, Event);
