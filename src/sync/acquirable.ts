import { REF, SharedHandle } from "../hub/handle.ts";
import type { WaitOptions } from "../hub/wait_queue.ts";
import { type Grant, Guard } from "./guard.ts";

/** What {@linkcode Lock}, {@linkcode RLock}, semaphores and {@linkcode Condition} have in common: they are acquired and released. */
export abstract class Acquirable extends SharedHandle {
  /**
   * Waits for it, first come, first served.
   *
   * @param wait How long; without it, as long as it takes.
   * @returns The guard, whose disposal releases it, once.
   * @throws {TimeoutError} If it took longer than `timeoutMs`; 0 does not wait.
   * @throws `signal.reason`, if the wait was aborted.
   * @throws {ClosedError} If it was closed.
   */
  async acquire(wait?: WaitOptions): Promise<Guard> {
    return new Guard(this, await this[REF].call("acquire", [], wait) as Grant);
  }

  /** Takes it if nobody has to be waited for. Returns `undefined` otherwise. */
  async tryAcquire(): Promise<Guard | undefined> {
    const grant = await this[REF].call("tryAcquire", []) as Grant | undefined;
    return grant === undefined ? undefined : new Guard(this, grant);
  }

  /** Releases it without its guard. */
  async release(): Promise<void> {
    await this[REF].call("release", []);
  }

  /** Runs a function while holding it. Returns what the function returns. */
  async use<R>(body: () => R | PromiseLike<R>, wait?: WaitOptions): Promise<R> {
    const guard = await this.acquire(wait);
    try {
      return await body();
    } finally {
      await guard.release();
    }
  }
}
