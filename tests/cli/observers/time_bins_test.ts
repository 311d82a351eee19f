// Unit.
import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { TimeBins } from "../../../cli/observers/report/time_bins.ts";

Deno.test("TimeBins keeps the sum of what it gets, whatever the length of the run", () => {
  const span = fc.record({
    from: fc.double({ min: 0, max: 1e7, noNaN: true }),
    ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
  });
  fc.assert(fc.property(fc.array(span, { minLength: 1 }), (spans) => {
    const spread = new TimeBins(20);
    const counted = new TimeBins(20);
    for (const { from, ms } of spans) {
      spread.addSpan(from, from + ms);
      counted.add(from, 1);
    }
    const sum = (bins: TimeBins) => bins.sums.reduce((a, b) => a + b, 0);
    const total = spans.reduce((sum, { from, ms }) => sum + (from + ms - from), 0);
    assertAlmostEquals(sum(spread), total, 1e-6 * (1 + total));
    assertEquals(sum(counted), spans.length);
    for (const busyMs of spread.sums) assertLess(busyMs, spread.widthMs * spans.length * 1.001 + 1e-9);
  }));
});

Deno.test("TimeBins does not loop over times that cannot be", () => {
  const bins = new TimeBins(20);
  for (const at of [1e300, Infinity]) bins.addSpan(0, at);
  bins.add(1e308, 1);
  assert(Number.isFinite(bins.widthMs));
});
