import { REF, registerHandleClass } from "../hub/handle.ts";
import { hub } from "../hub/hub.ts";
import { refuseArguments } from "../shown.ts";
import { Acquirable } from "./acquirable.ts";
import { LockObject, RLockObject } from "./lock_object.ts";

const LOCK = "Lock";
const RLOCK = "RLock";

/**
 * A lock that processes share: one holder at a time.
 *
 * - Waiters get it in the order in which they asked. One exception: in another process than the lock's own, a loop that gives it
 *   back and takes it again at once can keep it for some 2 ms, although others wait.
 * - A process that asks for it twice waits for itself; see {@linkcode RLock}.
 * - If the process that holds it dies, the next guard has `abandoned: true`.
 * - Any process may `release()` it, as in Python.
 *
 * It may travel in any argument, result, queue item or pipe message. Python's `multiprocessing.Lock`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Lock).
 *
 * @example One at a time
 * ```ts
 * import { Lock, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 2 });
 * const lock = new Lock();
 * await pool.starmap(async (name: string, lock: Lock) => {
 *   using _guard = await lock.acquire();
 *   console.log(name, "begins");
 *   console.log(name, "ends");
 * }, [["first", lock], ["second", lock]]);
 * ```
 *
 * @example Without a guard
 * ```ts
 * import { Lock } from "@corral/multiprocessing";
 *
 * const lock = new Lock();
 * await lock.acquire();
 * console.log(await lock.locked()); // true
 * await lock.release();
 * console.log(await lock.locked()); // false
 * ```
 */
export class Lock extends Acquirable {
  /** Makes a lock that nobody holds. It lives in this process. */
  constructor() {
    refuseArguments("new Lock()", arguments);
    super(hub.own(LOCK, new LockObject()));
  }

  /**
   * Releases the lock, no matter who holds it.
   *
   * @throws {Error} If it is free.
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

/**
 * A lock that its holder can acquire again. It is free once it has been released as often as it was acquired.
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
    super(hub.own(RLOCK, new RLockObject()));
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

registerHandleClass(LOCK, Lock);
registerHandleClass(RLOCK, RLock);
