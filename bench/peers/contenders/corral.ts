/** corral. */
import { Pool } from "../../../mod.ts";
import { main } from "./main.mjs";
import { residentMiB } from "./resident.mjs";
import * as tasks from "./tasks.mjs";

const MEMORY_CHECK_MS = 200;

const functions = tasks as unknown as Record<
  string,
  (argument: unknown) => unknown
>;

function openPool(): Pool {
  return new Pool({ workers: 2, module: import.meta.resolve("./tasks.mjs") });
}

async function closePool(pool: Pool): Promise<void> {
  pool.close();
  await pool.join();
}

/** How much the program and its workers grow, from before the first item to the most that was seen. */
async function growthMiB(count: number, chunkSize: number): Promise<number> {
  const pool = openPool();
  await pool.ready();
  const residentNow = () => residentMiB(Deno.pid, ...pool.workers.map(({ pid }) => pid));
  const before = await residentNow();
  let most = before;
  let checkAt = performance.now();
  let last = 0;
  const numbers = (function* () {
    for (let n = 0; n < count; n++) yield n;
  })();
  for await (last of pool.imap(tasks.increment, numbers, { chunkSize })) {
    if (last % 1000 !== 0 || performance.now() < checkAt) continue;
    most = Math.max(most, await residentNow());
    checkAt = performance.now() + MEMORY_CHECK_MS;
  }
  if (last !== count) {
    throw new Error(`Cannot measure: the last item is ${last}, ${count} wanted`);
  }
  most = Math.max(most, await residentNow());
  await closePool(pool);
  return most - before;
}

await main(() => {
  const pool = openPool();
  return {
    call: (name, argument) =>
      argument === undefined ? pool.apply(functions[name]! as () => unknown) : pool.apply(functions[name]!, [argument]),
    map: (items, name, chunkSize) => pool.map(functions[name]!, items, chunkSize === undefined ? {} : { chunkSize }),
    ready: () => pool.ready(),
    close: () => closePool(pool),
  };
}, { stream: async ({ count, size }) => ({ samples: [await growthMiB(count, size)] }) });
