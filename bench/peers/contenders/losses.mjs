import { pause } from "./pause.mjs";

/**
 * Submits calls of which every tenth kills its process, and tells in words what became of those and of the others.
 * @param {import("./rows.mjs").Open} open @param {{ count: number, limitMs: number }} parameters
 */
export async function countLosses(open, { count, limitMs }) {
  const pool = open();
  if (pool.threads) return "has no process to kill";
  const fates = { done: 0, failed: 0, rightlyFailed: 0 };
  const calls = Array.from({ length: count }, async (_, n) => {
    try {
      if (await pool.call("dieAtTenth", n) === n) fates.done++;
    } catch {
      if (n % 10 === 9) fates.rightlyFailed++;
      else fates.failed++;
    }
  });
  await Promise.race([Promise.all(calls), pause(limitMs)]);
  const killers = Math.floor(count / 10);
  const hang = count - fates.done - fates.failed - fates.rightlyFailed;
  const others = `${fates.done} of ${count - killers} others done`;
  pool.close().catch(() => {});
  return `${others}, ${fates.failed} failed, ${hang} calls never settle`;
}
