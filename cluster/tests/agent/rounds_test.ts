// Unit: rounds of an agent in virtual time.
import { assertEquals } from "@std/assert";
import { Rounds } from "../../src/agent/rounds.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";

Deno.test("Rounds never look a second time beside a look that has not ended, and go on when one fails", async () => {
  const clock = new VirtualClock();
  const looks: PromiseWithResolvers<void>[] = [];
  const rounds = new Rounds(clock, 5000, () => {
    const look = Promise.withResolvers<void>();
    looks.push(look);
    return look.promise;
  });
  await clock.runUntil(() => looks.length === 1, 5000);
  // The server is away for ten minutes.
  clock.after(600_000, () => {});
  await clock.runUntil(() => clock.now() >= 600_000, 700_000);
  assertEquals(looks.length, 1);
  looks[0]!.reject(new Error("away"));
  await clock.runUntil(() => looks.length === 2, 5000);
  rounds.stop();
  looks[1]!.resolve();
  clock.after(60_000, () => {});
  const later = clock.now() + 60_000;
  await clock.runUntil(() => clock.now() >= later, 70_000);
  assertEquals(looks.length, 2);
});
