// deno-lint-ignore-file no-console
/**
 * Two progress bars over one pool: one for the items of a `map`, one for the results of an `imap`. Items that fail are counted in red; what
 * tasks print stands above the bars.
 *
 *     deno run --allow-run=deno examples/progress/main.ts
 *
 * In a terminal the bars are drawn on stderr. In CI there are lines instead, and in a pipe nothing.
 */
import { Pool } from "@corral/multiprocessing";
import { progress, ProgressBar } from "@corral/multiprocessing/progress";

/** Counts the steps of a number to 1; complains of every fiftieth, and fails for every hundredth. */
function collatz(start: number): number {
  if (start % 100 === 0) throw new RangeError(`${start} is a round number`);
  if (start % 50 === 0) console.log(`half way to a hundred: ${start}`);
  let steps = 0;
  for (let n = start; n !== 1; steps++) n = n % 2 === 0 ? n / 2 : 3 * n + 1;
  return steps;
}

const numbers = Array.from({ length: 300 }, (_, index) => index + 1);
await using pool = new Pool({ workers: 2 });

const bar = new ProgressBar({ total: numbers.length, label: "all outcomes" });
const outcomes = await pool.map(collatz, numbers, { settle: true, onItem: bar.item });
bar.close();

let longest = 0;
const even = numbers.filter((n) => n % 100 !== 0);
for await (
  const steps of progress(pool.imap(collatz, even, { chunkSize: 10 }), { total: even.length, label: "in a stream" })
) {
  longest = Math.max(longest, steps);
}

const failed = outcomes.filter(({ status }) => status === "rejected").length;
console.log(`${outcomes.length} numbers, ${failed} failed, the longest way to 1 has ${longest} steps`);
