// End-to-end tests of trace files.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Pool } from "../../mod.ts";
import { type ObservedTask, traceTo } from "../../src/trace_file/mod.ts";
import { runProgram } from "../helpers/programs/program.ts";

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly tid?: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Record<string, unknown>;
}

async function traced(options: { sample?: number }, body: (pool: Pool) => Promise<unknown>): Promise<TraceEvent[]> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    {
      using trace = traceTo(path, options);
      await using pool = new Pool({ workers: 2 });
      pool.observe(trace);
      await body(pool);
      pool.close();
      await pool.join();
    }
    return JSON.parse(await Deno.readTextFile(path));
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("traceTo() writes each task on the track of its worker, starts and ends, and how many wait and run", async () => {
  const events = await traced({}, async (pool) => {
    await pool.map(Math.sqrt, [1, 4, 9], { chunkSize: 1 });
    await pool.apply(() => Deno.exit(3), [], { retries: 1 }).catch(() => {});
    await pool.apply(Math.sqrt, [1], { signal: AbortSignal.abort() }).catch(() => {});
  });
  const of = (ph: string, name: string): TraceEvent[] =>
    events.filter((event) => event.ph === ph && event.name === name);
  assertEquals(of("X", "Math.sqrt").map(({ args }) => args?.outcome), ["completed", "completed", "completed"]);
  assert(of("X", "Math.sqrt").every(({ tid, ts, dur }) => (tid === 0 || tid === 1) && ts! > 0 && dur! >= 0));
  assertEquals(of("i", "retry").length, 1);
  assertEquals(of("X", "anonymous").map(({ args }) => [args?.outcome, args?.attempt]), [["worker", 2]]);
  assert(of("X", "start of the worker").length >= 2);
  assertEquals(of("i", "end of the worker").length, of("M", "thread_name").length);
  assertEquals(events.findLast(({ ph }) => ph === "C")?.args, { waiting: 0, running: 0 });
});

Deno.test("traceTo() leaves out the tasks that were submitted before it observes", async () => {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    {
      using trace = traceTo(path);
      await using pool = new Pool({ workers: 1 });
      const before = [pool.apply(Math.sqrt, [4]), pool.apply(Math.sqrt, [9])];
      pool.observe(trace);
      await Promise.all(before);
      await pool.apply(Math.cbrt, [8]);
    }
    const events: TraceEvent[] = JSON.parse(await Deno.readTextFile(path));
    assertEquals(events.filter(({ name }) => name.startsWith("Math.")).map(({ name }) => name), ["Math.cbrt"]);
    const counts = events.filter(({ ph }) => ph === "C");
    assertEquals(counts.map(({ args }) => args), [
      { waiting: 1, running: 0 },
      { waiting: 0, running: 1 },
      { waiting: 0, running: 0 },
    ]);
    assert(counts.every(({ ts }) => ts! > 0));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("traceTo() gives the workers of each pool tracks of their own, and names those that were there before", async () => {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    {
      using trace = traceTo(path);
      await using first = new Pool({ workers: 2 });
      await using second = new Pool({ workers: 2 });
      await first.ready();
      first.observe(trace);
      second.observe(trace);
      await second.ready();
      for (const pool of [first, second]) await pool.map(Math.sqrt, [1, 4, 9, 16], { chunkSize: 1 });
    }
    const events: TraceEvent[] = JSON.parse(await Deno.readTextFile(path));
    const names = events.filter(({ name }) => name === "thread_name");
    assertEquals(new Set(names.map(({ tid }) => tid)).size, names.length);
    assertEquals(new Set(names.map(({ args }) => args!.pid)).size, names.length);
    const trackOf = new Map(names.map(({ tid, args }) => [args!.pid, tid]));
    const ends = events.filter(({ name }) => name === "end of the worker");
    assertEquals(ends.map(({ tid, args }) => tid === trackOf.get(args!.pid)), [true, true, true, true]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("traceTo() draws no task beyond its end where the program hears late that it has begun", async () => {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    {
      using trace = traceTo(path);
      const worker = { workerId: 0, pid: 1 };
      const times = { submittedAt: 0, waitingSince: 0, sentAt: 1, begunAt: 1000, settledAt: 1001, durationMs: 900 };
      const task = { id: 1, name: "slow", attempt: 1, worker, ...times } as ObservedTask;
      trace.submitted!(task);
      trace.sent!(task, 1);
      trace.settled!(task, "completed", "begun");
      const again = { ...task, id: 2, attempt: 2, waitingSince: 500, sentAt: 600, begunAt: 601, durationMs: 400 };
      trace.submitted!(again);
      trace.settled!(again, "completed", "begun");
    }
    const events: TraceEvent[] = JSON.parse(await Deno.readTextFile(path));
    const spans = events.filter(({ ph }) => ph === "X").map(({ ts, dur, args }) => [ts, dur, args?.waitedMs]);
    assertEquals(spans, [[101_000, 900_000, 1000], [601_000, 400_000, 101]], "its first try is no waiting");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("traceTo() draws no task that waits to be tried again as one that runs", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const events = await traced({}, async (pool) => {
    pool.observe({ retried: () => controller.abort() });
    await pool.apply(() => Deno.exit(3), [], { retries: 1, signal }).catch(() => {});
  });
  assertEquals(events.filter(({ ph, name }) => ph === "X" && name === "anonymous"), []);
  const [end] = events.filter(({ name }) => name === "anonymous: cancelled");
  assertEquals([end?.tid, end?.args?.attempt, end?.args?.waitedMs], [-1, 2, undefined]);
});

Deno.test("traceTo() writes the share of tasks that is wanted", async () => {
  const events = await traced({ sample: 0.1 }, (pool) => pool.map(Math.sqrt, Array(100).fill(4), { chunkSize: 1 }));
  assertEquals(events.filter(({ ph, name }) => ph === "X" && name === "Math.sqrt").length, 10);
  for (const sample of [0, 1.1, NaN, "1"]) {
    assertThrows(() => traceTo("/nowhere", { sample: sample as number }), RangeError, '"sample" is');
  }
});

Deno.test({
  name: "traceTo() tells once that the disk is full, and keeps nothing more",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { code, stdout, stderr } = await runProgram(
      `import { traceTo } from ${JSON.stringify(import.meta.resolve("../../src/trace_file/mod.ts"))};
      using trace = traceTo("/dev/full");
      await using pool = new Pool({ workers: 2 });
      pool.observe(trace);
      console.log((await pool.map(Math.sqrt, Array(2000).fill(4), { chunkSize: 1 })).length);`,
      // A device needs all permissions.
      { flags: ["--allow-all"] },
    );
    assertEquals([code, stdout, stderr.split("No space left on device").length - 1], [0, "2000\n", 1], stderr);
  },
});
