import { brand } from "../copies.ts";
import { ClosedError } from "../errors.ts";
import type { Operation, SharedObject } from "../hub/shared_object.ts";
import { type Caller, type WaitOptions, WaitQueue } from "../hub/wait_queue.ts";
import { inMicrotask } from "../timer.ts";
import type { LockObject } from "./lock_object.ts";

/**
 * The owner's side of a condition, in the same process as its lock's.
 *
 * A waiter moves from the condition to the lock's queue within one turn, so no notification and no death can
 * come between, and a notification of many wakes one process after another, not all at once.
 */
export class ConditionObject implements SharedObject {
  readonly operations: Readonly<Record<string, Operation>>;
  /** A lock that others use as well can still be released by those who acquired it through the condition: else all would wait for ever. */
  readonly reachableWhenClosed: boolean;
  /** Whether nobody else uses its lock. */
  readonly #ownsLock: boolean;
  readonly #lock: LockObject;
  readonly #sleepers = new WaitQueue<void>();
  #closed = false;

  constructor(lock: LockObject, ownsLock: boolean) {
    this.#lock = lock;
    this.#ownsLock = ownsLock;
    this.reachableWhenClosed = !ownsLock;
    const { acquire, tryAcquire, locked, release, releaseToken } = lock.operations;
    this.operations = {
      release,
      releaseToken,
      acquire: (caller, wait) => this.#open() && acquire(caller, wait),
      tryAcquire: (caller) => this.#open() && tryAcquire(caller),
      locked: () => this.#open() && locked(),
      wait: (caller, wait) => this.#open() && this.#wait(caller, wait),
      notify: (caller, _wait, count: unknown) => {
        this.#open();
        if (typeof count !== "number") throw new TypeError("Cannot notify: the count is not a number");
        this.#checkHeld(caller, "notify");
        this.#notify(count);
      },
    };
  }

  processEnded(isEnded: (process: string) => boolean): void {
    this.#sleepers.dropProcess(isEnded);
    this.#lock.processEnded(isEnded);
  }

  close(): void {
    this.#closed = true;
    // The lock first: who cannot have it back need not wait for it.
    if (this.#ownsLock) this.#lock.close();
    this.#sleepers.rejectAll();
  }

  #wait(caller: Caller, wait: WaitOptions): Promise<boolean> {
    this.#checkHeld(caller, "wait");
    return new Promise((resolve, reject) => {
      const holding = this.#lock.suspend();
      this.#sleepers.enter(caller, wait, {
        resolve: () =>
          this.#lock.resume(holding, {
            resolve: () => resolve(true),
            reject: (error, end) => {
              reject(error);
              // It was notified and died before it could act on that: somebody else should. Later, when all objects know.
              if (end === "ended") inMicrotask(() => this.#notify(1));
            },
          }),
        reject: (error, end) => {
          if (end === "ended") return reject(error);
          const settle = (): void => end === "timeout" ? resolve(false) : reject(error);
          this.#lock.resume(holding, { resolve: settle, reject });
        },
      });
    });
  }

  #notify(count: number): void {
    for (let left = Math.min(count, this.#sleepers.size); left >= 1; left--) this.#sleepers.serve();
  }

  #open(): true {
    if (this.#closed) throw new ClosedError("Cannot use the condition: it was closed");
    return true;
  }

  #checkHeld(caller: Caller, action: string): void {
    if (!this.#lock.isHeldBy(caller)) {
      throw new Error(`Cannot ${action}: this task does not hold the condition's lock, acquire it first`);
    }
  }
}

brand({ ConditionObject });
