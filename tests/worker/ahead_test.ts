/** End-to-end tests: a worker's process that was started before its pool. */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { Pool } from "../../mod.ts";
import { startAhead } from "../../src/ahead.ts";
import type { WorkerLaunchOptions } from "../../src/worker/launch_options.ts";

/** Starts a process ahead. Returns what ends it, and the process. */
function started(options: WorkerLaunchOptions): [end: () => Promise<void>, child: Deno.ChildProcess | undefined] {
  const { spawn } = Deno.Command.prototype;
  let child: Deno.ChildProcess | undefined;
  Deno.Command.prototype.spawn = function () {
    return child = spawn.call(this);
  };
  try {
    return [startAhead(options), child];
  } finally {
    Deno.Command.prototype.spawn = spawn;
  }
}

/** The process that runs a pool's only worker. */
async function pidIn(options: WorkerLaunchOptions): Promise<number> {
  await using pool = new Pool({ workers: 1, ...options });
  return await pool.apply(() => Deno.pid);
}

Deno.test("startAhead: a pool with the same options takes the process for its first worker, and no other pool does", async () => {
  const [end, child] = started({ env: { A: "1" } });
  assertEquals(await pidIn({ env: { A: "1" } }), child!.pid);
  assertNotEquals(await pidIn({ env: { A: "1" } }), child!.pid);
  await end();
});

Deno.test("startAhead: a pool with other options ends the process, and starts one of its own", async () => {
  const [end, child] = started({ env: { A: "1" } });
  assertNotEquals(await pidIn({ env: { A: "2" } }), child!.pid);
  assertEquals((await child!.status).success, false);
  await end();
});

Deno.test("startAhead: a process that no pool has taken is ended, and so is one that a pool did not need", async () => {
  const [end, child] = started({});
  await end();
  assertEquals((await child!.status).signal, "SIGKILL");
  const [endAlone, second] = started({});
  assertThrows(() => new Pool({ workers: 1, permissions: { read: ["/a,/b"] } }));
  await endAlone();
  assertEquals((await second!.status).signal, "SIGKILL");
  const [, other] = started({});
  await using _pool = new Pool({ workers: 1 });
  await _pool.terminate();
  assertEquals((await other!.status).signal, "SIGKILL");
});

Deno.test("startAhead: a process that has died before is replaced", async () => {
  const [end, child] = started({});
  child!.ref();
  child!.kill("SIGKILL");
  await child!.status;
  const pid = await pidIn({});
  assertNotEquals(pid, child!.pid);
  await end();
});

Deno.test("startAhead: it starts nothing for what is not trusted, or what the pool will refuse", async () => {
  for (const options of [{ trust: "untrusted" as const }, { memoryLimitMiB: -1 }]) {
    const [end, child] = started(options);
    assert(child === undefined);
    await end();
  }
});
