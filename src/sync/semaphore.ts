import { REF, registerHandleClass } from "../hub/handle.ts";
import { hub } from "../hub/hub.ts";
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { Acquirable } from "./acquirable.ts";
import { SemaphoreObject } from "./semaphore_object.ts";

const TYPE = "Semaphore";
const BOUNDED_TYPE = "BoundedSemaphore";

/**
 * A number of permits that processes share. Acquiring takes one, and waits while there is none.
 *
 * - Waiters get one in the order in which they asked.
 * - Any process may `release()`, also more than it took: so a semaphore can also count events.
 * - If a process dies, the permits that it held come back, up to the number that the semaphore began with. The next
 *   guards have `abandoned: true`.
 *
 * Python's `multiprocessing.Semaphore` (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Semaphore).
 *
 * @example At most two of four tasks at once
 * ```ts
 * import { Pool, Semaphore } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 4 });
 * const permits = new Semaphore(2);
 * await pool.starmap(async (n: number, permits: Semaphore) => {
 *   await permits.use(() => console.log(n));
 * }, [[1, permits], [2, permits], [3, permits], [4, permits]]);
 * console.log(await permits.value()); // 2
 * ```
 *
 * @example Without a guard
 * ```ts
 * import { Semaphore } from "@corral/multiprocessing";
 *
 * const permits = new Semaphore(1);
 * await permits.acquire();
 * console.log(await permits.tryAcquire()); // undefined
 * await permits.release();
 * console.log(await permits.value()); // 1
 * ```
 */
export class Semaphore extends Acquirable {
  /**
   * Makes a semaphore with all permits free. It lives in this process.
   *
   * @param value How many permits there are, at least 0. @default 1
   * @throws {RangeError} If it is negative, or not a whole number.
   */
  constructor(value = 1) {
    refuseSurplus("new Semaphore(value)", arguments, 1);
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`Cannot make a semaphore of ${shown(value)}: a whole number is wanted, 0 or more`);
    }
    const isBounded = new.target === BoundedSemaphore || new.target.prototype instanceof BoundedSemaphore;
    super(hub.own(isBounded ? BOUNDED_TYPE : TYPE, new SemaphoreObject(value, isBounded)));
  }

  /**
   * Adds a permit, no matter which process took one.
   *
   * @throws {TypeError} If it is given a count: call it once for each permit.
   */
  override async release(): Promise<void> {
    refuseArguments("release()", arguments, ", call it once for each permit");
    await super.release();
  }

  /** How many permits are free. */
  async value(): Promise<number> {
    refuseArguments("value()", arguments);
    return await this[REF].call("value", []) as number;
  }
}

/**
 * A semaphore that never has more permits than it began with: one release too many is an error.
 *
 * Python's `multiprocessing.BoundedSemaphore`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.BoundedSemaphore).
 *
 * @example One release too many
 * ```ts
 * import { BoundedSemaphore } from "@corral/multiprocessing";
 *
 * const permits = new BoundedSemaphore(2);
 * await permits.release().catch((error) => console.log(error.message)); // Cannot release the semaphore: …
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  /**
   * Adds a permit, no matter which process took one.
   *
   * @throws {Error} If all are free.
   */
  override async release(): Promise<void> {
    refuseArguments("release()", arguments, ", call it once for each permit");
    await super.release();
  }
}

registerHandleClass(TYPE, Semaphore);
registerHandleClass(BOUNDED_TYPE, BoundedSemaphore);
