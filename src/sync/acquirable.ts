import { type Handle, REF, SharedHandle } from "../hub/handle.ts";
import type { WaitOptions } from "../hub/wait_queue.ts";
import { refuseArguments, refuseSurplus, shown } from "../shown.ts";
import { checkWait } from "../timer.ts";
import { type Acquired, Guard } from "./guard.ts";

/**
 * What {@linkcode Lock}, {@linkcode RLock}, semaphores and {@linkcode Condition} have in common: they are acquired and released.
 *
 * @example All ways to hold a lock
 * ```ts
 * import { Lock } from "@corral/multiprocessing";
 *
 * const lock = new Lock();
 * {
 *   using _guard = await lock.acquire({ timeoutMs: 1000 });
 *   console.log(await lock.tryAcquire()); // undefined
 * }
 * console.log(await lock.use(() => "held")); // held
 * await lock.acquire();
 * await lock.release();
 * ```
 */
export abstract class Acquirable extends SharedHandle {
  /**
   * Waits for it, first come, first served.
   *
   * @param wait How long; without it, as long as it takes.
   * @returns The guard, whose disposal releases it, once.
   * @throws {TimeoutError} If it took longer than `timeoutMs`; 0 does not wait.
   * @throws `signal.reason`, if the wait was aborted.
   * @throws {ClosedError} If it was closed.
   * @throws {TypeError} If the options of the wait are wrong; a `RangeError` if `timeoutMs` is NaN.
   */
  async acquire(wait?: WaitOptions): Promise<Guard> {
    refuseSurplus("acquire(wait)", arguments, 1);
    if (wait !== undefined) checkWait(wait);
    const tenure = wait?.signal?.aborted ? undefined : this[REF].deferredRelease?.retake(this[REF]);
    if (tenure !== undefined) return new Guard(this, tenure, false);
    return makeGuard(this, await this[REF].call("acquire", [], wait) as Acquired);
  }

  /**
   * Takes it if it is free. Never waits for another holder.
   *
   * @returns The guard, or `undefined` if it is not free.
   * @throws {TypeError} If it is given a limit of time: `acquire()` takes one.
   * @throws {ClosedError} If it was closed.
   */
  async tryAcquire(): Promise<Guard | undefined> {
    refuseArguments("tryAcquire()", arguments, " and never waits, acquire({ timeoutMs }) does");
    const tenure = this[REF].deferredRelease?.retake(this[REF]);
    if (tenure !== undefined) return new Guard(this, tenure, false);
    const acquired = await this[REF].call("tryAcquire", []) as Acquired | undefined;
    return acquired === undefined ? undefined : makeGuard(this, acquired);
  }

  /**
   * Releases it without its guard.
   *
   * @throws {ClosedError} If it was closed.
   */
  async release(): Promise<void> {
    await this[REF].call("release", []);
  }

  /**
   * Waits for it, runs a function while holding it, and releases it, even when the function throws.
   *
   * @param body The function; may be asynchronous.
   * @param wait How long to wait for it; without it, as long as it takes. It does not limit the function.
   * @returns What the function returns, awaited.
   * @throws What `acquire()` throws, or the function.
   * @throws {TypeError} If it is not a function.
   */
  async use<R>(body: () => R | PromiseLike<R>, wait?: WaitOptions): Promise<R> {
    refuseSurplus("use(body, wait)", arguments, 2);
    if (typeof body !== "function") {
      throw new TypeError(`Cannot call use() with ${shown(body)}: a function is wanted, which runs while this is held`);
    }
    // Not `using`: see require_deno.ts.
    const guard = await this.acquire(wait);
    try {
      return await body();
    } finally {
      guard[Symbol.dispose]();
    }
  }
}

function makeGuard(handle: Handle, { token, abandoned }: Acquired): Guard {
  const { deferredRelease, task } = handle[REF];
  return new Guard(handle, deferredRelease?.begin(token, task) ?? { token, task, since: 0 }, abandoned);
}
