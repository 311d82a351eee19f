// Unit.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SendWindow } from "../../../src/pool/scheduling/send_window.ts";

Deno.test("SendWindow doubles for a worker that runs dry, up to 256 tasks", () => {
  const window = new SendWindow();
  const sizes: number[] = [];
  for (let n = 0; n < 10; n++) {
    sizes.push(window.tasks);
    window.answered(1, 0.01, true);
  }
  assertEquals(sizes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 256]);
});

Deno.test("SendWindow holds what takes two milliseconds for a worker that does not run dry", () => {
  const window = new SendWindow();
  window.answered(1, 0.1, false);
  assertEquals(window.tasks, 20);
  // The mean of 0.1 and 0.3 ms.
  window.answered(1, 0.3, false);
  assertEquals(window.tasks, 10);
  window.answered(1, 50, false);
  assertEquals(window.tasks, 1);
});

Deno.test("SendWindow.room() tops up by halves, and not beyond 256 KiB", () => {
  const window = new SendWindow();
  for (let n = 0; n < 3; n++) window.answered(1, 0.01, true);
  assertEquals([0, 4, 5, 8].map((held) => window.room(held, 0)), [8, 4, 0, 0]);
  assertEquals(window.room(0, 256 * 1024 + 1), 0);
  assertEquals([window.fits(256 * 1024), window.fits(256 * 1024 + 1)], [true, false]);
});

Deno.test("SendWindow.shrink() keeps at one task for longer each time, and for short when returns are rare", () => {
  const window = new SendWindow();
  const answersUntilGrowth = (): number => {
    let answers = 0;
    while (window.tasks === 1) {
      window.answered(1, 0.01, true);
      answers++;
    }
    return answers;
  };
  const waits: number[] = [];
  for (let n = 0; n < 9; n++) {
    window.shrink();
    waits.push(answersUntilGrowth());
  }
  assertEquals(waits, [2, 4, 8, 16, 32, 64, 128, 128, 128]);
  window.answered(1000, 0.01, true);
  window.shrink();
  assertEquals(answersUntilGrowth(), 2);
});

Deno.test("SendWindow stays within its bounds, whatever happens", () => {
  const step = fc.oneof(
    fc.constant("shrink" as const),
    fc.record({
      answers: fc.integer({ min: 1, max: 256 }),
      costMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true })),
      ranDry: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const window = new SendWindow();
      for (const step of steps) {
        if (step === "shrink") window.shrink();
        else window.answered(step.answers, step.costMs, step.ranDry);
        assert(Number.isSafeInteger(window.tasks) && window.tasks >= 1 && window.tasks <= 256, `${window.tasks}`);
        assert(window.room(0, 0) >= 1);
      }
    }),
    { seed: 1 },
  );
});
