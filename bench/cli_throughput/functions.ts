/** What is done with a record. */
export const identity = (record: unknown): unknown => record;

/** Little work. */
export const light = ({ id, name }: { id: string; name: string }): unknown => ({ id, name });

/** Work for a processor: about a quarter of a millisecond. */
export function heavy(record: { score: number }): unknown {
  return { ...record, result: iterate(record.score) };
}

/** A function of its own, so that it is compiled for numbers alone no matter who calls `heavy`. */
function iterate(seed: number): number {
  let sum = seed;
  for (let round = 0; round < 20_000; round++) sum = Math.sqrt(sum * sum + round);
  return sum;
}
