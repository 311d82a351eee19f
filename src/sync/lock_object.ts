import { brand } from "../copies.ts";
import { ClosedError } from "../errors.ts";
import type { Operation, SharedObject } from "../hub/shared_object.ts";
import { type Caller, type Waiting, type WaitOptions, WaitQueue } from "../hub/wait_queue.ts";
import type { Acquired } from "./guard.ts";

/** Somebody who has the lock: once for each token. */
export interface Holding {
  readonly caller: Caller;
  readonly tokens: number[];
}

/** The owner's side of a lock. */
export class LockObject implements SharedObject {
  readonly operations = {
    acquire: (caller, wait): Promise<Acquired> | Acquired => this.#acquire(caller, wait),
    tryAcquire: (caller): Acquired | undefined => {
      this.#requireOpen();
      return this.mayEnter(caller) ? this.#enter(caller) : undefined;
    },
    release: (caller): void => this.#release(caller),
    releaseToken: (caller, _wait, token: unknown): void => this.#releaseToken(caller, token),
    locked: (): boolean => this.holding !== undefined,
  } satisfies Record<string, Operation>;
  /** Who has it. */
  protected holding: Holding | undefined;
  protected readonly waiters = new WaitQueue<void>("Cannot acquire the lock: somebody else has it");
  /** Those who let go of it while they wait for a condition, and will have it again. */
  readonly #suspended = new Set<Holding>();
  #lastToken = 0;
  #abandoned = false;
  /** A condition of it may still be used, but nobody can give it back any more. */
  #closed = false;

  processEnded(isEnded: (process: string) => boolean): void {
    this.waiters.dropProcess(isEnded);
    for (const holding of this.#suspended) if (isEnded(holding.caller.process)) this.#suspended.delete(holding);
    if (this.holding === undefined || !isEnded(this.holding.caller.process)) return;
    this.#abandoned = true;
    this.passOn();
  }

  close(): void {
    this.#closed = true;
    this.waiters.rejectAll();
  }

  /** Whether the caller has it. */
  isHeldBy({ process, task }: Caller): boolean {
    return this.holding?.caller.process === process && this.holding.caller.task === task;
  }

  /** Takes it away from its holder, however often it was acquired, until that is resumed. */
  suspend(): Holding {
    const holding = this.holding!;
    this.#suspended.add(holding);
    this.passOn();
    return holding;
  }

  /** Gives it back to a former holder, when those before have had it. Only the holder's end, or the lock's, ends the wait. */
  resume(holding: Holding, waiting: Waiting<void>): void {
    if (this.#closed) return waiting.reject(closedError(), "closed");
    const resolve = (): void => {
      this.#suspended.delete(holding);
      if (this.holding === undefined) this.holding = holding;
      else this.holding.tokens.push(...holding.tokens);
      waiting.resolve();
      // All its guards were disposed of in the meantime.
      if (this.holding.tokens.length === 0) this.passOn();
    };
    if (this.mayEnter(holding.caller)) resolve();
    else this.waiters.enter(holding.caller, {}, { resolve, reject: waiting.reject });
  }

  /** Whether the caller need not wait. */
  protected mayEnter(_caller: Caller): boolean {
    return this.holding === undefined;
  }

  /** Throws if the caller may not release it. */
  protected checkRelease(_caller: Caller): void {
    if (this.holding === undefined) throw new Error("Cannot release the lock: nobody holds it");
  }

  /** Nobody holds it any more: the next may. */
  protected passOn(): void {
    this.holding = undefined;
    this.waiters.serve();
  }

  #requireOpen(): void {
    if (this.#closed) throw closedError();
  }

  #acquire(caller: Caller, wait: WaitOptions): Promise<Acquired> | Acquired {
    this.#requireOpen();
    if (this.mayEnter(caller)) return this.#enter(caller);
    return new Promise((resolve, reject) => {
      this.waiters.enter(caller, wait, { resolve: () => resolve(this.#enter(caller)), reject });
    });
  }

  #enter(caller: Caller): Acquired {
    const token = ++this.#lastToken;
    if (this.holding === undefined) this.holding = { caller, tokens: [token] };
    else this.holding.tokens.push(token);
    const abandoned = this.#abandoned;
    this.#abandoned = false;
    return { token, abandoned };
  }

  #release(caller: Caller): void {
    this.checkRelease(caller);
    this.holding!.tokens.pop();
    if (this.holding!.tokens.length === 0) this.passOn();
  }

  /** A token that is no longer held has been released already, in one way or another. */
  #releaseToken({ process }: Caller, token: unknown): void {
    for (const holding of [this.holding, ...this.#suspended]) {
      const index = holding?.caller.process === process ? holding.tokens.indexOf(token as number) : -1;
      if (index < 0) continue;
      holding!.tokens.splice(index, 1);
      if (holding === this.holding && holding!.tokens.length === 0) this.passOn();
      return;
    }
  }
}

/** The owner's side of a lock that its holder may acquire again. */
export class RLockObject extends LockObject {
  protected override mayEnter(caller: Caller): boolean {
    return super.mayEnter(caller) || this.isHeldBy(caller);
  }

  protected override checkRelease(caller: Caller): void {
    super.checkRelease(caller);
    if (!this.isHeldBy(caller)) {
      throw new Error("Cannot release the lock: another task holds it, and only that task can release it");
    }
  }

  protected override passOn(): void {
    super.passOn();
    // A task that asked twice need not wait for itself.
    if (this.holding !== undefined) this.waiters.serveWhere((caller) => this.isHeldBy(caller), undefined);
  }
}

function closedError(): ClosedError {
  return new ClosedError("Cannot acquire the lock: it was closed");
}

brand({ LockObject });
