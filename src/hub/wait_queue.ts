import { type AbortTarget, unwatchAbort, watchAbort } from "../abort.ts";
import { brand } from "../copies.ts";
import { ClosedError, TimeoutError } from "../errors.ts";
import { after, monotonicMs } from "../timer.ts";
import { withoutStack } from "../wire/codec/error_codec.ts";

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

/** A wait on behalf of another process: its abort is a message, for which an AbortSignal would cost too much. */
export class RemoteWait implements WaitOptions {
  readonly timeoutMs: number | undefined;
  /** What the caller asked for, when this is the rest of it; `null` for ever. */
  readonly askedMs: number | null;
  /** Called when the wait is ended. */
  onCancel: (() => void) | undefined = undefined;
  #controller: AbortController | undefined;
  #isCancelled = false;
  readonly #endsAt: number;

  constructor(timeoutMs: number | null, askedMs: number | null = timeoutMs) {
    this.timeoutMs = timeoutMs ?? undefined;
    this.askedMs = askedMs;
    this.#endsAt = timeoutMs === null ? Infinity : monotonicMs() + timeoutMs;
  }

  /** The same wait once more, for the rest of its time. */
  again(): RemoteWait {
    return new RemoteWait(this.#endsAt === Infinity ? null : Math.max(0, this.#endsAt - monotonicMs()), this.askedMs);
  }

  /** Whether it was ended. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Made when somebody asks for it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isCancelled) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Ends the wait. */
  cancel(): void {
    this.#isCancelled = true;
    this.onCancel?.();
    this.#controller?.abort();
  }
}

brand({ RemoteWait });

let cancelled: ClosedError | undefined;

/**
 * Why a wait ends that another process gave up. One for all: nobody looks at it, and thousands may be given up at once. Made when it is
 * wanted: a stack that is taken while the library is evaluated makes V8 parse all of its text once more.
 */
export function cancellation(): ClosedError {
  return cancelled ??= withoutStack(() => new ClosedError("The wait was cancelled"));
}

/** Why a wait ended without success: by its time, by its signal, by the end of the waiting process, or by the object. */
export type WaitEnd = "timeout" | "abort" | "ended" | "closed";

/** What becomes of a wait. Told in the same turn in which it leaves the queue, so that nothing comes between. */
export interface Waiting<T> {
  resolve(value: T): void;
  reject(error: unknown, end: WaitEnd): void;
}

interface Waiter<T, C> extends Waiting<T> {
  readonly caller: C;
  next: Waiter<T, C> | undefined;
  previous: Waiter<T, C> | undefined;
  settled: boolean;
}

/**
 * Waiters, served first come, first served.
 *
 * The one place where success races a timeout, an abort, or the end of the waiter's process: a waiter is settled
 * once, by whichever comes first, and then it is no longer in the queue. So nothing is given to one that has left.
 */
export class WaitQueue<T, C extends Caller = Caller> {
  readonly #pending: Pending;
  #first: Waiter<T, C> | undefined;
  #last: Waiter<T, C> | undefined;
  #size = 0;

  /**
   * What a wait says that ends by its time; where that is not an error, nothing need be given.
   *
   * @param state What cannot be done while one waits, and why: "Cannot acquire the lock: somebody else has it".
   * @param remedy What then became of it, and what to do.
   */
  constructor(
    state = "Cannot go on: what is waited for has not come",
    remedy = 'wait again, or with a longer "timeoutMs"',
  ) {
    this.#pending = { state, remedy };
  }

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Waits to be served. Rejects with TimeoutError, or with the signal's reason. */
  wait(caller: C, wait: WaitOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => this.enter(caller, wait, { resolve, reject }));
  }

  /** Waits to be served, for those who must act on the end of the wait before anything else happens. */
  enter(caller: C, wait: WaitOptions, { resolve, reject }: Waiting<T>): void {
    const { timeoutMs } = wait;
    if (isAborted(wait)) return reject(wait.signal!.reason, "abort");
    if (timeoutMs !== undefined && timeoutMs <= 0) return reject(limitError(this.#pending, wait), "timeout");
    const waiter: Waiter<T, C> = { caller, resolve, reject, next: undefined, previous: this.#last, settled: false };
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    this.#size++;
    this.#limit(waiter, wait);
  }

  /** Settles the first waiter with a value. Returns who it was, or `undefined` when nobody waits. */
  serve(value: T): C | undefined {
    const waiter = this.#first;
    if (waiter === undefined) return undefined;
    this.#remove(waiter);
    waiter.resolve(value);
    return waiter.caller;
  }

  /** Settles all that wait now with a value. */
  serveAll(value: T): void {
    this.serveWhere(() => true, value);
  }

  /** Settles those for which `matches` holds with a value. */
  serveWhere(matches: (caller: C) => boolean, value: T): void {
    this.#removeWhere(matches, (waiter) => waiter.resolve(value));
  }

  /** Who would be served next. */
  peek(): C | undefined {
    return this.#first?.caller;
  }

  /** Rejects all waiters. */
  rejectAll(
    makeError: (caller: C) => Error = () => new ClosedError("The object was closed while waiting"),
  ): void {
    this.rejectWhere(() => true, makeError);
  }

  /** Rejects the waiters for which `matches` holds. */
  rejectWhere(matches: (caller: C) => boolean, makeError: (caller: C) => Error, end: WaitEnd = "closed"): void {
    this.#removeWhere(matches, (waiter) => waiter.reject(makeError(waiter.caller), end));
  }

  /** Drops the waiters of a process that has ended. */
  dropProcess(isEnded: (process: string) => boolean): void {
    const makeError = (): Error => new ClosedError("The waiting process has ended");
    this.rejectWhere(({ process }) => isEnded(process), makeError, "ended");
  }

  #removeWhere(matches: (caller: C) => boolean, settle: (waiter: Waiter<T, C>) => void): void {
    // What one of them does then may settle others, and may wait again.
    const last = this.#last;
    for (let waiter = this.#first; waiter !== undefined; waiter = waiter === last ? undefined : waiter.next) {
      if (waiter.settled || !matches(waiter.caller)) continue;
      this.#remove(waiter);
      settle(waiter);
    }
  }

  #limit(waiter: Waiter<T, C>, wait: WaitOptions): void {
    const give = (makeError: () => unknown, end: WaitEnd): void => {
      if (waiter.settled) return;
      this.#remove(waiter);
      waiter.reject(makeError(), end);
    };
    const { timeoutMs } = wait;
    if (timeoutMs !== undefined && timeoutMs < Infinity) {
      const timer = after(timeoutMs, () => give(() => limitError(this.#pending, wait), "timeout"));
      onSettled(waiter, () => timer.cancel());
    }
    if (wait instanceof RemoteWait) {
      wait.onCancel = () => give(cancellation, "abort");
    } else if (wait.signal !== undefined) {
      const { signal } = wait;
      const target: AbortTarget = { aborted: (reason) => give(() => reason, "abort") };
      watchAbort(signal, target);
      onSettled(waiter, () => unwatchAbort(signal, target));
    }
  }

  #remove(waiter: Waiter<T, C>): void {
    waiter.settled = true;
    if (waiter.previous === undefined) this.#first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    this.#size--;
  }
}

function isAborted(wait: WaitOptions): boolean {
  return wait instanceof RemoteWait ? wait.isCancelled : wait.signal?.aborted === true;
}

function onSettled<T, C>(waiter: Waiter<T, C>, clear: () => void): void {
  const { resolve, reject } = waiter;
  waiter.resolve = (value) => {
    clear();
    resolve(value);
  };
  waiter.reject = (error, end) => {
    clear();
    reject(error, end);
  };
}

/** What a wait says that ends by its time. */
interface Pending {
  readonly state: string;
  readonly remedy: string;
}

let lastRemote: { readonly state: string; readonly timeoutMs: number; readonly error: TimeoutError } | undefined;

/** For another process one will do for all with the same limit, without a stack of this one: thousands of waits may end at once. */
function limitError(pending: Pending, wait: WaitOptions): TimeoutError {
  const { state } = pending;
  if (!(wait instanceof RemoteWait)) return timeoutError(pending, wait.timeoutMs!);
  const timeoutMs = wait.askedMs!;
  if (lastRemote?.timeoutMs !== timeoutMs || lastRemote.state !== state) {
    lastRemote = { state, timeoutMs, error: withoutStack(() => timeoutError(pending, timeoutMs)) };
  }
  return lastRemote.error;
}

/** Why a wait ended by its time. Of one that was asked again of another process, the rest of its time is known, to the nanosecond. */
export function timeoutError({ state, remedy }: Pending, timeoutMs: number): TimeoutError {
  if (timeoutMs <= 0) return new TimeoutError(`${state}, and "timeoutMs" says not to wait`);
  const ms = timeoutMs < 10 ? Number(timeoutMs.toPrecision(3)) : Math.round(timeoutMs);
  return new TimeoutError(`${state}, even after ${ms} ms; ${remedy}`);
}
