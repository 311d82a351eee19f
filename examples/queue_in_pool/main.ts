// deno-lint-ignore-file no-console
/**
 * A queue as an argument of pool tasks, which Python forbids: the tasks tell what they find while they are still at work.
 *
 *     deno run --allow-run=deno examples/queue_in_pool/main.ts
 *
 * The workers may only compute. The task uses nothing outside itself, so its text is sent, and no module is needed.
 */
import { Pool, Queue } from "@corral/multiprocessing";

interface Found {
  from: number;
  prime: number;
}

async function findPrimes(found: Queue<Found>, from: number): Promise<number> {
  let count = 0;
  for (let n = Math.max(from, 2); n < from + 100; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor <= n) continue;
    await found.put({ from, prime: n });
    count++;
  }
  return count;
}

await using pool = new Pool({ workers: 4 });
const found = new Queue<Found>(20);
const calls = [0, 100, 200, 300, 400].map((from) => [found, from] as const);
const counting = pool.starmap(findPrimes, calls).finally(() => found.close());

const primes = new Map<number, number[]>();
for await (const { from, prime } of found) primes.set(from, [...primes.get(from) ?? [], prime]);
for (const from of [...primes.keys()].sort((a, b) => a - b)) {
  const some = primes.get(from)!;
  console.log(`from ${from}: ${some.length} primes, ${some[0]} to ${some.at(-1)}`);
}
console.log("the tasks counted", await counting);
