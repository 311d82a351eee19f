/**
 * Stand-in for the part of `jsr:@std/async` that corral uses, over `node:timers/promises`.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";

/** Options of {@link delay}. */
export interface DelayOptions {
  /** Ends the wait early: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Whether the timer keeps the program running. @default {true} */
  persistent?: boolean;
}

/** Options of {@link deadline}. */
export interface DeadlineOptions {
  /** Ends the wait early: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Resolves after `ms` milliseconds. */
export async function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent = true } = options;
  signal?.throwIfAborted();
  try {
    await sleep(ms, undefined, { ref: persistent, ...(signal && { signal }) });
  } catch (error) {
    // Node rejects with its own AbortError; @std/async rejects with the signal's reason.
    throw signal?.aborted ? signal.reason : error;
  }
}

/** Settles like `promise`, or rejects with a `TimeoutError` DOMException after `ms` milliseconds. */
export async function deadline<T>(promise: Promise<T>, ms: number, options: DeadlineOptions = {}): Promise<T> {
  options.signal?.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException("Signal timed out.", "TimeoutError")), ms);
  const signal = options.signal ? AbortSignal.any([late.signal, options.signal]) : late.signal;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
