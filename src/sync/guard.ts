import { brand } from "../copies.ts";
import { type Handle, REF } from "../hub/handle.ts";
import type { Tenure } from "../hub/deferred_release.ts";
import { refuseArguments } from "../shown.ts";

/** What the owner answers when a lock was acquired. */
export interface Acquired {
  /** Stands for this one holding, so that it is released once only. */
  readonly token: number;
  /** Whether the holder before died without releasing. */
  readonly abandoned: boolean;
}

/**
 * The right to go on, until it is given back: by `using`, `await using` or `release()`.
 *
 * It is given back once only; giving it back again is harmless, even when somebody else has it by then.
 *
 * @example Given back by hand
 * ```ts
 * import { Lock } from "@corral/multiprocessing";
 *
 * const lock = new Lock();
 * const guard = await lock.acquire();
 * console.log(guard.abandoned); // false
 * await guard.release();
 * await guard.release(); // harmless
 * ```
 */
export class Guard implements Disposable, AsyncDisposable {
  /** Whether the process that held it before died without giving it back: what it guards may be half done. */
  readonly abandoned: boolean;
  // The handle, not its reference alone: without the handle, the owner would forget that this process may use the object.
  readonly #handle: Handle;
  readonly #tenure: Tenure;
  #ended = false;
  #released: Promise<void> | undefined;

  /** Only locks and semaphores make these. */
  constructor(handle: Handle, tenure: Tenure, abandoned: boolean) {
    this.#handle = handle;
    this.#tenure = tenure;
    this.abandoned = abandoned;
  }

  /** Gives it back, and waits until the process that owns it knows. */
  async release(): Promise<void> {
    refuseArguments("release()", arguments);
    if (!this.#ended) {
      this.#ended = true;
      this.#released = this.#handle[REF].call("releaseToken", [this.#tenure.token]).then(() => {});
    }
    await this.#released;
  }

  /**
   * Gives it back, and does not wait until the process that owns it knows. What this process sends afterwards arrives after that.
   *
   * In another process than the owner's, a loop that takes it again at once can keep it for some 2 ms, although others wait. The last turn of
   * such a loop is told of when the code waits for something: before it computes for long, use `release()`.
   */
  [Symbol.dispose](): void {
    const ref = this.#handle[REF];
    if (ref.deferredRelease === undefined) return void this.release().catch(() => {});
    if (this.#ended) return;
    this.#ended = true;
    ref.deferredRelease.add(ref, this.#tenure);
  }

  /** Does what `release()` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

brand({ Guard });
