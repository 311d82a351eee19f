/** A few milliseconds of work whose result cannot be guessed. */
export function digest(index: number): number {
  let hash = index + 1;
  for (let round = 0; round < 400_000; round++) hash = Math.imul(hash ^ round, 0x9e3779b1) ^ hash >>> 15;
  return hash >>> 0;
}

/** No work at all. */
export function same(index: number): number {
  return index;
}
