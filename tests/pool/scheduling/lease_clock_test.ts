// Unit.
import { assertEquals } from "@std/assert";
import { LeaseClock } from "../../../src/pool/scheduling/lease_clock.ts";

const TIMES = { freshMs: 1.5, silenceMs: 5 };

Deno.test("LeaseClock is fresh for a short time behind what was read, and never before", () => {
  const clock = new LeaseClock(TIMES);
  assertEquals(clock.isFresh(0), false);
  clock.read(100);
  assertEquals([100, 101.5, 101.6].map((now) => clock.isFresh(now)), [true, true, false]);
});

Deno.test("LeaseClock's deadline counts from the last message, or from when the first task became the first", () => {
  const clock = new LeaseClock(TIMES);
  assertEquals(clock.deadline(90), 95);
  clock.read(100);
  assertEquals(clock.deadline(90), 105);
  assertEquals(clock.deadline(103), 108);
});

Deno.test("LeaseClock has no deadline while a fence is up, and a new one behind the next message", () => {
  const clock = new LeaseClock(TIMES);
  clock.read(100);
  const mark = clock.raiseFence();
  assertEquals(clock.deadline(90), Infinity);
  assertEquals(clock.isSilentSince(mark), true);
  clock.read(107);
  assertEquals(clock.isSilentSince(mark), false);
  assertEquals(clock.deadline(90), 112);
});

Deno.test("LeaseClock tries a fence again later that could not be told", () => {
  const clock = new LeaseClock(TIMES);
  clock.read(100);
  const mark = clock.raiseFence();
  clock.lowerFence(mark, 120);
  assertEquals(clock.deadline(90), 125);
  assertEquals(clock.isSilentSince(mark), false);
});

Deno.test("LeaseClock minds only the fence that counts: an older one changes nothing", () => {
  const clock = new LeaseClock(TIMES);
  clock.read(100);
  const older = clock.raiseFence();
  clock.read(106);
  const newer = clock.raiseFence();
  clock.lowerFence(older, 130);
  assertEquals([clock.isSilentSince(older), clock.isSilentSince(newer)], [false, true]);
  assertEquals(clock.deadline(90), Infinity);
});
