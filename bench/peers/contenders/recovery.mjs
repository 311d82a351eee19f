import process from "node:process";
import { pause } from "./pause.mjs";
import { workersOf } from "./workers_of.mjs";

/** @typedef {import("./rows.mjs").Contender} Contender @typedef {import("./rows.mjs").Open} Open */

/**
 * Kills the worker of a running call, and tells how long it takes until that call has settled and two workers answer.
 * @param {Open} open @param {number} limitMs
 */
export async function recover(open, limitMs) {
  const pool = open();
  if (pool.threads) return "has no process to kill";
  const workers = await workersOf(pool);
  const victimCall = pool.call("hold", 4 * limitMs).then(() => "done", () => "failed");
  const free = await pool.call("identity");
  await pause(50);
  const victim = workers.find(({ thread }) => thread !== free.thread);
  const startedAt = performance.now();
  process.kill(victim.pid, "SIGKILL");
  const deadline = pause(limitMs);
  const outcomes = await Promise.all([
    Promise.race([victimCall, deadline.then(() => "hangs")]),
    answersAgain(pool, deadline),
  ]);
  const elapsedMs = performance.now() - startedAt;
  pool.close().catch(() => {});
  if (outcomes[0] === "hangs") return "hangs";
  return outcomes[1] === "answers" ? elapsedMs : outcomes[1];
}

/** @param {Contender} pool @param {Promise<unknown>} deadline */
function answersAgain(pool, deadline) {
  let late = false;
  let failed = false;
  const tries = async () => {
    while (!late) {
      try {
        await workersOf(pool);
        return "answers";
      } catch {
        // A call may still have gone to the dead worker.
        failed = true;
        await pause(1);
      }
    }
  };
  const end = deadline.then(() => {
    late = true;
    return failed ? "breaks" : "hangs";
  });
  return Promise.race([tries(), end]);
}
