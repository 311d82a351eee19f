// Unit.
import { assertEquals } from "@std/assert";
import type { after } from "../../src/timer.ts";
import { ProgramHold } from "../../src/worker/program_hold.ts";

/** Runs `body` with a hold whose clock rings when told; returns what the runtime was told, and how many clocks run at the end. */
function withHold(body: (hold: ProgramHold, ring: () => void) => void): [told: boolean[], running: number] {
  const told: boolean[] = [];
  const running = new Set<() => void>();
  const start: typeof after = (_ms, callback) => {
    running.add(callback);
    return {
      cancel: () => void running.delete(callback),
      setReferenced: (referenced) => assertEquals(referenced, false),
    };
  };
  const hold = new ProgramHold((holds) => told.push(holds), start);
  body(hold, () => {
    for (const callback of [...running]) {
      running.delete(callback);
      callback();
    }
  });
  return [told, running.size];
}

Deno.test("ProgramHold.set() lets the program go a moment later", () => {
  const [told, running] = withHold((hold, ring) => {
    hold.set(false);
    hold.set(false);
    assertEquals(hold.wanted, false);
    ring();
  });
  assertEquals([told, running], [[false], 0]);
});

Deno.test("ProgramHold.set() tells nothing of a worker that is idle for less than that, again and again", () => {
  const [told] = withHold((hold, ring) => {
    for (let call = 0; call < 10; call++) {
      hold.set(false);
      hold.set(true);
      if (call % 3 === 0) ring();
    }
    ring();
    assertEquals(hold.wanted, true);
  });
  assertEquals(told, []);
});

Deno.test("ProgramHold.set() holds the program at once", () => {
  const [told] = withHold((hold, ring) => {
    hold.set(false);
    ring();
    hold.set(true);
  });
  assertEquals(told, [false, true]);
});

Deno.test("ProgramHold.end() leaves no clock behind", () => {
  const [told, running] = withHold((hold) => {
    hold.set(false);
    hold.end();
  });
  assertEquals([told, running], [[], 0]);
});
