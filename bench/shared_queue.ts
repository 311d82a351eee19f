// deno-lint-ignore-file no-console
/**
 * Two producers and three consumers move items through a queue of ten: each item arrives once, and the memory of the process
 * that owns the queue stays flat.
 *
 *     deno run --no-prompt --v8-flags=--expose-gc --allow-run=deno --allow-env=DENO_DIR,HOME,XDG_CACHE_HOME,LOCALAPPDATA bench/shared_queue.ts [items, 100000]
 */
import { Pool, Queue } from "../mod.ts";

const EACH = Math.ceil(Number(Deno.args[0] ?? 100_000) / 2);
const { gc } = globalThis as unknown as { gc?: () => void };
if (gc === undefined) throw new Error("Cannot measure: run it with --v8-flags=--expose-gc");

async function produce(queue: Queue<number>, from: number, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await queue.put(from + n);
}

async function consume(queue: Queue<number>): Promise<number[]> {
  return await Array.fromAsync(queue);
}

/** The heap after a collection, in MiB. */
function heapMiB(): number {
  gc!();
  return Deno.memoryUsage().heapUsed / 2 ** 20;
}

await using pool = new Pool({ workers: 5 });
await pool.ready();
const queue = new Queue<number>(10);
const startedAt = performance.now();
const taking = [1, 2, 3].map(() => pool.apply(consume, [queue]));
const heaps: number[] = [];
const sampling = setInterval(() => heaps.push(heapMiB()), 500);
await Promise.all([0, EACH].map((from) => pool.apply(produce, [queue, from, EACH])));
const seconds = (performance.now() - startedAt) / 1000;
clearInterval(sampling);
queue.close();
const taken = (await Promise.all(taking)).flat().sort((a, b) => a - b);
if (taken.length !== 2 * EACH || taken.some((item, index) => item !== index)) {
  throw new Error("Some came twice or never");
}
const sorted = heaps.toSorted((a, b) => a - b);
console.log(`${taken.length} items, each once, in ${seconds.toFixed(1)} s: ${(taken.length / seconds).toFixed(0)} /s`);
console.log(
  `heap of the owner: ${sorted.at(0)?.toFixed(1)} to ${sorted.at(-1)?.toFixed(1)} MiB in ${heaps.length} samples`,
);
if (sorted.at(-1)! > sorted.at(0)! + 10) throw new Error("The heap grew");
