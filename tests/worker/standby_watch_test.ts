// Unit.
import { assertEquals } from "@std/assert";
import type { every } from "../../src/timer.ts";
import { StandbyWatch } from "../../src/worker/standby_watch.ts";

/** Runs `body` with a watch whose clock ticks when told, and returns how many clocks run at the end. */
function withTicks(
  wake: () => void,
  body: (watch: StandbyWatch, tick: () => void) => void,
  turns: () => boolean = () => false,
): number {
  const running = new Set<() => void>();
  const start: typeof every = (_ms, callback) => {
    running.add(callback);
    return { cancel: () => void running.delete(callback), setReferenced: () => {} };
  };
  body(new StandbyWatch(wake, turns, start), () => running.forEach((callback) => callback()));
  return running.size;
}

Deno.test("StandbyWatch wakes once, when nothing was sent for a whole millisecond", () => {
  let wakes = 0;
  const left = withTicks(() => wakes++, (watch, tick) => {
    watch.begin();
    tick();
    assertEquals(wakes, 0);
    watch.sent();
    tick();
    assertEquals(wakes, 0);
    tick();
    assertEquals(wakes, 1);
    tick();
    assertEquals(wakes, 1);
  });
  assertEquals(left, 0);
});

Deno.test("StandbyWatch does not wake a process whose loop turns, and wakes it when it no longer does", () => {
  let wakes = 0;
  let turns = true;
  const left = withTicks(
    () => wakes++,
    (watch, tick) => {
      watch.begin();
      for (let n = 0; n < 5; n++) tick();
      assertEquals(wakes, 0);
      turns = false;
      tick();
      tick();
      assertEquals(wakes, 1);
    },
    () => turns,
  );
  assertEquals(left, 0);
});

Deno.test("StandbyWatch.begin() begins again, with one timer", () => {
  let wakes = 0;
  const left = withTicks(() => wakes++, (watch, tick) => {
    watch.begin();
    tick();
    watch.begin();
    tick();
    assertEquals(wakes, 0);
    tick();
    assertEquals(wakes, 1);
    watch.begin();
    tick();
    tick();
    assertEquals(wakes, 2);
  });
  assertEquals(left, 0);
});

Deno.test("StandbyWatch.end() lets it sleep", () => {
  let wakes = 0;
  const left = withTicks(() => wakes++, (watch, tick) => {
    watch.begin();
    watch.end();
    watch.end();
    tick();
    tick();
  });
  assertEquals([left, wakes], [0, 0]);
});

Deno.test("StandbyWatch wakes by the clock", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const keepsLoop = setTimeout(() => {}, 60_000);
  new StandbyWatch(resolve, () => false).begin();
  await promise;
  clearTimeout(keepsLoop);
});
