import { REF, registerHandleClass } from "../hub/handle.ts";
import { hub } from "../hub/hub.ts";
import { refuseArguments } from "../shown.ts";
import { Acquirable } from "./acquirable.ts";
import { RLockObject } from "./lock_object.ts";

const TYPE = "RLock";

/**
 * A lock that its holder can acquire again; it is free when it was released as often.
 *
 * - The holder is a task of a pool, or a whole process: all code of one program outside of tasks is one holder, and no part of it
 *   waits for another.
 * - Only the holder may release it.
 * - Waiters get it in the order in which they asked. If the process that holds it dies, the next guard has
 *   `abandoned: true`.
 *
 * Python's `multiprocessing.RLock` (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.RLock).
 *
 * @example A function that holds the lock calls another that needs it
 * ```ts
 * import { RLock } from "@corral/multiprocessing";
 *
 * const lock = new RLock();
 * const log = (line: string) => lock.use(() => console.log(line));
 * await lock.use(async () => {
 *   await log("still");
 *   await log("mine");
 * });
 * ```
 *
 * @example Without a guard
 * ```ts
 * import { RLock } from "@corral/multiprocessing";
 *
 * const lock = new RLock();
 * await lock.acquire();
 * await lock.acquire();
 * await lock.release();
 * console.log(await lock.locked()); // true
 * await lock.release();
 * console.log(await lock.locked()); // false
 * ```
 */
export class RLock extends Acquirable {
  /** Makes a lock that nobody holds. It lives in this process. */
  constructor() {
    refuseArguments("new RLock()", arguments);
    super(hub.own(TYPE, new RLockObject()));
  }

  /**
   * Releases the lock once.
   *
   * @throws {Error} If it is free, or another task or process holds it.
   * @throws {ClosedError} If it was closed.
   */
  override async release(): Promise<void> {
    refuseArguments("release()", arguments);
    await super.release();
  }

  /** Whether somebody holds it. */
  async locked(): Promise<boolean> {
    refuseArguments("locked()", arguments);
    return await this[REF].call("locked", []) as boolean;
  }
}

registerHandleClass(TYPE, RLock);
