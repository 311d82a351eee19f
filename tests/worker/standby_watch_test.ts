// Kind: pure unit.
import { assertEquals } from "@std/assert";
import { StandbyWatch } from "../../src/worker/standby_watch.ts";

/** Runs `body` with an interval that ticks when told, and returns how many run at the end. */
function withTicks(body: (tick: () => void) => void): number {
  const { setInterval, clearInterval } = globalThis;
  const running = new Map<number, () => void>();
  let last = 0;
  globalThis.setInterval = ((callback: () => void) => {
    running.set(++last, callback);
    return last;
  }) as unknown as typeof setInterval;
  globalThis.clearInterval = ((id: unknown) => void running.delete(id as number)) as typeof clearInterval;
  try {
    body(() => running.forEach((callback) => callback()));
  } finally {
    Object.assign(globalThis, { setInterval, clearInterval });
  }
  return running.size;
}

Deno.test("StandbyWatch wakes once, when nothing was sent for a whole millisecond", () => {
  let wakes = 0;
  const watch = new StandbyWatch(() => wakes++);
  const left = withTicks((tick) => {
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

Deno.test("StandbyWatch.begin() begins again, with one timer", () => {
  let wakes = 0;
  const watch = new StandbyWatch(() => wakes++);
  const left = withTicks((tick) => {
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
  const watch = new StandbyWatch(() => wakes++);
  const left = withTicks((tick) => {
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
  new StandbyWatch(resolve).begin();
  await promise;
  clearTimeout(keepsLoop);
});
