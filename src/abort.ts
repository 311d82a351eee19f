/**
 * Who is to be told when a signal is aborted.
 *
 * The runtime's `EventTarget` looks through all listeners of a signal whenever one comes or goes: one signal for 40 000 calls cost 22 s that
 * way. So a signal gets one listener from here, however many targets there are, and each target comes and goes in constant time. See
 * `docs/decisions/pool.md`.
 */

/** Somebody who waits for an abort. */
export interface AbortTarget {
  /** The signal was aborted, with this reason. Called once, and not after `unwatchAbort()`. */
  aborted(reason: unknown): void;
}

interface Watch {
  readonly targets: Set<AbortTarget>;
  readonly onAbort: () => void;
}

// Keyed by the signal itself: whatever part of the library asks, there is one listener.
const watches = new WeakMap<AbortSignal, Watch>();

/** Has a target told when the signal is aborted. Adding it again changes nothing. One that is aborted already tells nobody: ask before. */
export function watchAbort(signal: AbortSignal, target: AbortTarget): void {
  let watch = watches.get(signal);
  if (watch === undefined) {
    watch = makeWatch(signal);
    watches.set(signal, watch);
    signal.addEventListener("abort", watch.onAbort, { once: true });
  }
  watch.targets.add(target);
}

/** The target is not to be told any more. Harmless when it was not to be. */
export function unwatchAbort(signal: AbortSignal, target: AbortTarget): void {
  const watch = watches.get(signal);
  if (watch === undefined || !watch.targets.delete(target) || watch.targets.size > 0) return;
  watches.delete(signal);
  signal.removeEventListener("abort", watch.onAbort);
}

function makeWatch(signal: AbortSignal): Watch {
  const targets = new Set<AbortTarget>();
  const onAbort = (): void => {
    watches.delete(signal);
    // A target that is told may take others off.
    for (const target of targets) target.aborted(signal.reason);
  };
  return { targets, onAbort };
}
