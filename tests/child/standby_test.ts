// Kind: pure unit.
import { assert, assertFalse } from "@std/assert";
import { Standby } from "../../src/child/standby.ts";

function quickCalls(standby: Standby, count: number): void {
  for (let n = 0; n < count; n++) standby.called(0.1);
}

Deno.test("Standby.enter() is true once, after many calls that came at once", () => {
  const standby = new Standby();
  quickCalls(standby, 15);
  assertFalse(standby.enter());
  quickCalls(standby, 1);
  assert(standby.enter());
  assert(standby.on);
  assertFalse(standby.enter());
});

Deno.test("Standby.enter() counts anew when a call came late", () => {
  const standby = new Standby();
  quickCalls(standby, 15);
  standby.called(1);
  quickCalls(standby, 15);
  assertFalse(standby.enter());
});

Deno.test("Standby.enter() counts anew when the event loop was needed", () => {
  const standby = new Standby();
  quickCalls(standby, 16);
  assert(standby.enter());
  standby.leave();
  assertFalse(standby.on);
  assertFalse(standby.enter());
});

Deno.test("Standby.mayBlock() lets the event loop turn every 2 ms", () => {
  const standby = new Standby();
  standby.turned(100);
  assertFalse(standby.mayBlock(100));
  quickCalls(standby, 16);
  standby.enter();
  assert(standby.mayBlock(101.9));
  assertFalse(standby.mayBlock(102));
  standby.turned(102);
  assert(standby.mayBlock(103));
});
