import { assert, assertEquals } from "@std/assert";
import { Pool, type PoolOptions } from "../../../mod.ts";
import { EventLog } from "./events.ts";
import { childrenOf, descriptorsOf, survivors, until } from "../programs/processes.ts";

const SETTLE_MS = 20_000;
/** Deno opens some for itself with first uses. */
const SPARE_DESCRIPTORS = 6;

/**
 * Does something to a pool, and checks what must hold after anything that can be done to one: it serves with all its workers, every task
 * has settled once, and when it is closed, no process and no descriptor is left.
 */
export async function withInvariants(
  options: PoolOptions & { workers: number },
  body: (pool: Pool, log: EventLog) => Promise<void>,
): Promise<void> {
  const linux = Deno.build.os === "linux";
  const descriptors = linux ? await descriptorsOf(Deno.pid) : 0;
  const log = new EventLog();
  {
    await using pool = new Pool({ ...options, onEvent: log.listener });
    await body(pool, log);
    await pool.ready();
    assertEquals(await pool.map((x: number) => x ** 0.5, [1, 4, 9, 16], { chunkSize: 1, retries: 1 }), [1, 2, 3, 4]);
    assertEquals(pool.workers.length, options.workers);
    const { submitted, completed, failed, cancelled, waiting, running } = pool.stats();
    assertEquals([waiting, running, completed + failed + cancelled], [0, 0, submitted]);
  }
  assertEquals(await survivors(log.pids, SETTLE_MS), []);
  const children = await childrenOf(Deno.pid);
  assertEquals(children.filter((pid) => log.pids.includes(pid)), []);
  if (linux) {
    const isBack = async (): Promise<boolean> => await descriptorsOf(Deno.pid) <= descriptors + SPARE_DESCRIPTORS;
    assert(
      await until(isBack, SETTLE_MS),
      `descriptors: ${descriptors} before, ${await descriptorsOf(Deno.pid)} after`,
    );
  }
}
