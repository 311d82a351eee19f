// deno-lint-ignore-file no-console
/**
 * Works through a million rows of a database with a cursor and `imap`, which reads no row before a worker needs it.
 *
 *     deno run --allow-run=deno --allow-read=positions.sqlite --allow-write=positions.sqlite examples/cursor/main.ts
 *
 * The workers may only compute. Arguments: a file, or `postgres://user@127.0.0.1:5432/name` with `--allow-net=127.0.0.1
 * --allow-env=PG*` instead of reading and writing; how many rows there are to be.
 */
import { Pool } from "@corral/multiprocessing";
import { distanceToCity } from "./nearest.ts";

const MIB = 2 ** 20;

const [database = "positions.sqlite", count = "1000000"] = Deno.args;
const wanted = Number(count);
const positions = database.startsWith("postgres:")
  ? (await import("./postgres.ts")).postgresPositions(database, wanted)
  : (await import("./sqlite.ts")).sqlitePositions(database, wanted);

await using pool = new Pool({ module: import.meta.resolve("./nearest.ts") });

let [rows, sum, largest] = [0, 0, 0];
const start = performance.now();
for await (const km of pool.imap(distanceToCity, positions, { chunkSize: 1000 })) {
  sum += km;
  largest = Math.max(largest, km);
  if (++rows % (wanted / 5) === 0) {
    console.log(`${rows} rows, resident memory ${Math.round(Deno.memoryUsage().rss / MIB)} MiB`);
  }
}
console.log(`${rows} positions in ${((performance.now() - start) / 1000).toFixed(1)} s`);
console.log(`To the nearest city: ${(sum / rows).toFixed(3)} km on average, ${largest.toFixed(3)} km at most`);
