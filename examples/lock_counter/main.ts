// deno-lint-ignore-file no-console
/**
 * Ten tasks, each in a process of its own, increment a number in a file: under a lock, and without one.
 *
 *     deno run --allow-run=deno --allow-read=counter.bin --allow-write=counter.bin examples/lock_counter/main.ts
 *
 * The workers may read and write this one file and do nothing else. Arguments: how many tasks, how many increments of each.
 */
import { Lock, Pool } from "@corral/multiprocessing";
import { increment, read, reset } from "./counter.ts";

const FILE = "counter.bin";
const [tasks = 10, times = 100] = Deno.args.map(Number);

await using pool = new Pool({
  workers: tasks,
  module: import.meta.resolve("./counter.ts"),
  permissions: { read: [FILE], write: [FILE] },
});
await pool.ready();

async function count(lock: Lock | null): Promise<number> {
  await reset(FILE);
  const calls = Array.from({ length: tasks }, () => [FILE, times, lock] as const);
  await pool.starmap(increment, calls, { chunkSize: 1 });
  const total = await read(FILE);
  await Deno.remove(FILE);
  return total;
}

const all = tasks * times;
console.log(`with a lock: ${await count(new Lock())} of ${all}`);
const total = await count(null);
console.log(`without one: ${total} of ${all}, ${all - total} increments were lost`);
