/** What the workers run. */

/** The smallest factor above 1 of a whole number: itself, if it is prime. */
export function smallestFactor(n: number): number {
  if (!Number.isSafeInteger(n) || n < 2) throw new RangeError(`${n} has no factors, a whole number from 2 is wanted`);
  if (n % 2 === 0) return 2;
  for (let factor = 3; factor * factor <= n; factor += 2) {
    if (n % factor === 0) return factor;
  }
  return n;
}

/** Works for ever, as a task with a mistake in it might. */
export function searchForever(): never {
  while (true);
}
