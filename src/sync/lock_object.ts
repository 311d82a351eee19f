import type { SharedObject } from "../hub/shared_object.ts";
import { type Caller, type WaitOptions, WaitQueue } from "../hub/wait_queue.ts";
import type { Grant } from "./guard.ts";

/** The owner's side of a lock. */
export class LockObject implements SharedObject {
  readonly operations = {
    acquire: (caller: Caller, wait: WaitOptions): Promise<Grant> | Grant => this.#acquire(caller, wait),
    tryAcquire: (caller: Caller): Grant | undefined => this.#holder === undefined ? this.#take(caller) : undefined,
    release: (): void => this.#release(),
    releaseToken: (_caller: Caller, _wait: WaitOptions, token: unknown): void => {
      if (token === this.#token) this.#release();
    },
    locked: (): boolean => this.#holder !== undefined,
  };
  readonly #waiters = new WaitQueue<Grant>();
  #holder: Caller | undefined;
  #token = 0;
  #abandoned = false;

  processEnded(isEnded: (process: string) => boolean): void {
    this.#waiters.dropProcess(isEnded);
    if (this.#holder === undefined || !isEnded(this.#holder.process)) return;
    this.#abandoned = true;
    this.#passOn();
  }

  #acquire(caller: Caller, wait: WaitOptions): Promise<Grant> | Grant {
    if (this.#holder === undefined) return this.#take(caller);
    return this.#waiters.wait(caller, wait);
  }

  #take(caller: Caller): Grant {
    const { abandoned } = this.#nextGrant();
    this.#holder = caller;
    return { token: this.#token, abandoned };
  }

  #release(): void {
    if (this.#holder === undefined) throw new Error("Cannot release the lock: nobody holds it");
    this.#passOn();
  }

  #passOn(): void {
    this.#holder = this.#waiters.peek();
    if (this.#holder !== undefined) this.#waiters.grant(this.#nextGrant());
  }

  #nextGrant(): Grant {
    const grant = { token: ++this.#token, abandoned: this.#abandoned };
    this.#abandoned = false;
    return grant;
  }
}
