// deno-lint-ignore-file no-console
/** What the buyers do, each in some worker. */
import type { Lock } from "@corral/multiprocessing";
import { openStore } from "./store.ts";

/** Looks how many tickets there are. Many may look at once. */
export function look(file: string, buyer: number): number {
  using store = openStore(file);
  const left = store.read();
  console.log(`buyer ${buyer} sees ${left} tickets`);
  return left;
}

/** Buys a ticket if one is left. Between reading and writing, nobody else may come. */
export async function buy(file: string, buyer: number, lock: Lock): Promise<boolean> {
  using _guard = await lock.acquire();
  using store = openStore(file);
  const left = store.read();
  if (left > 0) store.write(left - 1);
  console.log(left > 0 ? `buyer ${buyer} gets a ticket, ${left - 1} left` : `buyer ${buyer} comes too late`);
  return left > 0;
}
