/** End-to-end tests: a limit of time holds although the worker that owns the queue or the pipe computes, and nothing is lost by that. */
import { assertEquals, assertRejects } from "@std/assert";
import { type Connection, Pool, type Queue, QueueEmptyError, TimeoutError } from "../../mod.ts";

type Tasks = typeof import("../fixtures/shared/busy_owner.ts");

Deno.test("get() and recv() end by their time and their signal while the owner computes, and what it sends too late goes back", async () => {
  await using pool = new Pool<Tasks>({ workers: 1, module: import.meta.resolve("../fixtures/shared/busy_owner.ts") });
  const [queue, end]: [Queue<string>, Connection] = await pool.apply("own");
  const began = Promise.withResolvers<unknown>();
  let isBusy = true;
  const busy = pool.apply("compute", [4000], { onProgress: began.resolve }).finally(() => isBusy = false);
  await began.promise;
  const controller = new AbortController();
  const aborted = queue.get({ signal: controller.signal });
  controller.abort(new Error("never mind"));
  await Promise.all([
    assertRejects(() => queue.get({ timeoutMs: 50 }), QueueEmptyError),
    assertRejects(() => end.recv({ timeoutMs: 0 }), TimeoutError),
    assertRejects(() => aborted, Error, "never mind"),
  ]);
  assertEquals(isBusy, true, "the owner had to be waited for");
  await busy;
  // The first may be on its way back still when the next is asked for.
  const items = [await queue.get(), await queue.get()].sort();
  assertEquals([items, await end.recv()], [["first", "second"], "message"]);
});
