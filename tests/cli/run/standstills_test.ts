/** Unit tests of what a run knows of times in which all of it was stopped, and one end-to-end test that stops it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { readDetails } from "../../../cli/records/batch.ts";
import { Standstills } from "../../../cli/run/standstills.ts";
import { BlockRun } from "../../../cli/runner/block_run.ts";
import type { BlockOrder, Piece, RunnerSettings } from "../../../cli/runner/protocol.ts";
import { corralCommand } from "../../helpers/programs/corral.ts";
import { childrenOf } from "../../helpers/programs/processes.ts";

const SETTINGS: RunnerSettings = {
  ...{ input: "json", delimiter: "\n", output: "ndjson", tagged: false, batch: null } as const,
  ...{ retries: 0, retryErrors: true, retryTimeouts: true, isPaced: false, isUntrusted: false, graceMs: 500 },
};
const ORDER: BlockOrder = {
  ...{ firstIndex: 0, attempt: 1, precise: true, timeoutMs: 1000, detailed: true, budgetMs: Infinity },
  ...{ columns: null, rows: null },
};

/** A function that finds that its program was stopped for longer than five seconds. */
const STOPPED = `const start = performance.now();
  let last = start;
  const wasStopped = () => {
    const now = performance.now();
    const passed = now - last;
    last = now;
    return passed > 5000;
  };
  console.error("begun");`;

Deno.test("Standstills.within() tells how much of a time nothing ran, and a busy machine is no standstill", () => {
  let now = 0;
  const standstills = new Standstills(() => now);
  const lookAt = (at: number): void => {
    now = at;
    standstills.look();
  };
  lookAt(250);
  // Late, as on a machine that has much else to do.
  lookAt(1400);
  assertEquals(standstills.within(1400), 0);
  lookAt(11_400);
  lookAt(11_650);
  assertEquals([20_000, 11_650, 5250, 250].map((ms) => standstills.within(ms)), [10_000, 10_000, 5000, 0]);
  // Who asks is heard before the next look.
  now = 31_650;
  assertEquals([standstills.within(20_000), standstills.within(40_000)], [20_000, 30_000]);
});

Deno.test("BlockRun asks whether all stood still before it says that a record took too long", async () => {
  const realNow = performance.now.bind(performance);
  let skippedMs = 0;
  Object.defineProperty(performance, "now", { configurable: true, value: () => realNow() + skippedMs });
  try {
    for (const stoodMs of [0, 3_600_000]) {
      const asked: number[] = [];
      const standstills = {
        within: (ms: number) => {
          asked.push(ms);
          return Promise.resolve(stoodMs);
        },
      };
      const call = (record: unknown): unknown => {
        skippedMs += 3_600_000;
        if (record === 2) throw new Error("by itself");
        return record === 3 ? Promise.resolve(record) : record;
      };
      const outcomes: string[] = [];
      const take = ([, , , , , , details]: Piece): void =>
        void outcomes.push(...readDetails(details, 0, 3).outcomes.map(({ outcome }) => outcome));
      const run = new BlockRun(call, SETTINGS, new TextEncoder().encode("1\n2\n3\n"), { ...ORDER, timeoutMs: 60_000 }, {
        workerId: 0,
        send: (piece) => take(piece),
      }, standstills);
      await run.run();
      take(run.takeLast());
      assertEquals(outcomes, stoodMs === 0 ? ["timeout", "timeout", "timeout"] : ["ok", "error", "ok"]);
      assertEquals(asked.every((ms) => ms >= 3_600_000), true);
    }
  } finally {
    Reflect.deleteProperty(performance, "now");
  }
});

Deno.test({
  name:
    "corral map does not count the time in which it was stopped with its workers, for functions that wait and that compute",
  ignore: Deno.build.os === "windows",
  async fn() {
    const limitMs = 6000;
    const text = `async (way) => { ${STOPPED}
      if (way === "compute") while (!wasStopped());
      while (way === "wait" && !wasStopped()) await new Promise((go) => setTimeout(go, 20));
      return [way, performance.now() - start > ${limitMs}];
    }`;
    const args = ["map", "-j", "2", "--chunk", "1", "--timeout", `${limitMs}ms`, "-e", text];
    const child = corralCommand(args, { allow: ["-A"] }).spawn();
    const results = new Response(child.stdout).text();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode('"compute"\n"wait"\n'));
    await writer.close();
    let told = "";
    const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    while (told.split("begun").length < 3) told += (await errors.read()).value ?? "begun begun";
    // The program first: it wakes workers that say nothing.
    child.kill("SIGSTOP");
    const workers = await childrenOf(child.pid);
    for (const pid of workers) Deno.kill(pid, "SIGSTOP");
    // No test of time: the limit is over by then, by every clock.
    await new Promise((go) => setTimeout(go, limitMs + 1000));
    for (const pid of [child.pid, ...workers]) Deno.kill(pid, "SIGCONT");
    for (let next = await errors.read(); !next.done; next = await errors.read()) told += next.value;
    assertEquals(await results, '["compute",true]\n["wait",true]\n', told);
    assertStringIncludes(told, "2 records, 0 failed");
    assertEquals((await child.status).code, 0);
  },
});
