/** Waiting with a limit. */

// A longer timer would fire at once; nobody waits for 24 days.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits until `subscribe`'s callback is called, for at most `timeoutMs`. Tells whether it was.
 *
 * @param subscribe Has the callback called, at once or later, and returns what undoes that.
 */
export function inTime(
  subscribe: (callback: () => void) => () => void,
  { timeoutMs = Infinity, signal }: { timeoutMs?: number | undefined; signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const wait: { timer?: ReturnType<typeof setTimeout>; unsubscribe?: () => void; over: boolean } = { over: false };
    const end = (settle: () => void): void => {
      wait.over = true;
      clearTimeout(wait.timer);
      signal?.removeEventListener("abort", onAbort);
      wait.unsubscribe?.();
      settle();
    };
    const onAbort = (): void => end(() => reject(signal!.reason));
    wait.unsubscribe = subscribe(() => end(() => resolve(true)));
    if (wait.over) return;
    signal?.addEventListener("abort", onAbort, { once: true });
    if (timeoutMs <= LONGEST_TIMER_MS) wait.timer = setTimeout(() => end(() => resolve(false)), Math.max(0, timeoutMs));
  });
}
