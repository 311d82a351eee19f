import { epochMs } from "../timer.ts";

/** One tenure of a lock, or one permit of a semaphore. */
export interface Tenure {
  /** Names it to the lock's owner. */
  readonly token: number;
  /** The task that has it. */
  readonly task: number;
  /** When it arrived, by this process's clock. */
  readonly since: number;
}

/** A lock of another process, as this process refers to it. */
export interface RemoteLock {
  /** The task that is running in this process. */
  readonly task: number;
  /** Calls an operation. */
  call(operation: string, args: unknown[]): Promise<unknown>;
}

/** How long after it began a tenure can be taken again, by the whole milliseconds of a clock that is quickly read. */
const LONGEST_TENURE_MS = 2;

/**
 * The tenure that this process has released last, while the lock's owner does not know it yet.
 *
 * What is released and acquired again within one run of synchronous code, as by a loop whose body is a critical section, never
 * leaves the process: neither is worth a round trip. To the owner, it is one tenure. As soon as other code could run, the owner
 * is told. Only a lock that was acquired again like that is kept back, from the second time on: what follows may compute, and no process
 * should wait for a lock because the one that had it does. See `docs/decisions/sharing.md`.
 */
export class DeferredRelease {
  #lock: RemoteLock | undefined;
  #tenure: Tenure | undefined;
  /** What was released in this run of synchronous code, and sent at once. */
  #sent: RemoteLock | undefined;
  /** What was acquired again in the run in which it was released. */
  #repeated: WeakRef<RemoteLock> | undefined;
  #isScheduled = false;
  readonly #settled = Promise.resolve();
  readonly #sendLater = (): void => {
    this.#isScheduled = false;
    this.#sent = undefined;
    if (this.#lock === undefined) return;
    this.#repeated = undefined;
    this.send();
    this.#flush();
  };
  readonly #flush: () => void;
  readonly #clock: () => number;

  /**
   * @param flush Lets leave what was sent.
   * @param clock Tells how long a tenure lasts, in milliseconds.
   */
  constructor(flush: () => void, clock: () => number = epochMs) {
    this.#flush = flush;
    this.#clock = clock;
  }

  /** A tenure that begins now. */
  begin(token: number, task: number): Tenure {
    return { token, task, since: this.#clock() };
  }

  /** Releases: before the next message to the peer, and before any code that waits for a promise goes on. */
  add(lock: RemoteLock, tenure: Tenure): void {
    this.send();
    this.#lock = lock;
    this.#tenure = tenure;
    if (this.#repeated?.deref() !== lock || !this.#isShort(tenure)) {
      this.send();
      this.#flush();
      this.#sent = lock;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#settled.then(this.#sendLater);
  }

  /** The tenure that the task has just released, unless it was a long one, or another one was released since. */
  retake(lock: RemoteLock): Tenure | undefined {
    if (this.#sent === lock) this.#repeated = new WeakRef(lock);
    const tenure = this.#tenure;
    if (this.#lock !== lock || tenure === undefined || tenure.task !== lock.task) return undefined;
    if (!this.#isShort(tenure)) return undefined;
    this.#lock = this.#tenure = undefined;
    return tenure;
  }

  #isShort({ since }: Tenure): boolean {
    const passed = this.#clock() - since;
    return passed >= 0 && passed <= LONGEST_TENURE_MS;
  }

  /** Tells the owner. That comes before any other message: who learns from one what came next may rely on it. */
  send(): void {
    const [lock, tenure] = [this.#lock, this.#tenure];
    if (lock === undefined || tenure === undefined) return;
    this.#lock = this.#tenure = undefined;
    lock.call("releaseToken", [tenure.token]).catch(() => {});
  }
}
