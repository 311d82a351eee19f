// Unit tests of the trace: what Perfetto asks of the format, and what a reader looks for.
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import type { RunEvent } from "../../../cli/records/run_events.ts";
import { ChromeTrace, createTrace, type TraceEvent } from "../../../cli/observers/trace.ts";
import { inFolder } from "../../helpers/programs/corral.ts";
import { plainRun, recordEvent, STARTED_AT, startEvent } from "../../helpers/programs/run_events.ts";

async function traceOf(events: RunEvent[]): Promise<TraceEvent[]> {
  return await inFolder(async (folder) => {
    const trace = await createTrace(`${folder}/t.json`);
    for (const event of events) await trace.receive([event]);
    await trace.close();
    return JSON.parse(await Deno.readTextFile(`${folder}/t.json`)).traceEvents;
  });
}

Deno.test("createTrace() gives each worker slot a named row, with the start of its worker and its records", async () => {
  const events = await traceOf(plainRun(40));
  const names = events.filter(({ name }) => name === "thread_name").map(({ tid, args }) => [tid, args]);
  assertEquals(names, [[1, { name: "worker 0" }], [2, { name: "worker 1" }]]);
  const slices = events.filter(({ ph }) => ph === "X");
  assertEquals(slices.length, 42);
  const [start] = slices;
  assertEquals([start!.name, start!.tid, start!.ts, start!.dur], ["start of the worker", 1, 0, 9000]);
  const record = slices.find(({ name }) => name === "record 3")!;
  assertEquals([record.tid, record.ts, record.dur, record["cat"]], [2, 30_000, 8000, "ok"]);
});

Deno.test("createTrace() writes only whole, ordered slices, whose rows do not overlap", async () => {
  const events = await traceOf(plainRun(100));
  for (const tid of [1, 2]) {
    let end = 0;
    for (const { ts, dur } of events.filter((event) => event.ph === "X" && event.tid === tid)) {
      assertGreaterOrEqual(ts!, end);
      end = ts! + dur!;
    }
  }
});

Deno.test("createTrace() shows failures, retries with arrows, replaced workers and prints", async () => {
  const at = STARTED_AT;
  const events = await traceOf([
    startEvent(),
    { type: "worker", at, slot: 0, pid: 7, state: "spawn" },
    { type: "worker", at: at + 5, slot: 0, pid: 7, state: "ready" },
    { type: "print", at: at + 6, slot: 0, text: "hello\n" },
    { type: "retry", at: at + 20, sequence: 1, slot: 0, attempt: 1, reason: "crash", durationMs: 10 },
    { type: "worker", at: at + 21, slot: 0, pid: 8, state: "spawn" },
    { type: "worker", at: at + 22, slot: 0, pid: 7, state: "exit", exitCode: 3, signal: null },
    { type: "worker", at: at + 30, slot: 0, pid: 8, state: "ready" },
    { type: "retry", at: at + 40, sequence: 1, slot: 0, attempt: 2, reason: "error", durationMs: 5 },
    recordEvent(1, { atMs: 50, slot: 1, attempt: 3, outcome: "timeout", error: { name: "E", message: "late" } }),
    recordEvent(2, { slot: -1, outcome: "invalid" }),
    { type: "end", at: at + 99, reason: "halted", exitCode: 1, records: 2, failed: 2, results: 0 },
  ]);
  const slices = events.filter(({ ph }) => ph === "X").map(({ name, tid, ts, dur }) => [name, tid, ts, dur]);
  assertEquals(slices, [
    ["start of the worker", 1, 0, 5000],
    ["record 1: crash, tried again", 1, 10_000, 10_000],
    ["start of the worker", 1, 21_000, 9000],
    ["record 1: error, tried again", 1, 35_000, 5000],
    ["record 1: timeout", 2, 50_000, 8000],
  ]);
  const arrows = events.filter(({ ph }) => ph === "s" || ph === "f").map(({ ph, id, tid, ts }) => [ph, id, tid, ts]);
  assertEquals(arrows, [
    ["s", "1.1", 1, 10_000],
    ["f", "1.1", 1, 35_000],
    ["s", "1.2", 1, 35_000],
    ["f", "1.2", 2, 50_000],
  ]);
  const marks = events.filter(({ ph }) => ph === "i").map(({ name }) => name);
  assertEquals(marks, ["print", "exit", "record 2: invalid", "end: halted"]);
});

Deno.test("createTrace() counts busy workers and waiting records", async () => {
  const block = (at: number, slot: number, state: "start" | "end"): RunEvent => (
    { type: "block", at: STARTED_AT + at, slot, state, firstSequence: 1, records: 10 }
  );
  const events = await traceOf([
    startEvent(),
    { type: "input", at: STARTED_AT, records: 30, bytes: 300, ended: true },
    block(10, 0, "start"),
    block(30, 1, "start"),
    block(50, 1, "end"),
    { type: "count", at: STARTED_AT + 70, done: 10, failed: 0 },
  ]);
  const values = (counter: string) =>
    events.filter(({ ph, name }) => ph === "C" && name === counter).map(({ args }) => args);
  assertEquals(values("busy workers"), [1, 2, 1, 1].map((value) => ({ value })));
  assertEquals(values("records read, not done"), [30, 30, 30, 20].map((value) => ({ value })));
});

Deno.test("createTrace() is whole JSON also when the run had no events at all", async () => {
  assertEquals(await traceOf([]), []);
  assert((await traceOf([startEvent()])).length > 0);
});

Deno.test("ChromeTrace keeps fewer records the more there are, and all of few", () => {
  const slices = (records: number) => {
    const trace = new ChromeTrace();
    trace.convert(startEvent());
    let count = 0;
    for (let sequence = 1; sequence <= records; sequence++) {
      count += trace.convert(recordEvent(sequence)).filter(({ ph }) => ph === "X").length;
    }
    return count;
  };
  assertEquals(slices(20_000), 20_000);
  assertEquals(slices(140_000), 60_000);
  assertEquals(slices(300_000), 80_000);
});

Deno.test("ChromeTrace keeps fewer retries and prints the more there are, and no arrow but between attempts", () => {
  const trace = new ChromeTrace();
  trace.convert(startEvent());
  const counts: Record<string, number> = {};
  for (let sequence = 1; sequence <= 60_000; sequence++) {
    const failed = { at: 1000 + sequence, slot: 0 } as const;
    for (
      const { ph, name } of [
        ...trace.convert({ type: "retry", ...failed, sequence, attempt: 1, reason: "error", durationMs: 1 }),
        ...trace.convert({ type: "print", ...failed, text: "told\n" }),
        ...trace.convert(recordEvent(sequence)),
      ]
    ) {
      const kind = ph === "X" && name.includes("again") ? "again" : ph;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
  }
  assertEquals(counts, { again: 40_000, s: 40_000, f: 40_000, i: 40_000, X: 40_000 });
});
