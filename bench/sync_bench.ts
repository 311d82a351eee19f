// deno-lint-ignore-file no-console
/**
 * What locks cost: how often a second they are acquired and released, by the program, by one child, by two that contend.
 *
 *     deno run --no-prompt --allow-run=deno --allow-env=DENO_DIR,HOME,XDG_CACHE_HOME,LOCALAPPDATA bench/sync_bench.ts
 */
import { type Acquirable, Barrier, Lock, Pool, RLock, Semaphore } from "../mod.ts";

const TIMES = 5_000;
const ROUNDS = 5;

/** Milliseconds for `times` turns, after both are ready. */
async function takeTurns(lock: Acquirable, start: Barrier, times: number): Promise<number> {
  await start.wait();
  const startedAt = performance.now();
  for (let n = 0; n < times; n++) (await lock.acquire())[Symbol.dispose]();
  // The owner has the last release when it answers.
  await lock.use(() => {});
  return performance.now() - startedAt;
}

async function perSecond(pool: Pool, lock: Acquirable, children: number): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    using start = new Barrier(children);
    const tasks = Array.from({ length: children }, () => pool.apply(takeTurns, [lock, start, TIMES]));
    rates.push(TIMES * children / Math.max(...await Promise.all(tasks)) * 1000);
  }
  return rates.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

function report(name: string, rate: number): void {
  console.log(`${name.padEnd(44)} ${Math.round(rate).toLocaleString("en").padStart(10)} /s`);
}

await using pool = new Pool({ workers: 2 });
await pool.ready();

using start = new Barrier(1);
report("Lock, in the program that owns it", TIMES / await takeTurns(new Lock(), start, TIMES) * 1000);
for (const lock of [new Lock(), new RLock(), new Semaphore(1)]) {
  const { name } = lock.constructor;
  report(`${name}, by one child`, await perSecond(pool, lock, 1));
  report(`${name}, contended by two children`, await perSecond(pool, lock, 2));
}
