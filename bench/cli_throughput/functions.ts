/** What is done with a record. */
export const identity = (record: unknown): unknown => record;

/** Work for a processor: about a tenth of a millisecond. */
export function heavy(record: { score: number }): unknown {
  let sum = record.score;
  for (let round = 0; round < 20_000; round++) sum = Math.sqrt(sum * sum + round);
  return { ...record, sum };
}
