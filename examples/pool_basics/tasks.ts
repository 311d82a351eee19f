/** What the workers run. */

/** The square of a number, the slow way: as work for a processor. */
export function square(x: number): number {
  let sum = 0;
  for (let n = 0; n < 1_000_000; n++) sum += x;
  return sum / 1_000_000 * x;
}

/** Has two parameters. */
export function power(base: number, exponent: number): number {
  return base ** exponent;
}

/** Fails for some. */
export function half(x: number): number {
  if (x % 2 !== 0) throw new RangeError(`${x} is odd`);
  return x / 2;
}
