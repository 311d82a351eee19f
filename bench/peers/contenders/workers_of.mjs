/**
 * Calls until both of two workers have answered.
 * @param {import("./rows.mjs").Contender} pool
 * @returns {Promise<{ pid: number, thread: number }[]>}
 */
export async function workersOf(pool) {
  const seen = new Map();
  while (seen.size < 2) {
    for (const worker of await Promise.all([pool.call("identity"), pool.call("identity")])) {
      seen.set(worker.thread, worker);
    }
  }
  return [...seen.values()].slice(-2);
}
