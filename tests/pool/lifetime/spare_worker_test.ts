/** End-to-end tests of the process that is started ahead of a worker that leaves after its last task. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Pool } from "../../../mod.ts";
import { childrenOf, survivors, until } from "../../helpers/programs/processes.ts";
import { runProgram } from "../../helpers/programs/program.ts";

const LIMIT_MS = 10_000;

/** Processes that the pool has and does not tell of: its spare, without the reaper of this program. */
async function spares(pool: Pool, others: readonly number[]): Promise<number[]> {
  const known = [...others, ...pool.workers.map(({ pid }) => pid)];
  return (await childrenOf(Deno.pid)).filter((pid) => !known.includes(pid));
}

Deno.test("each task of a pool with one task for each worker has a process of its own, and none is left", async () => {
  const pids: number[] = [];
  {
    await using pool = new Pool({ workers: 2, maxTasksPerChild: 1 });
    for (let turn = 0; turn < 5; turn++) {
      pids.push(...await Promise.all([1, 2].map(() => pool.apply(() => Deno.pid))));
    }
  }
  assertEquals(new Set(pids).size, pids.length);
  assertEquals(await survivors(pids, LIMIT_MS), []);
});

Deno.test("the next worker is started while the last task of the one before it runs, and a spare that was killed is replaced", async () => {
  // The reaper of this program lives as long as this pool.
  await using quiet = new Pool({ workers: 1 });
  await quiet.ready();
  await using pool = new Pool({ workers: 1, maxTasksPerChild: 2 });
  const others = quiet.workers.map(({ pid }) => pid);
  const first = await pool.apply(() => Deno.pid);
  await until(async () => (await spares(pool, others)).length === 2, LIMIT_MS);
  const prepared = await spares(pool, others);
  assertEquals(await pool.apply(() => Deno.pid), first);
  const second = await pool.apply(() => Deno.pid);
  assert(prepared.includes(second));
  assertNotEquals(second, first);
  const reaper = prepared.filter((pid) => pid !== second);
  await until(async () => (await spares(pool, [...others, ...reaper])).length === 1, LIMIT_MS);
  const [spare] = await spares(pool, [...others, ...reaper]);
  Deno.kill(spare!, "SIGKILL");
  assertEquals(await survivors([spare!], LIMIT_MS), []);
  assertEquals(await pool.apply(() => Deno.pid), second);
  assertNotEquals(await pool.apply(() => Deno.pid), spare);
  assertEquals(pool.stats().workersLost, 0);
});

Deno.test("a spare keeps no program alive, and ends after idleTimeoutMs", async () => {
  const { code, stdout, stderr } = await runProgram(`
    const pool = new Pool({ workers: 1, maxTasksPerChild: 1 });
    await pool.apply(Math.sqrt, [4]);
    console.log("done");`);
  assertEquals([code, stdout, stderr], [0, "done\n", ""]);
  await using quiet = new Pool({ workers: 1 });
  await quiet.ready();
  await using pool = new Pool({ workers: 1, maxTasksPerChild: 1, idleTimeoutMs: 100 });
  const others = quiet.workers.map(({ pid }) => pid);
  const pid = await pool.apply(() => Deno.pid);
  assertEquals(await survivors([pid], LIMIT_MS), []);
  // Only the reaper is left.
  assert(await until(async () => (await spares(pool, others)).length === 1, LIMIT_MS));
  assertEquals(await pool.apply(Math.sqrt, [4]), 2);
});
