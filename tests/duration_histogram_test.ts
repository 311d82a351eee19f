// Unit.
import { assertAlmostEquals, assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { DurationHistogram } from "../src/duration_histogram.ts";

Deno.test("DurationHistogram.summary() is all zeros without durations", () => {
  assertEquals(new DurationHistogram().summary(), { count: 0, meanMs: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 });
});

Deno.test("DurationHistogram.summary() is within a tenth of the truth", () => {
  const anyDurations = fc.array(fc.double({ min: 0.01, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(anyDurations, (durations) => {
      const histogram = new DurationHistogram();
      for (const duration of durations) histogram.record(duration);
      const sorted = durations.toSorted((a, b) => a - b);
      const { count, meanMs, p50Ms, p95Ms, p99Ms, maxMs } = histogram.summary();
      assertEquals([count, maxMs], [sorted.length, sorted.at(-1)]);
      const mean = durations.reduce((sum, duration) => sum + duration, 0) / count;
      assertAlmostEquals(meanMs, mean, mean * 1e-9);
      for (const [share, estimate] of [[0.5, p50Ms], [0.95, p95Ms], [0.99, p99Ms]] as const) {
        const truth = sorted[Math.max(0, Math.ceil(share * count) - 1)]!;
        assertAlmostEquals(estimate, truth, truth / 10);
      }
      assertLessOrEqual(p50Ms, p95Ms);
      assertLessOrEqual(p99Ms, maxMs);
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("DurationHistogram.record() counts a duration as often as it is told", () => {
  const once = new DurationHistogram();
  const often = new DurationHistogram();
  for (let time = 0; time < 9; time++) once.record(2);
  once.record(100);
  often.record(2, 9);
  often.record(100);
  assertEquals(often.summary(), once.summary());
});

Deno.test("DurationHistogram.record() takes durations that it cannot tell apart", () => {
  const histogram = new DurationHistogram();
  for (const ms of [0, 1e-9, 1e12]) histogram.record(ms);
  const { count, p50Ms, maxMs } = histogram.summary();
  assertEquals([count, maxMs], [3, 1e12]);
  assertLessOrEqual(p50Ms, 0.0011);
});

Deno.test("DurationHistogram.quantile() is within 5 % of the true one, and bars() have all that was counted", () => {
  const anyDurations = fc.array(fc.double({ min: 0.01, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(fc.property(anyDurations, fc.constantFrom(0.5, 0.9, 0.99, 1), (all, share) => {
    const histogram = new DurationHistogram();
    for (const ms of all) histogram.record(ms);
    const sorted = all.toSorted((a, b) => a - b);
    assertAlmostEquals(histogram.quantile(share) / sorted[Math.ceil(share * all.length) - 1]!, 1, 0.05);
    const bars = histogram.bars();
    assertEquals(bars.reduce((sum, { count }) => sum + count, 0), all.length);
    for (const { fromMs, toMs } of bars) assertLess(fromMs, toMs);
    assertLessOrEqual(bars[0]!.fromMs, sorted[0]! * (1 + 1e-9));
    assertLess(sorted.at(-1)!, bars.at(-1)!.toMs * (1 + 1e-9));
  }));
});

Deno.test("DurationHistogram.quantile() of durations that are all the same is that one", () => {
  const histogram = new DurationHistogram();
  histogram.record(7, 3);
  assertEquals([0.01, 0.5, 1].map((share) => histogram.quantile(share)), [7, 7, 7]);
});
