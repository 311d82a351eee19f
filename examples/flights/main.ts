// deno-lint-ignore-file no-console
/**
 * Mean delay of 200 000 flights by hour of departure, each with a 95 % bootstrap interval: one task per hour, in workers
 * that may do nothing but compute. Then the same in this process alone, to compare; and what a worker is refused. Run it with
 * `deno task demo`.
 */
import { Pool } from "@corral/multiprocessing";
import { loadHours } from "./data.ts";
import { tryToEscape } from "./escape.ts";
import { printTable, showProgress } from "./report.ts";
import { type Estimate, estimateDelay, type Hour } from "./stats.ts";

async function estimateInParallel(hours: Hour[]): Promise<Estimate[]> {
  await using pool = new Pool({ module: import.meta.resolve("./stats.ts"), permissions: "none" });
  const estimates: Estimate[] = [];
  for await (const estimate of pool.imapUnordered(estimateDelay, hours)) {
    estimates.push(estimate);
    showProgress(estimates.length, hours.length);
  }
  return estimates;
}

async function timed<T>(work: () => T): Promise<[result: Awaited<T>, ms: number]> {
  const start = performance.now();
  return [await work(), performance.now() - start];
}

function isSame(a: Estimate[], b: Estimate[]): boolean {
  const texts = [a, b].map((estimates) => JSON.stringify(estimates.toSorted((one, other) => one.hour - other.hour)));
  return texts[0] === texts[1];
}

// Large hours first: no worker is left with one when all others are done.
const hours = (await loadHours()).sort((a, b) => b.delays.length - a.delays.length);

const [estimates, poolMs] = await timed(() => estimateInParallel(hours));
printTable(estimates);
console.log(
  `\nA pool on ${navigator.hardwareConcurrency} CPUs took ${(poolMs / 1000).toFixed(2)} s, its start included`,
);

const [expected, oneMs] = await timed(() => hours.map(estimateDelay));
console.log(`One process takes ${(oneMs / 1000).toFixed(2)} s, ${(oneMs / poolMs).toFixed(2)} times as long`);

if (!isSame(estimates, expected)) {
  console.error("They gave different numbers");
  Deno.exit(1);
}
console.log("Both gave the same numbers");

for (const attempt of await tryToEscape()) console.log(attempt);
