/** End-to-end: a worker that never gets ready is ended after `startTimeoutMs`, and what waits for it hears why. */
import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { BrokenPoolError, Pool, ProcessPoolExecutor, WorkerStartError } from "../../../mod.ts";
import { withPool } from "../../helpers/pools/with_pool.ts";

const dataModule = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

/** Modules that never load, each in its way; what they print says that they had begun. */
const ENDLESS: Readonly<Record<string, string>> = {
  "a top-level await": 'console.error("begun"); setInterval(() => {}, 1000); await new Promise(() => {});',
  "a loop": 'console.error("begun"); while (true);',
};

for (const [what, text] of Object.entries(ENDLESS)) {
  Deno.test(`Pool ends a worker whose module is held up by ${what}, and tries again for the next task`, async () => {
    let said = "";
    // On a busy machine a worker may not come as far as its module in a second.
    for (let startTimeoutMs = 1000; said === "" && startTimeoutMs < 60_000; startTimeoutMs *= 4) {
      await withPool({ workers: 1, module: dataModule(text), startTimeoutMs, output: "events" }, async (pool, log) => {
        for (const starts of [1, 2]) {
          const error = await assertRejects(
            () => pool.apply(Math.sqrt, [4]),
            WorkerStartError,
            `after ${startTimeoutMs} ms`,
          );
          assertStringIncludes(
            error.message,
            "no task had started, a retry is safe once startTimeoutMs is long enough",
          );
          assertEquals([error.taskStarted, log.pids.length], [false, starts]);
          said = error.stderrTail;
        }
      });
    }
    assertEquals(said, "begun\n");
  });
}

Deno.test("Pool.ready() rejects when a worker does not get ready in time, and the pool breaks when none ever does", async () => {
  await using pool = new Pool({ workers: 1, module: dataModule("while (true);"), startTimeoutMs: 50 });
  await assertRejects(() => pool.ready(), WorkerStartError, "startTimeoutMs");
  let error: unknown;
  for (let tries = 0; tries < 10 && !(error instanceof BrokenPoolError); tries++) {
    error = await pool.apply(Math.sqrt, [4]).catch((error: unknown) => error);
  }
  assertInstanceOf(error, BrokenPoolError);
});

Deno.test("startTimeoutMs bounds the initializer, of executors too, and does not count once a worker is ready", async () => {
  await using held = new ProcessPoolExecutor({
    maxWorkers: 1,
    startTimeoutMs: 500,
    initializer: () => new Promise<never>(() => setInterval(() => {}, 1000)),
  });
  await assertRejects(() => held.submit(Math.sqrt, 4).result(), WorkerStartError, "run its initializer after 500 ms");
  await using pool = new Pool({ workers: 1, startTimeoutMs: 60_000 });
  assertEquals(await pool.apply(Math.sqrt, [4]), 2);
});
