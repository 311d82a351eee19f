/**
 * Time, for everything here that measures it or waits for it.
 *
 * The runtime's functions are those that were there when this file loaded. A program under test replaces them (sinon, jest,
 * `@std/testing/time`), and its clock may then stand still: a pool that looked them up at each use would wait for a
 * microtask or a time-out that never comes. So no other file of the library names them. See
 * `docs/decisions/sharing.md`.
 */
import { type AbortTarget, unwatchAbort, watchAbort } from "./abort.ts";
import { type CoreTimer, denoInternals } from "./deno_internals.ts";
import { Settlement } from "./settlement.ts";
import { shown } from "./shown.ts";

const { queueMicrotask } = globalThis;

/**
 * A function of the runtime, as it was when this file loaded.
 *
 * Deno loads Node's timers when somebody first looks at one of them, even at `setTimeout`: each worker would start the later for it, and most
 * need none. So the function is taken with its first use, or when somebody assigns another one: the
 * property keeps only the last, and would give us that.
 */
function original<F>(name: string): { (): F; readonly isTaken: boolean } {
  const property = Object.getOwnPropertyDescriptor(globalThis, name)!;
  const { get, set } = property;
  let taken: F | undefined = property.value;
  const take = (): F => taken ??= get!.call(globalThis);
  if (set !== undefined) {
    Object.defineProperty(globalThis, name, {
      ...property,
      set(value) {
        take();
        set.call(this, value);
      },
    });
  }
  return Object.defineProperty(take, "isTaken", { get: () => taken !== undefined }) as typeof take & {
    readonly isTaken: boolean;
  };
}

/** Timers of the runtime, each of which fires once. */
interface RuntimeTimers {
  /** Whether making one loads nothing. */
  readonly areLoaded: boolean;
  start(fn: () => void, ms: number, referenced: boolean): unknown;
  cancel(id: unknown): void;
  setReferenced(id: unknown, referenced: boolean): void;
}

/** Those of Deno's core: the others take 10 ms of processor time to load, in a program's first second and in each worker. */
function coreTimers(): RuntimeTimers | undefined {
  const { createTimer, cancelTimer, refTimer, unrefTimer, getAsyncContext, setAsyncContext } = denoInternals.core ?? {};
  if (!createTimer || !cancelTimer || !refTimer || !unrefTimer || !getAsyncContext || !setAsyncContext) {
    return undefined;
  }
  const inContext = (fn: () => void, context = getAsyncContext()) => (): void => {
    const outer = getAsyncContext();
    setAsyncContext(context);
    try {
      fn();
    } finally {
      setAsyncContext(outer);
    }
  };
  return {
    areLoaded: true,
    start: (fn, ms, referenced) => createTimer(inContext(fn), ms, undefined, false, referenced, false),
    cancel: (id) => cancelTimer(id as CoreTimer),
    setReferenced: (id, referenced) => (referenced ? refTimer : unrefTimer)(id as CoreTimer),
  };
}

/** Those that everybody has, where a later Deno does not show its own. */
function globalTimers(): RuntimeTimers {
  const { refTimer, unrefTimer } = Deno;
  const [timeout, endTimeout] = [
    original<typeof globalThis.setTimeout>("setTimeout"),
    original<typeof globalThis.clearTimeout>("clearTimeout"),
  ];
  return {
    get areLoaded() {
      return timeout.isTaken;
    },
    start(fn, ms, referenced) {
      const id = timeout()(fn, ms);
      if (!referenced) unrefTimer(id);
      return id;
    },
    cancel: (id) => endTimeout()(id as number),
    setReferenced: (id, referenced) => (referenced ? refTimer : unrefTimer)(id as number),
  };
}

const timers = coreTimers() ?? globalTimers();
const immediate = original<(fn: () => void) => unknown>("setImmediate");

/** Milliseconds by a clock that never jumps, since some moment in the past. */
export const monotonicMs: () => number = performance.now.bind(performance);

/** What `monotonicMs()` counts from, in milliseconds since 1970. */
export const TIME_ORIGIN_MS: number = performance.timeOrigin;

/** Milliseconds since 1970, with a fraction, by a clock that does not jump while this process runs: for traces. */
export const traceClockMs = (): number => TIME_ORIGIN_MS + monotonicMs();

/** Milliseconds since 1970, as the system's clock has them: for people, and as a quick clock for short times. */
export const epochMs: () => number = Date.now;

/** Calls a function when the code that runs now is done, before timers and input. */
export const inMicrotask: (fn: () => void) => void = (fn) => queueMicrotask(fn);

// The runtime keeps 31 bits of a delay: a longer one fires at once.
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** A call that is due later. It keeps the program alive, unless it is told not to. */
export interface Timer {
  /** Drops the call. Harmless when it was made. */
  cancel(): void;
  /** Says whether the program lives on for the call alone. */
  setReferenced(referenced: boolean): void;
}

/**
 * Calls a function once, however far away that is: after a delay longer than the runtime's longest, and never for
 * `Infinity`, which does not keep the program alive either.
 *
 * @param ms Milliseconds; 0 or less is as soon as other events have had their turn.
 */
export function after(ms: number, fn: () => void): Timer {
  return new RuntimeTimer(ms, fn, "once");
}

/** Calls a function again and again, each time so many milliseconds later, until it is cancelled. */
export function every(ms: number, fn: () => void): Timer {
  return new RuntimeTimer(ms, fn, "again");
}

/** Keeps the program alive until it is cancelled. */
export function keepAlive(): Timer {
  return every(LONGEST_DELAY_MS, () => {});
}

/** Resolves after the given milliseconds; without them, when events that are due already have been handled. */
export function delay(ms = 0): Promise<void> {
  return new Promise((resolve) => void after(ms, resolve));
}

/** Resolves when timers that are due have fired. Pipes are looked at more rarely: what waits for input must await it, or a timer. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => whenLoaded(immediate.isTaken, () => void immediate()(resolve)));
}

/** How long a wait lasts. */
export interface WaitLimit {
  /** Milliseconds; 0 or less only looks. @default as long as it takes */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait, which rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the program lives on for the limit alone. @default true */
  readonly referenced?: boolean;
}

/**
 * Checks a limit of time that a caller gave.
 *
 * @throws {TypeError} If it is not a number.
 * @throws {RangeError} If it is NaN: that compares as neither over nor still to come, so it would silently wait for ever.
 */
export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return;
  if (typeof timeoutMs !== "number") {
    throw new TypeError(`Cannot wait: "timeoutMs" is ${shown(timeoutMs)}, a number of milliseconds is wanted`);
  }
  if (Number.isNaN(timeoutMs)) throw new RangeError('Cannot wait: "timeoutMs" is NaN, milliseconds are wanted');
}

/**
 * Checks the options of a wait that a caller gave: what is not known would be ignored, and the wait could last for ever.
 *
 * @throws {TypeError} If they are not options of a wait.
 * @throws {RangeError} If the limit is NaN.
 */
export function checkWait(wait: WaitLimit): void {
  if (typeof wait !== "object" || wait === null) {
    // Python's get(False) does not wait.
    const timeoutMs = (wait as unknown) === false ? 0 : 1000;
    throw new TypeError(`Cannot wait: the options are ${shown(wait)}, wanted { timeoutMs: ${timeoutMs} }`);
  }
  if (wait instanceof AbortSignal) {
    throw new TypeError("Cannot wait: the options are an AbortSignal, wanted { signal }");
  }
  for (const name in wait) {
    if (name === "timeoutMs" || name === "signal") continue;
    throw new TypeError(`Cannot wait: "${name}" is not an option of a wait, wanted "timeoutMs" or "signal"`);
  }
  checkTimeout(wait.timeoutMs);
  checkSignal(wait.signal);
}

/** Checks a signal that a caller gave. Throws TypeError if it is none. */
function checkSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new TypeError(`Cannot wait: "signal" is ${shown(signal)}, an AbortSignal is wanted`);
}

/**
 * Waits until something happens, or the limit is reached. Tells whether it happened.
 *
 * @param subscribe Has the callback called, at once or later, and returns what undoes that.
 * @throws `signal.reason`, if the wait was aborted; a signal that is aborted already comes first.
 * @throws What `checkTimeout` throws.
 */
export async function until(subscribe: (callback: () => void) => () => void, limit: WaitLimit = {}): Promise<boolean> {
  const { timeoutMs = Infinity, signal, referenced = true } = limit;
  checkTimeout(timeoutMs);
  signal?.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const undos: (() => void)[] = [];
    let over = false;
    const end = (settle: () => void): void => {
      if (over) return;
      over = true;
      for (const undo of undos) undo();
      settle();
    };
    const unsubscribe = subscribe(() => end(() => resolve(true)));
    if (over) return unsubscribe();
    const timer = after(timeoutMs, () => end(() => resolve(false)));
    timer.setReferenced(referenced);
    undos.push(unsubscribe, () => timer.cancel());
    if (signal === undefined) return;
    const target: AbortTarget = { aborted: (reason) => end(() => reject(reason)) };
    watchAbort(signal, target);
    undos.push(() => unwatchAbort(signal, target));
  });
}

/** Waits until a promise is settled either way, or the limit is reached. Tells whether it is settled. */
export function untilSettled(promise: PromiseLike<unknown>, limit?: WaitLimit): Promise<boolean> {
  return until((callback) => Settlement.of(promise).whenReached(callback), limit);
}

/**
 * Has a timer made, at once unless Deno has to load Node's for it: microtasks run meanwhile, and the code that asked for it would
 * find that others had their turn in the middle of its own. From a microtask, none do.
 */
function whenLoaded(isLoaded: boolean, make: () => void): void {
  if (isLoaded) make();
  else inMicrotask(make);
}

class RuntimeTimer implements Timer {
  readonly #ms: number;
  readonly #fn: () => void;
  readonly #repetition: "once" | "again";
  #leftMs: number;
  #id: unknown;
  #referenced = true;
  #isCancelled = false;

  constructor(ms: number, fn: () => void, repetition: "once" | "again") {
    this.#ms = this.#leftMs = ms;
    this.#fn = fn;
    this.#repetition = repetition;
    if (ms < Infinity) whenLoaded(timers.areLoaded, () => this.#arm());
  }

  cancel(): void {
    this.#isCancelled = true;
    if (this.#id !== undefined) timers.cancel(this.#id);
    this.#id = undefined;
  }

  setReferenced(referenced: boolean): void {
    if (referenced === this.#referenced) return;
    this.#referenced = referenced;
    if (this.#id !== undefined) timers.setReferenced(this.#id, referenced);
  }

  #arm(): void {
    if (this.#isCancelled) return;
    const ms = Math.min(Math.max(this.#leftMs, 0), LONGEST_DELAY_MS);
    this.#id = timers.start(() => this.#expire(), ms, this.#referenced);
  }

  #expire(): void {
    this.#id = undefined;
    this.#leftMs -= LONGEST_DELAY_MS;
    if (this.#leftMs > 0) return this.#arm();
    if (this.#repetition === "again") {
      this.#leftMs = this.#ms;
      // Before the call, which may cancel it, or throw.
      this.#arm();
    }
    this.#fn();
  }
}
