// Policy: the locks of jobs on a machine whose clock is set back.
import { assertEquals } from "@std/assert";
import { SteadyLocks } from "../../src/bullmq/steady_worker.ts";

Deno.test("SteadyLocks renews the locks of jobs also when the clock was set back, and tells of those that are lost", async () => {
  const { now } = Date;
  const renewed = Promise.withResolvers<string[]>();
  const lost = Promise.withResolvers<unknown>();
  const worker = {
    ...{ id: "w", name: "q" },
    trace: (_kind: unknown, _operation: unknown, _name: unknown, call: () => unknown) => call(),
    emit: (event: string, told: unknown) => event === "lockRenewalFailed" && lost.resolve(told),
    extendJobLocks: (ids: string[]) => {
      renewed.resolve(ids);
      return Promise.resolve(["lost"]);
    },
  };
  const locks = new SteadyLocks(worker as never, { lockRenewTime: 2, lockDuration: 4, workerId: "w" });
  for (const id of ["kept", "lost"]) locks.trackJob(id, "token", Date.now());
  Date.now = () => now() - 60_000;
  try {
    locks.start();
    assertEquals(await renewed.promise, ["kept", "lost"]);
    assertEquals(await lost.promise, ["lost"]);
  } finally {
    Date.now = now;
    await locks.close();
  }
});
