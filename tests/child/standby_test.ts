// Unit.
import { assert, assertFalse } from "@std/assert";
import { Standby } from "../../src/child/standby.ts";

function quickAnswers(standby: Standby, count: number): void {
  for (let n = 0; n < count; n++) standby.heard(0.1);
}

Deno.test("Standby.enter() is true once, after many answers that came at once", () => {
  const standby = new Standby();
  quickAnswers(standby, 3);
  assertFalse(standby.enter());
  assertFalse(standby.on);
  quickAnswers(standby, 1);
  assertFalse(standby.on);
  assert(standby.enter());
  assert(standby.on);
  assertFalse(standby.enter());
});

Deno.test("Standby.enter() counts from zero when an answer came late", () => {
  const standby = new Standby();
  quickAnswers(standby, 3);
  standby.heard(1);
  quickAnswers(standby, 3);
  assertFalse(standby.enter());
});

Deno.test("Standby.heard() ends it when an answer came late", () => {
  const standby = new Standby();
  quickAnswers(standby, 4);
  assert(standby.enter());
  standby.heard(0.1);
  assert(standby.on);
  standby.heard(1);
  assertFalse(standby.on);
});

Deno.test("Standby.leave() ends it, and counts from zero", () => {
  const standby = new Standby();
  quickAnswers(standby, 4);
  assert(standby.enter());
  standby.leave();
  assertFalse(standby.on);
  assertFalse(standby.enter());
});
