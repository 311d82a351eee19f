/** The longest time that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls a function after a time of any length; not at all if it is told to stop before. Returns what stops it. */
export function after(ms: number, call: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const step = (left: number): void => {
    if (left === Infinity) return;
    timer = setTimeout(() => left > LONGEST_MS ? step(left - LONGEST_MS) : call(), Math.min(left, LONGEST_MS));
  };
  step(ms);
  // Deno loads Node's timers, 10 ms of a run's first second, when code first looks at one of these functions.
  return () => timer !== undefined && clearTimeout(timer);
}
