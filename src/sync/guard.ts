import { type Handle, REF } from "../hub/handle.ts";

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
 */
export class Guard implements Disposable, AsyncDisposable {
  // The handle, not its reference alone: without the handle, the owner would forget that this process may use the object.
  readonly #handle: Handle;
  readonly #grant: Grant;
  #released: Promise<void> | undefined;

  /** Only locks and semaphores make these. */
  constructor(handle: Handle, grant: Grant) {
    this.#handle = handle;
    this.#grant = grant;
  }

  /** Whether the process that held it before died without giving it back: what it guards may be half done. */
  get abandoned(): boolean {
    return this.#grant.abandoned;
  }

  /** Gives it back, and waits until the owner knows. */
  async release(): Promise<void> {
    this.#released ??= this.#handle[REF].call("releaseToken", [this.#grant.token]).then(() => {});
    await this.#released;
  }

  /** Gives it back, without waiting until the owner knows: whoever waits comes next in any case. */
  [Symbol.dispose](): void {
    this.release().catch(() => {});
  }

  /** Gives it back, and waits until the owner knows. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
