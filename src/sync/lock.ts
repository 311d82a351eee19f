import { Guard } from "./guard.ts";
import { type Handle, type ObjectRef, REF, registerHandleType } from "../hub/handle.ts";
import { hub } from "../hub/hub.ts";
import type { WaitOptions } from "../hub/wait_queue.ts";
import { LockObject } from "./lock_object.ts";

const TYPE = "Lock";

/**
 * A lock that processes share: one holder at a time.
 *
 * - Waiters get it in the order in which they asked.
 * - If the process that holds it dies, the next guard has `abandoned: true`.
 * - Any process may release it, as in Python.
 *
 * It may travel in any argument, result, queue item or pipe message. Python's `multiprocessing.Lock`
 * (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Lock).
 *
 * @example One at a time
 * ```ts
 * import { Lock } from "@corral/multiprocessing";
 *
 * const lock = new Lock();
 * {
 *   using guard = await lock.acquire();
 *   console.log(await lock.locked(), guard.abandoned); // true false
 * }
 * ```
 */
export class Lock implements Handle {
  /** How the lock travels. */
  readonly [REF]: ObjectRef;

  /** Makes a lock that nobody holds. It lives in this process. */
  constructor() {
    this[REF] = hub.own(TYPE, new LockObject());
  }

  /**
   * Waits for the lock.
   *
   * @param wait How long; without it, as long as it takes.
   * @returns The guard, whose disposal releases the lock, once.
   * @throws {TimeoutError} If it took longer than `timeoutMs`.
   * @throws `signal.reason`, if the wait was aborted.
   */
  async acquire(wait?: WaitOptions): Promise<Guard> {
    const grant = await this[REF].call("acquire", [], wait) as { token: number; abandoned: boolean };
    return new Guard(this[REF], grant);
  }

  /** Takes the lock if nobody holds it. Never waits for the holder. */
  async tryAcquire(): Promise<Guard | undefined> {
    const grant = await this[REF].call("tryAcquire", []) as { token: number; abandoned: boolean } | undefined;
    return grant === undefined ? undefined : new Guard(this[REF], grant);
  }

  /**
   * Releases the lock, whoever holds it.
   *
   * @throws {Error} If nobody holds it.
   */
  async release(): Promise<void> {
    await this[REF].call("release", []);
  }

  /** Whether somebody holds it. */
  async locked(): Promise<boolean> {
    return await this[REF].call("locked", []) as boolean;
  }

  /** Runs a function while holding the lock. */
  async use<R>(body: () => R | Promise<R>, wait?: WaitOptions): Promise<R> {
    const guard = await this.acquire(wait);
    try {
      return await body();
    } finally {
      await guard.release();
    }
  }
}

registerHandleType(TYPE, (ref) => Object.create(Lock.prototype, { [REF]: { value: ref } }) as Lock);
