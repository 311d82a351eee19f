// Unit.
import { assertEquals } from "@std/assert";
import { StartLimit } from "../../../src/pool/local/start_limit.ts";
import type { every } from "../../../src/timer.ts";

/** A clock that ticks when told, and says for how long it waits, and whether it runs and holds the program. */
function scriptedClock() {
  const clock = {
    ms: 0,
    runs: false,
    holds: true,
    tick: (): void => {},
    start: ((ms, callback) => {
      Object.assign(clock, { ms, runs: true, tick: () => clock.runs && callback() });
      return {
        cancel: () => void (clock.runs = false),
        setReferenced: (referenced: boolean) => void (clock.holds = referenced),
      };
    }) as typeof every,
  };
  return clock;
}

Deno.test("StartLimit is over once, at the tenth of ten steps, and does not keep the program alive", () => {
  const clock = scriptedClock();
  let calls = 0;
  new StartLimit(30_000, () => calls++, clock.start);
  assertEquals([clock.ms, clock.runs, clock.holds], [3000, true, false]);
  for (let step = 1; step < 10; step++) clock.tick();
  assertEquals([calls, clock.runs], [0, true]);
  clock.tick();
  assertEquals([calls, clock.runs], [1, false]);
});

Deno.test("StartLimit.end() has it never be over", () => {
  const clock = scriptedClock();
  let calls = 0;
  const limit = new StartLimit(30_000, () => calls++, clock.start);
  for (let step = 1; step < 10; step++) clock.tick();
  limit.end();
  clock.tick();
  assertEquals([calls, clock.runs], [0, false]);
});
