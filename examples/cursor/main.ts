// deno-lint-ignore-file no-console
/**
 * Works through the 1 000 000 rows of a database with a cursor and `imap`, which reads no row before a worker needs it.
 *
 *     deno run --allow-run=deno --allow-read=. --allow-write=. examples/cursor/main.ts [positions.sqlite]
 *
 * The workers may only compute. A PostgreSQL database does as well: `postgres://user@127.0.0.1:5432/name` for the file, and
 * `--allow-net=127.0.0.1 --allow-env=PG*` for `--allow-write=.`.
 */
import { Pool } from "@corral/multiprocessing";
import { distanceToCity } from "./nearest.ts";

const ROWS = 1_000_000;
const REPORTED_ROWS = 200_000;
const MIB = 2 ** 20;

const database = Deno.args[0] ?? "positions.sqlite";
const positions = database.startsWith("postgres:")
  ? (await import("./postgres.ts")).postgresPositions(database, ROWS)
  : (await import("./sqlite.ts")).sqlitePositions(database, ROWS);

await using pool = new Pool({ module: import.meta.resolve("./nearest.ts") });

let [rows, sum, largest] = [0, 0, 0];
const start = performance.now();
for await (const km of pool.imap(distanceToCity, positions, { chunkSize: 1000 })) {
  sum += km;
  largest = Math.max(largest, km);
  if (++rows % REPORTED_ROWS === 0) {
    console.log(`${rows} rows, resident memory ${Math.round(Deno.memoryUsage().rss / MIB)} MiB`);
  }
}
console.log(`${rows} positions in ${((performance.now() - start) / 1000).toFixed(1)} s`);
console.log(`To the nearest city: ${(sum / rows).toFixed(3)} km on average, ${largest.toFixed(3)} km at most`);
