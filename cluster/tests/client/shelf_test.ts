// Policy: the pieces that a pool has in the store, with a scripted one.
import { assertEquals } from "@std/assert";
import type { Broker } from "../../src/broker.ts";
import { Shelf } from "../../src/client/shelf.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";

const TTL_MS = 1000;

Deno.test("Shelf remembers no pieces of runs for longer than it need not put them again", async () => {
  const clock = new VirtualClock();
  const steps: string[] = [];
  const broker = {
    put: (_shelf: string, pieces: readonly { hash: string }[]) =>
      Promise.resolve(void steps.push(`put ${pieces.map(({ hash }) => hash)}`)),
    drop: (_shelf: string, hashes: readonly string[]) => Promise.resolve(void steps.push(`drop ${hashes}`)),
  } as unknown as Broker;
  const shelf = new Shelf(broker, "runs", TTL_MS, clock, true);
  const hold = (hash: string): Promise<void> => shelf.hold([{ hash, bytes: new Uint8Array(1) }]);
  for (const hash of ["a", "b", "a"]) await hold(hash);
  clock.after(TTL_MS / 2, () => {});
  await clock.runUntil(() => clock.now() >= TTL_MS / 2, TTL_MS);
  for (const hash of ["c", "a"]) await hold(hash);
  await shelf.clear();
  assertEquals(steps, ["put a", "put b", "put c", "put a", "drop c,a"]);
});
