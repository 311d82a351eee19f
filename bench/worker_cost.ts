// deno-lint-ignore-file no-console
/**
 * What a worker costs: time to start, memory, and the way of data through a pipe.
 *
 *     deno run --allow-run=deno bench/worker_cost.ts
 */
import { Pool } from "../mod.ts";

const STARTS = 15;
const CALLS = 2_000;
const MEGABYTES = 100;
const COPIES = 5;

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function medianMs(times: number, work: () => Promise<unknown>): Promise<number> {
  const durations: number[] = [];
  for (let count = 0; count < times; count++) durations.push(await elapsedMs(work));
  return durations.sort((a, b) => a - b)[Math.floor(times / 2)]!;
}

async function startWorkers(workers: number): Promise<number> {
  const durations: number[] = [];
  for (let count = 0; count < STARTS; count++) {
    await using pool = new Pool({ workers });
    durations.push(await elapsedMs(() => pool.ready()));
  }
  return durations.sort((a, b) => a - b)[Math.floor(STARTS / 2)]!;
}

function startBareDeno(): Promise<unknown> {
  return new Deno.Command("deno", { args: ["run", "--no-config", "data:text/javascript,"], stdout: "null" }).output();
}

console.log(`a worker from start to ready: ${(await startWorkers(1)).toFixed(0)} ms`);
console.log(`two workers together: ${(await startWorkers(2)).toFixed(0)} ms`);
console.log(`deno run of an empty module, start to end: ${(await medianMs(STARTS, startBareDeno)).toFixed(0)} ms`);

await using pool = new Pool({ workers: 1, maxFrameBytes: 2 * MEGABYTES * 1024 * 1024 });
await pool.ready();
const idleBytes = await pool.apply(() => Deno.memoryUsage().rss);
console.log(`resident memory of an idle worker: ${(idleBytes / 1024 / 1024).toFixed(0)} MiB`);

const add = (a: number, b: number): number => a + b;
await medianMs(CALLS, () => pool.apply(add, [1, 2]));
const callMs = await medianMs(CALLS, () => pool.apply(add, [1, 2]));
console.log(`an awaited call: ${(callMs * 1000).toFixed(0)} µs`);

const bytes = new Uint8Array(MEGABYTES * 1e6);
const copyMs = await medianMs(COPIES, () => pool.apply((part: Uint8Array) => part.length, [bytes]));
console.log(`${MEGABYTES} MB of bytes to a worker: ${copyMs.toFixed(0)} ms`);
