// Unit tests of what the live page keeps: bounded, whatever happens.
import { assertEquals, assertGreater, assertLess, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { FailureGroups } from "../../src/dashboard/failure_groups.ts";
import { History } from "../../src/dashboard/history.ts";
import { parsePs, usageOf } from "../../src/dashboard/process_usage.ts";
import { Recorder } from "../../src/dashboard/recorder.ts";
import type { PoolSource } from "../../src/dashboard/source.ts";
import type { Sample } from "../../src/dashboard/state.ts";

const RESOLUTIONS = [{ stepMs: 10, steps: 7 }, { stepMs: 50, steps: 4 }];

Deno.test("History counts every task once in each resolution, in steps that follow each other", () => {
  const step = fc.record({ ms: fc.nat(40), completed: fc.nat(3), failed: fc.nat(2) });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const history = new History(0, RESOLUTIONS.map((resolution) => ({ ...resolution, steps: 1000 })));
    let now = 0;
    const counts = { completed: 0, failed: 0 };
    for (const { ms, completed, failed } of steps) {
      history.ended(completed, failed);
      counts.completed += completed;
      counts.failed += failed;
      history.advance(now += ms, 0, 0);
    }
    history.advance(now + 100, 0, 0);
    for (const [index, samples] of history.samples().entries()) {
      const sum = { completed: 0, failed: 0 };
      for (const [n, { at, completed, failed }] of samples.entries()) {
        assertEquals(at, n * RESOLUTIONS[index]!.stepMs);
        sum.completed += completed;
        sum.failed += failed;
      }
      assertEquals(sum, counts);
    }
  }));
});

Deno.test("History keeps no more steps than it says, also after a year of sleep", () => {
  const history = new History(0, RESOLUTIONS);
  const year = 365 * 86_400_000;
  const closed = history.advance(year, 3, 2);
  assertLess(closed[0]!.length, 20);
  assertEquals(history.samples().map((samples) => samples.length), [7, 4]);
  assertEquals(history.samples()[0]!.at(-1)!.at, year - 10);
});

Deno.test("History goes on when the clock is set back, and keeps no step that lies ahead", () => {
  const history = new History(1000, RESOLUTIONS);
  history.advance(1100, 0, 0);
  history.ended(1, 0);
  history.advance(500, 0, 0);
  assertEquals(history.samples(), [[], []]);
  history.advance(520, 0, 0);
  assertEquals(history.samples()[0]!.map(({ at, completed }) => [at, completed]), [[500, 1], [510, 0]]);
});

Deno.test("FailureGroups puts messages of one shape together, and forgets the oldest of too many", () => {
  const groups = new FailureGroups();
  for (let n = 0; n < 100; n++) groups.add(new RangeError(`row ${n} of "file ${n}.csv" is ${n / 7} long`), n);
  groups.add("no error", 7);
  const [first, second] = groups.views();
  assertEquals([first!.name, first!.shape, first!.count, first!.lastAt], [
    "RangeError",
    'row # of "…" is # long',
    100,
    99,
  ]);
  assertEquals([second!.name, second!.shape, second!.count], ["string", "no error", 1]);
  for (let n = 0; n < 200; n++) groups.add(new Error(String.fromCharCode(0x4e00 + n).repeat(2 * n)), n);
  const views = groups.views();
  assertLessOrEqual(views.length, 50);
  for (const { example } of views) assertLessOrEqual(example.length, 300);
});

Deno.test("parsePs() reads what procps and BSD print", () => {
  assertEquals(
    [...parsePs("    1  1024 00:00:02\n   22 2048 1-02:03:04\n333 512 0:01.50\n  PID RSS\n")],
    [
      [1, { memoryMiB: 1, cpuMs: 2000 }],
      [22, { memoryMiB: 2, cpuMs: 93_784_000 }],
      [333, { memoryMiB: 0.5, cpuMs: 1500 }],
    ],
  );
});

Deno.test({
  name: "usageOf() knows what this process uses, and leaves out a process that is gone",
  ignore: Deno.build.os === "windows",
  async fn() {
    const usages = await usageOf([Deno.pid, 2 ** 22 - 3]);
    assertEquals([...usages.keys()], [Deno.pid]);
    assertGreater(usages.get(Deno.pid)!.memoryMiB, 10);
  },
});

Deno.test("Recorder shows of several tasks of a worker the one that began first, until it ends", () => {
  const workers = [{ workerId: 1, pid: 1, state: "busy", tasksDone: 0 }];
  const source = { name: "pool", grants: [], totals: () => ({}), workers: () => workers, control: undefined };
  const recorder = new Recorder(source as unknown as PoolSource, 0);
  const shown = (): string | undefined => recorder.start(false, 0).state.workers[0]!.task?.name;
  recorder.began(1, 10, "long", 0);
  recorder.began(1, 11, "short", 1);
  recorder.ended(1, 11, 1, undefined, 2);
  assertEquals(shown(), "long");
  recorder.began(1, 12, "next", 3);
  recorder.ended(1, 10, 4, undefined, 4);
  assertEquals(shown(), "next");
  recorder.spawned(1, 2);
  assertEquals(shown(), undefined, "those of the process before");
});

Deno.test("Recorder counts items in the place of tasks, and the run times of tasks", () => {
  const source = { name: "pool", grants: [], totals: () => ({}), workers: () => [], control: undefined };
  const recorder = new Recorder(source as unknown as PoolSource, 0, "Records");
  recorder.ended(undefined, 1, 20, undefined, 1);
  recorder.ended(undefined, 2, 20, { error: new Error("the worker ended") }, 2);
  recorder.itemsEnded(10, [{ name: "RangeError", message: "too large" }, "thrown text"], 3);
  const [[sample]] = recorder.step(1000).samples as [[Sample]];
  assertEquals([sample.completed, sample.failed, Math.round(sample.runP50Ms / 10)], [10, 2, 2]);
  const { items, state } = recorder.start(false, 1000);
  assertEquals([items, state.items], ["Records", { completed: 10, failed: 2 }]);
  assertEquals(state.failures.map(({ name, example }) => `${name}: ${example}`), [
    "RangeError: too large",
    "string: thrown text",
  ]);
});

Deno.test("Recorder keeps characters whole that workers print in parts, and the end of what is long", () => {
  const workers = [1, 2].map((workerId) => ({ workerId, pid: workerId, state: "idle", tasksDone: 0 }));
  const source = { name: "pool", grants: [], totals: () => ({}), workers: () => workers, control: undefined };
  const recorder = new Recorder(source as unknown as PoolSource, 0);
  const text = "h\u00e9 \u6f22\u5b57\n";
  for (const byte of new TextEncoder().encode(text)) {
    for (const { workerId } of workers) recorder.printed(workerId, Uint8Array.of(byte));
  }
  const outputs = (): string[] => recorder.start(false, 0).state.workers.map(({ output }) => output);
  assertEquals(outputs(), [text, text]);
  recorder.printed(1, new TextEncoder().encode("\u6f22".repeat(100_000)));
  assertEquals(outputs(), ["\u6f22".repeat(2000), text]);
});
