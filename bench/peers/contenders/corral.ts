/** corral. */
import { Pool } from "../../../mod.ts";
import { main } from "./main.mjs";
import { MemoryWatch } from "./memory_watch.ts";
import * as tasks from "./tasks.mjs";

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
  const watch = await MemoryWatch.start([Deno.pid, ...pool.workers.map(({ pid }) => pid)]);
  let last = 0;
  const numbers = (function* () {
    for (let n = 0; n < count; n++) yield n;
  })();
  for await (last of pool.imap(tasks.increment, numbers, { chunkSize }));
  if (last !== count) {
    throw new Error(`Cannot measure: the last item is ${last}, ${count} wanted`);
  }
  const growth = await watch.growthMiB();
  await closePool(pool);
  return growth;
}

await main(() => {
  const pool = openPool();
  return {
    call: (name, argument) =>
      argument === undefined ? pool.apply(functions[name]! as () => unknown) : pool.apply(functions[name]!, [argument]),
    map: (items, name, chunkSize) => pool.map(functions[name]!, items, chunkSize === undefined ? {} : { chunkSize }),
    imap: (items, name, chunkSize) => pool.imap(functions[name]!, items, { chunkSize }),
    ready: () => pool.ready(),
    close: () => closePool(pool),
  };
}, { stream: async ({ count, size }) => ({ samples: [await growthMiB(count, size)] }) });
