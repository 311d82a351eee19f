import { type Handle, REF } from "../hub/handle.ts";
import type { Turn } from "../hub/returned_turns.ts";

/** What the owner says when it grants a lock. */
export interface Grant {
  /** Stands for this one holding, so that it is released once only. */
  readonly token: number;
  /** Whether the holder before died without releasing. */
  readonly abandoned: boolean;
}

/**
 * The right to go on, until it is given back: by `using`, `await using` or `release()`.
 *
 * It is given back once only; giving it back again is harmless, also when somebody else has it by then.
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
  readonly #turn: Turn;
  #ended = false;
  #released: Promise<void> | undefined;

  /** Only locks and semaphores make these. */
  constructor(handle: Handle, turn: Turn, abandoned: boolean) {
    this.#handle = handle;
    this.#turn = turn;
    this.abandoned = abandoned;
  }

  /** Gives it back, and waits until the owner knows. */
  async release(): Promise<void> {
    if (!this.#ended) {
      this.#ended = true;
      this.#released = this.#handle[REF].call("releaseToken", [this.#turn.token]).then(() => {});
    }
    await this.#released;
  }

  /**
   * Gives it back, without waiting until the owner knows: whoever hears from this process afterwards may rely on it.
   *
   * In another process than the owner's, a loop that takes it again at once keeps it for two milliseconds or so, whoever waits.
   */
  [Symbol.dispose](): void {
    const ref = this.#handle[REF];
    if (ref.turns === undefined) return void this.release().catch(() => {});
    if (this.#ended) return;
    this.#ended = true;
    ref.turns.add(ref, this.#turn);
  }

  /** Gives it back, and waits until the owner knows. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
