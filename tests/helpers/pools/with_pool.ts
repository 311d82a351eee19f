/** Pools for end-to-end tests: what happens in them is kept, and at their end no worker may be left. */
import { assert, assertEquals } from "@std/assert";
import { kill } from "node:process";
import { Pool, type PoolOptions, type WorkerInfo } from "../../../mod.ts";
import { EventLog } from "./events.ts";

/** Runs `body` with a pool, ends the pool, and fails if a worker is left. */
export async function withPool<M = unknown>(
  options: PoolOptions,
  body: (pool: Pool<M>, log: EventLog) => unknown,
): Promise<void> {
  const log = new EventLog();
  const pool = new Pool<M>({ ...options, onEvent: (event) => (log.listener(event), options.onEvent?.(event)) });
  try {
    await body(pool, log);
    pool.close();
    await pool.join();
  } finally {
    await pool.terminate();
  }
  assertNoWorkerLeft(pool, log);
}

/** Fails unless every worker that the pool ever had is gone. */
export function assertNoWorkerLeft(pool: { readonly workers: WorkerInfo[] }, log: EventLog): void {
  assertEquals(pool.workers, []);
  for (const pid of log.pids) assert(!isAlive(pid), `worker ${pid} is left`);
}

/** Fails unless the pool still does work, on every worker that it has. */
export async function assertServes(pool: { readonly workers: WorkerInfo[] }): Promise<void> {
  assertEquals(await (pool as Pool).map(Math.sqrt, [1, 4, 9, 16], { chunkSize: 1 }), [1, 2, 3, 4]);
}

/**
 * Whether a child of this process with this id is there. The system uses ids again, for threads too, and those can be signalled as well: on a busy
 * machine that of a worker may be somebody else's half a minute later.
 */
export function isAlive(pid: number): boolean {
  try {
    kill(pid, 0);
  } catch {
    return false;
  }
  const { stdout } = new Deno.Command("ps", { args: ["-o", "ppid=", "-p", String(pid)] }).outputSync();
  return Number(new TextDecoder().decode(stdout)) === Deno.pid;
}
