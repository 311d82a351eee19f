/** What the children do with the objects that they share. */
import type { ArrayProxy, DictProxy, ListProxy, ValueProxy } from "@corral/multiprocessing";

/** The objects, as one argument. */
export interface Shared {
  rows: ListProxy<ListProxy<number>>;
  squares: DictProxy<number, number>;
  words: DictProxy<string, number>;
  total: ValueProxy<number>;
  histogram: ArrayProxy;
}

/** Writes into each of them. Each change is one message and happens as a whole: no lock is needed. */
export async function work({ rows, squares, words, total, histogram }: Shared, index: number): Promise<void> {
  const row = await rows.at(index);
  await row.push(index);
  await squares.set(index, index * index);
  for (let time = 0; time < 100; time++) {
    await total.add(1);
    await histogram.add(index % 3, 1);
    await words.add(time % 2 === 0 ? "even" : "odd", 1);
  }
}
