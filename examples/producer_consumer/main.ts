// deno-lint-ignore-file no-console
/**
 * One process writes letters into a queue and one reads them; then two producers and three consumers share a queue of ten.
 *
 *     deno run --allow-run=deno examples/producer_consumer/main.ts
 *
 * The processes may only compute. `close()` ends the queue for its readers when they have taken what is in it.
 */
import { Pool, Process, Queue } from "@corral/multiprocessing";
import { consume, produce, read, write } from "./stages.ts";

const module = import.meta.resolve("./stages.ts");

async function oneToOne(): Promise<void> {
  const letters = new Queue<string>();
  const writer = new Process({ module, target: write, args: [letters] });
  const reader = new Process({ module, target: read, args: [letters] });
  reader.start();
  writer.start();
  await writer.join();
  letters.close();
  await reader.join();
  console.log(`exit codes ${writer.exitCode} and ${reader.exitCode}`);
}

async function manyToMany(producers: number, consumers: number, each: number): Promise<void> {
  await using pool = new Pool({ workers: producers + consumers, module });
  const queue = new Queue<string>(10);
  const taking = Array.from({ length: consumers }, () => pool.apply(consume, [queue]));
  const putting = Array.from({ length: producers }, (_, index) => pool.apply(produce, [queue, index + 1, each]));
  const put = (await Promise.all(putting)).reduce((sum, items) => sum + items, 0);
  queue.close();
  const taken = await Promise.all(taking);
  const items = taken.flat();
  console.log(`${producers} producers put ${put} items, ${consumers} consumers took ${items.length}`);
  console.log(
    `${new Set(items).size} are different; each consumer took ${taken.map((some) => some.length).join(", ")}`,
  );
}

await oneToOne();
await manyToMany(2, 3, 500);
