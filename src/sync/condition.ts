import { REF, registerHandleClass } from "../hub/handle.ts";
import { hub } from "../hub/hub.ts";
import { LocalRef } from "../hub/local_ref.ts";
import type { WaitOptions } from "../hub/wait_queue.ts";
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { checkWait, monotonicMs } from "../timer.ts";
import { Acquirable } from "./acquirable.ts";
import { ConditionObject } from "./condition_object.ts";
import type { Lock, RLock } from "./lock.ts";
import { LockObject, RLockObject } from "./lock_object.ts";

const TYPE = "Condition";

/**
 * A lock, and a place where its holders can wait for each other's changes.
 *
 * - `wait()` releases the lock, however often it was acquired, and has it again when it returns or throws.
 * - Notified waiters go on one after another, when the notifier has released the lock.
 * - `wait()` and `notify()` are for the task that holds the lock; see {@linkcode RLock} for what counts as one.
 * - A waiter whose process dies before it could go on passes its notification to the next.
 *
 * Python's `multiprocessing.Condition` (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Condition).
 *
 * @example A task waits for a change
 * ```ts
 * import { Condition, Lock, Pool } from "@corral/multiprocessing";
 *
 * await using pool = new Pool({ workers: 1 });
 * const condition = new Condition(new Lock());
 * const guard = await condition.acquire();
 * const waiter = pool.apply(async (condition: Condition) => {
 *   using _guard = await condition.acquire();
 *   return await condition.wait({ timeoutMs: 100 });
 * }, [condition]);
 * await condition.notify(); // nobody waits yet: the program still holds the lock
 * await guard.release();
 * console.log(await waiter); // false
 * ```
 *
 * @example Waking all
 * ```ts
 * import { Condition } from "@corral/multiprocessing";
 *
 * const condition = new Condition();
 * await condition.use(async () => {
 *   console.log(await condition.locked()); // true
 *   await condition.notifyAll();
 * });
 * console.log(await condition.locked()); // false
 * ```
 */
export class Condition extends Acquirable {
  /**
   * Makes a condition. It lives in this process.
   *
   * @param lock What its holders hold; several conditions may have the same. @default a new RLock
   * @throws {TypeError} If the lock was made by another process.
   */
  constructor(lock?: Lock | RLock) {
    refuseSurplus("new Condition(lock)", arguments, 1);
    const object = lock === undefined ? new RLockObject() : lockObject(lock);
    super(hub.own(TYPE, new ConditionObject(object, lock === undefined)));
  }

  /**
   * Releases the lock once.
   *
   * @throws {Error} As the lock's `release()` does.
   */
  override async release(): Promise<void> {
    refuseArguments("release()", arguments);
    await super.release();
  }

  /**
   * Ends the condition, if this process made it: waits, and later calls, reject with ClosedError in all processes. A lock that was given to it
   * goes on, and who acquired that through the condition can still release it. In other processes it does nothing. Harmless when called again.
   *
   * @example A lock that goes on
   * ```ts
   * import { Condition, Lock } from "@corral/multiprocessing";
   *
   * const lock = new Lock();
   * const condition = new Condition(lock);
   * const guard = await condition.acquire();
   * condition.close();
   * await guard.release();
   * console.log(await lock.locked()); // false
   * ```
   */
  override close(): void {
    refuseArguments("close()", arguments);
    this[REF].release();
  }

  /** Whether somebody holds the lock. */
  async locked(): Promise<boolean> {
    refuseArguments("locked()", arguments);
    return await this[REF].call("locked", []) as boolean;
  }

  /**
   * Releases the lock, waits to be notified, and acquires the lock again, even after a timeout or an abort.
   *
   * @param wait How long to wait for the notification; without it, as long as it takes.
   * @returns Whether it was notified in time.
   * @throws {Error} If this task does not hold the lock.
   * @throws `signal.reason`, if the wait was aborted.
   * @throws {ClosedError} If the condition was closed.
   * @throws {TypeError} If the options of the wait are wrong; a `RangeError` if `timeoutMs` is NaN.
   */
  async wait(wait?: WaitOptions): Promise<boolean> {
    refuseSurplus("wait(wait)", arguments, 1);
    return await this[REF].call("wait", [], wait) as boolean;
  }

  /**
   * Waits until a predicate holds. The predicate runs in this process, under the lock that the caller holds, before the first wait and
   * after each notification.
   *
   * @param predicate May be asynchronous.
   * @param wait How long to wait in all; without it, as long as it takes.
   * @returns The last value of the predicate: a falsy one, if `timeoutMs` milliseconds have passed.
   * @throws {Error} If it has to wait, and this task does not hold the lock.
   * @throws `signal.reason`, if the wait was aborted.
   * @throws {TypeError} If the predicate is not a function, or the options of the wait are wrong; a `RangeError` if `timeoutMs` is NaN.
   *
   * @example Until there is something in the list
   * ```ts
   * import { Condition } from "@corral/multiprocessing";
   *
   * const condition = new Condition();
   * const list: string[] = ["something"];
   * const item = await condition.use(() => condition.waitFor(() => list.pop()));
   * console.log(item); // something
   * ```
   */
  async waitFor<R>(predicate: () => R | PromiseLike<R>, wait: WaitOptions = {}): Promise<R> {
    refuseSurplus("waitFor(predicate, wait)", arguments, 2);
    checkWait(wait);
    if (typeof predicate !== "function") {
      throw new TypeError(`Cannot wait: the predicate is ${shown(predicate)}, a function is wanted`);
    }
    const { timeoutMs = Infinity, signal } = wait;
    signal?.throwIfAborted();
    const deadline = monotonicMs() + timeoutMs;
    while (true) {
      const value = await predicate();
      const leftMs = deadline - monotonicMs();
      if (value || leftMs <= 0) return value;
      await this.wait({ timeoutMs: leftMs, signal });
    }
  }

  /**
   * Wakes waiters, in the order in which they came. Does nothing when nobody waits.
   *
   * @param count How many at most, a whole number from 0, or `Infinity` for all. @default 1
   * @throws {Error} If this task does not hold the lock.
   * @throws {RangeError} If the count is negative, or not a whole number.
   */
  async notify(count = 1): Promise<void> {
    refuseSurplus("notify(count)", arguments, 1);
    if (!(count >= 0) || count !== Infinity && !Number.isSafeInteger(count)) {
      throw new RangeError(`Cannot notify ${shown(count)}: a whole number is wanted, 0 or more`);
    }
    await this[REF].call("notify", [count]);
  }

  /**
   * Wakes all waiters.
   *
   * @throws {Error} If this task does not hold the lock.
   */
  async notifyAll(): Promise<void> {
    refuseArguments("notifyAll()", arguments);
    await this.notify(Infinity);
  }
}

function lockObject(lock: Lock | RLock): LockObject {
  const ref = (lock as Partial<Lock> | null)?.[REF];
  if (ref?.type !== "Lock" && ref?.type !== "RLock") {
    const kind = ref === undefined ? shown(lock) : `of the kind ${ref.type}`;
    throw new TypeError(`Cannot make a condition: the lock is ${kind}, a Lock or an RLock is wanted`);
  }
  const object = ref instanceof LocalRef ? ref.object : undefined;
  if (object instanceof LockObject) return object;
  const state = ref instanceof LocalRef ? "the lock is closed" : "another process made the lock";
  throw new TypeError(`Cannot make a condition: ${state}, an open lock of this process is wanted`);
}

registerHandleClass(TYPE, Condition);
