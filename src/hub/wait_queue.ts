import { ClosedError, TimeoutError } from "../errors.ts";

/** How long a wait may last. */
export interface WaitOptions {
  /** Milliseconds; 0 or less does not wait. @default as long as it takes */
  timeoutMs?: number | undefined;
  /** Ends the wait; it rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
}

/** Who waits, or holds something: a process, and the task in it. */
export interface Caller {
  /** "" for the process that owns the object, otherwise the way to the process, one name per hop. */
  readonly process: string;
  /** The task in that process; 0 when none runs. */
  readonly task: number;
}

interface Waiter<T> {
  readonly caller: Caller;
  resolve(value: T): void;
  reject(error: unknown): void;
  next: Waiter<T> | undefined;
  previous: Waiter<T> | undefined;
  settled: boolean;
}

/**
 * Waiters, served first come, first served.
 *
 * The one place where a grant races a timeout, an abort, or the end of the waiter's process: a waiter is settled
 * once, by whichever comes first, and then it is no longer in the queue. So nothing is granted to nobody.
 */
export class WaitQueue<T> {
  #first: Waiter<T> | undefined;
  #last: Waiter<T> | undefined;
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Waits for a grant. Rejects with TimeoutError, or with the signal's reason. */
  wait(caller: Caller, { timeoutMs, signal }: WaitOptions = {}): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (timeoutMs !== undefined && timeoutMs <= 0) return Promise.reject(timeoutError(0));
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = { caller, resolve, reject, next: undefined, previous: this.#last, settled: false };
      if (this.#last === undefined) this.#first = waiter;
      else this.#last.next = waiter;
      this.#last = waiter;
      this.#size++;
      if (timeoutMs !== undefined || signal !== undefined) this.#limit(waiter, timeoutMs, signal);
    });
  }

  /** Settles the first waiter with a value. Returns who it was, or `undefined` when nobody waits. */
  grant(value: T): Caller | undefined {
    const waiter = this.#first;
    if (waiter === undefined) return undefined;
    this.#remove(waiter);
    waiter.resolve(value);
    return waiter.caller;
  }

  /** Who would be granted next. */
  peek(): Caller | undefined {
    return this.#first?.caller;
  }

  /** Rejects all waiters. */
  rejectAll(makeError: () => Error = () => new ClosedError("The object was closed while waiting")): void {
    for (let waiter; (waiter = this.#first) !== undefined;) {
      this.#remove(waiter);
      waiter.reject(makeError());
    }
  }

  /** Drops the waiters of a process that has ended. */
  dropProcess(isEnded: (process: string) => boolean): void {
    for (let waiter = this.#first; waiter !== undefined; waiter = waiter.next) {
      if (!isEnded(waiter.caller.process)) continue;
      this.#remove(waiter);
      waiter.reject(new ClosedError("The waiting process has ended"));
    }
  }

  #limit(waiter: Waiter<T>, timeoutMs: number | undefined, signal: AbortSignal | undefined): void {
    const { resolve, reject } = waiter;
    const give = (error: unknown): void => {
      if (waiter.settled) return;
      this.#remove(waiter);
      waiter.reject(error);
    };
    const onAbort = (): void => give(signal!.reason);
    const timer = timeoutMs === undefined || timeoutMs === Infinity
      ? undefined
      : setTimeout(() => give(timeoutError(timeoutMs)), timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    const clear = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    waiter.resolve = (value) => {
      clear();
      resolve(value);
    };
    waiter.reject = (error) => {
      clear();
      reject(error);
    };
  }

  #remove(waiter: Waiter<T>): void {
    waiter.settled = true;
    if (waiter.previous === undefined) this.#first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    this.#size--;
  }
}

function timeoutError(timeoutMs: number): TimeoutError {
  return new TimeoutError(timeoutMs <= 0 ? "It would have to wait" : `Waited ${timeoutMs} ms in vain`);
}
