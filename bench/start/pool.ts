// deno-lint-ignore-file no-console
/** How long pools of two take from construction to both ready, and to end, in a program that holds so many MiB; the first is not counted. */
import { Pool } from "../../mod.ts";

const PAUSE_MS = 50;
const held = Array.from({ length: Number(Deno.args[0]) }, () => new Uint8Array(2 ** 20).fill(1));
const times: number[] = [];
const closing: number[] = [];
for (let turn = -1; turn < 4; turn++) {
  const startedAt = performance.now();
  const pool = new Pool({ workers: 2 });
  await pool.ready();
  if (turn >= 0) times.push(performance.now() - startedAt);
  const closedAt = performance.now();
  pool.close();
  await pool.join();
  if (turn >= 0) closing.push(performance.now() - closedAt);
  // The system still takes down the processes that have ended. A program starts its pool beside nothing of that kind.
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
console.log(JSON.stringify({ times, closing, held: held.length }));
