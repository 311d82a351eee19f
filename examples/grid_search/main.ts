// deno-lint-ignore-file no-console
/**
 * Predicts what people think of movies: for each of eight genres, the best of 1 782 settings of a regressor, by cross-validation.
 *
 *     deno run --allow-run=deno examples/grid_search/main.ts
 *
 * The workers may only compute. One process then does the same, to compare the time and the answers.
 */
import { Pool } from "@corral/multiprocessing";
import { loadSubsets } from "./data.ts";
import { type Best, grid, searchGrid, type Subset } from "./regressor.ts";

async function searchInParallel(subsets: Subset[]): Promise<Best[]> {
  await using pool = new Pool({ module: import.meta.resolve("./regressor.ts") });
  return await pool.map(searchGrid, subsets, { chunkSize: 1 });
}

async function timed<T>(work: () => T): Promise<[result: Awaited<T>, seconds: number]> {
  const start = performance.now();
  return [await work(), (performance.now() - start) / 1000];
}

const subsets = await loadSubsets();
console.log(`${subsets.length} genres, ${[...grid()].length} combinations each, 5-fold cross-validation`);

const [bests, poolSeconds] = await timed(() => searchInParallel(subsets));
for (const [index, { genre, parameters, error }] of bests.entries()) {
  const { neighbours, metric, decay, votes, year } = parameters;
  const movies = `${genre}, ${subsets[index]!.ratings.length} movies`.padEnd(30);
  const best = `${neighbours} neighbours, ${metric}, decay ${decay}, votes × ${votes}, year × ${year}`;
  console.log(`${movies} error ${error.toFixed(3)}  ${best}`);
}

const [expected, oneSeconds] = await timed(() => subsets.map(searchGrid));
console.log(`A pool on ${navigator.hardwareConcurrency} CPUs took ${poolSeconds.toFixed(2)} s, its start included`);
console.log(`One process takes ${oneSeconds.toFixed(2)} s, ${(oneSeconds / poolSeconds).toFixed(2)} times as long`);
if (JSON.stringify(bests) !== JSON.stringify(expected)) {
  console.error("They found different parameters");
  Deno.exit(1);
}
console.log("Both found the same parameters");
