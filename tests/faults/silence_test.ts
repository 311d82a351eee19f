/** End-to-end tests of workers that are stopped, or leave a message unfinished, while no task has a time limit. */
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { kill } from "node:process";
import { Lock, Pool, ProtocolError, Queue } from "../../mod.ts";
import { withPool } from "../helpers/pools/with_pool.ts";

const FORGE = import.meta.resolve("../fixtures/attacks/forge_frames.ts");

type Forge = typeof import("../fixtures/attacks/forge_frames.ts");

const isWindows = Deno.build.os === "windows";

// Each waits for seconds: what can go on side by side does.
Deno.test(
  { name: "A stopped worker goes on, whatever it was doing, and nothing is lost", ignore: isWindows },
  async () => {
    const stopSelf = (): number => {
      Deno.kill(Deno.pid, "SIGSTOP");
      return 7;
    };
    const stopsItself = withPool({ workers: 1 }, async (pool) => {
      assertEquals(await pool.map(stopSelf, [1, 2], { chunkSize: 1 }), [7, 7]);
    });
    const fromOutside = withPool({ workers: 1 }, async (pool, log) => {
      const queue = new Queue<string>();
      const task = pool.apply(async (queue: Queue<string>) => {
        await queue.put("begun");
        return await queue.get();
      }, [queue]);
      await queue.get();
      kill(log.pids[0]!, "SIGSTOP");
      await queue.put("item");
      assertEquals(await task, "item");
    });
    const whileIdle = withPool({ workers: 1 }, async (pool, log) => {
      await pool.ready();
      kill(log.pids[0]!, "SIGSTOP");
      assertEquals(await pool.map(Math.sqrt, [4, 9]), [2, 3]);
      assertEquals(log.pids.length, 1);
    });
    const whileStarting = withPool({
      workers: 1,
      onEvent: (event) => event.type === "spawn" && kill(event.pid, "SIGSTOP"),
    }, async (pool) => {
      assertEquals(await pool.apply(Math.sqrt, [16]), 4);
    });
    const withLock = withPool({ workers: 1 }, async (pool) => {
      const lock = new Lock();
      const holder = pool.apply(async (lock: Lock) => {
        using _guard = await lock.acquire();
        Deno.kill(Deno.pid, "SIGSTOP");
      }, [lock]);
      await holder;
      using guard = await lock.acquire();
      assertEquals(guard.abandoned, false);
    });
    await Promise.all([stopsItself, fromOutside, whileIdle, whileStarting, withLock]);
  },
);

Deno.test(
  { name: "A stopped worker whose queue is awaited goes on, though it has no task", ignore: isWindows },
  () =>
    withPool({ workers: 1, module: import.meta.resolve("../fixtures/shared/share_objects.ts") }, async (pool, log) => {
      const queue = await pool.apply("makeQueue", [["item"]]) as Queue<string>;
      kill(log.pids[0]!, "SIGSTOP");
      assertEquals(await queue.get(), "item");
    }),
);

Deno.test("A task that lets nothing else run for longer than any silence is left alone", () =>
  withPool({ workers: 1 }, async (pool, log) => {
    // Nothing in the worker can say anything meanwhile, as when it computes; but that would cost others a processor.
    const block = (ms: number): string => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    assertEquals(await pool.apply(block, [5000]), "timed-out");
    assertEquals(log.pids.length, 1);
  }));

Deno.test("A message that is never finished holds up neither its own task nor the next", async () => {
  const newPool = (): Pool<Forge> => new Pool<Forge>({ workers: 1, module: FORGE });
  const ownTask = async (): Promise<void> => {
    await using pool = newPool();
    const half = [0, 0, 0, 100, 0, 0, 0, 96, 91, 34];
    const error = await assertRejects(() => pool.apply("write", [half, null, true]), ProtocolError);
    assertEquals(error.message.includes("did not finish it within 10 s"), true);
    assertEquals(await pool.apply("double", [4]), 8);
  };
  const nextTask = async (): Promise<void> => {
    await using pool = newPool();
    assertEquals(await pool.apply("leaveHalfFrame"), "answered");
    const next = await pool.apply("double", [4]).catch((error) => error);
    // Its answer may have come before the half message, or have been swallowed by it.
    if (next !== 8) assertInstanceOf(next, ProtocolError);
    assertEquals(await pool.apply("double", [5]).catch(() => pool.apply("double", [5])), 10);
  };
  const dripping = async (): Promise<void> => {
    await using pool = newPool();
    await assertRejects(() => pool.apply("drip"), ProtocolError, "did not finish it within 10 s");
    assertEquals(await pool.apply("double", [6]), 12);
  };
  await Promise.all([ownTask(), nextTask(), dripping()]);
});
