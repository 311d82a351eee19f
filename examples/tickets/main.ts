// deno-lint-ignore-file no-console
/**
 * Ten buyers see three tickets and buy them under a lock: from a JSON file, and from a database of `node:sqlite`.
 *
 *     deno run --allow-run=deno --allow-read=tickets.json,tickets.sqlite --allow-write=tickets.json,tickets.sqlite examples/tickets/main.ts
 *
 * The workers that deal with one store may read and write its file and do nothing else.
 */
import { Lock, Pool } from "@corral/multiprocessing";
import { buy, look } from "./buyer.ts";
import { openStore } from "./store.ts";

const TICKETS = 3;
const BUYERS = Array.from({ length: 10 }, (_, index) => index + 1);

async function sell(file: string): Promise<void> {
  using store = openStore(file);
  store.write(TICKETS);
  await using pool = new Pool({
    workers: 4,
    module: import.meta.resolve("./buyer.ts"),
    permissions: { read: [file], write: [file] },
  });
  await pool.starmap(look, BUYERS.map((buyer) => [file, buyer] as const));
  const lock = new Lock();
  const served = await pool.starmap(buy, BUYERS.map((buyer) => [file, buyer, lock] as const), { chunkSize: 1 });
  console.log(`${file}: ${served.filter(Boolean).length} of ${TICKETS} tickets sold, ${store.read()} left`);
}

for (const file of ["tickets.json", "tickets.sqlite"]) {
  await sell(file);
  await Deno.remove(file);
}
