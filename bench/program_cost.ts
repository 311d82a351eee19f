// deno-lint-ignore-file no-console
/**
 * What a task costs the program that submits it, in processor time: all workers of a pool live on what one program can hand out.
 *
 *     deno task bench:program
 *
 * First a pool of two real workers. Then the real scheduler with 2, 16 and 64 workers that answer at once, in a time of their own: what is
 * more there than with two workers is what more workers cost, and on no machine can they give less.
 */
import { Pool } from "../mod.ts";
import { InstantPool } from "./instant_pool.ts";

const TASKS = 200_000;
const BURST = 20_000;
const ITEMS = 2_000_000;
const WORKERS = [2, 16, 64];

/** Of all threads of this process, in microseconds. */
function usedUs(): number {
  const { user, system } = (Deno as unknown as { cpuUsage(): { user: number; system: number } }).cpuUsage();
  return user + system;
}

async function usPer(count: number, work: () => unknown): Promise<number> {
  await work();
  const before = usedUs();
  await work();
  return (usedUs() - before) / count;
}

async function bursts(pool: Pool, count: number): Promise<void> {
  for (let done = 0; done < count; done += BURST) {
    await Promise.all(Array.from({ length: BURST }, () => pool.apply(() => {})));
  }
}

async function oneByOne(pool: Pool, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await pool.apply((n: number) => n + 1, [n]);
}

function instantUs(workers: number, at: number): Promise<number> {
  const pool = new InstantPool(workers);
  return usPer(TASKS, () => {
    for (let done = 0; done < TASKS; done += at) pool.run(at);
  });
}

await using pool = new Pool({ workers: 2 });
await pool.ready();
const items = Array.from({ length: ITEMS }, (_, n) => n);
const real = {
  "a call of many at once": await usPer(TASKS, () => bursts(pool, TASKS)),
  "an awaited call": await usPer(BURST, () => oneByOne(pool, BURST)),
  "an item of a default map": await usPer(ITEMS, () => pool.map((n: number) => n + 1, items)),
};
console.log("Processor time of the program with two real workers, in µs");
for (const [name, us] of Object.entries(real)) console.log(`  ${name.padEnd(26)}${us.toFixed(2).padStart(8)}`);

console.log("\nThe scheduler alone, with workers that answer at once, in µs");
console.log(`  ${"workers".padEnd(26)}${WORKERS.map((workers) => `${workers}`.padStart(8)).join("")}`);
const scheduling: number[] = [];
for (const at of [BURST, 1]) {
  const costs: number[] = [];
  for (const workers of WORKERS) costs.push(await instantUs(workers, at));
  if (at === BURST) scheduling.push(...costs);
  const name = at === 1 ? "an awaited call" : "a call of many at once";
  console.log(`  ${name.padEnd(26)}${costs.map((us) => us.toFixed(2).padStart(8)).join("")}`);
}

console.log("\nHow long tasks must be for the workers to be what limits, in µs");
console.log(`  ${"workers".padEnd(26)}${WORKERS.map((workers) => `${workers}`.padStart(8)).join("")}`);
const [call, item] = [real["a call of many at once"], real["an item of a default map"]];
const calls = WORKERS.map((workers, place) => workers * (call + scheduling[place]! - scheduling[0]!));
console.log(`  ${"calls, many at once".padEnd(26)}${calls.map((us) => us.toFixed(0).padStart(8)).join("")}`);
console.log(
  `  ${"items of a default map".padEnd(26)}${WORKERS.map((n) => (n * item).toFixed(1).padStart(8)).join("")}`,
);
