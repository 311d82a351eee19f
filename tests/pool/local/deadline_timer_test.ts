/** Unit tests of when a backend looks at its deadlines. */
import { assertEquals } from "@std/assert";
import { DeadlineTimer } from "../../../src/pool/local/deadline_timer.ts";
import { monotonicMs } from "../../../src/timer.ts";

Deno.test("DeadlineTimer has its program catch up, once, before it calls back for a deadline that is long past", async () => {
  const told: string[] = [];
  const begun = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<void>();
  const due = Promise.withResolvers<void>();
  const timer = new DeadlineTimer(
    () => (told.push("due"), due.resolve()),
    () => (told.push("catch up"), begun.resolve(), heard.promise),
  );
  const deadline = monotonicMs() - 1000;
  timer.arm(deadline, true);
  await begun.promise;
  // What comes meanwhile has its owner ask again.
  timer.arm(deadline, true);
  told.push("heard");
  heard.resolve();
  await due.promise;
  assertEquals(told, ["catch up", "heard", "due"]);
  await timer.end();
});

Deno.test("DeadlineTimer calls back no more when it has ended while its program catches up", async () => {
  const told: string[] = [];
  const begun = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<void>();
  const timer = new DeadlineTimer(() => void told.push("due"), () => (begun.resolve(), heard.promise));
  timer.arm(monotonicMs() - 1000, true);
  await begun.promise;
  const ended = timer.end().then(() => told.push("ended"));
  told.push("heard");
  heard.resolve();
  await ended;
  assertEquals(told, ["heard", "ended"]);
});

Deno.test("DeadlineTimer sees that its program may have been stopped, long before the deadline", async () => {
  const told: unknown[] = [];
  const due = Promise.withResolvers<void>();
  const timer = new DeadlineTimer(
    () => (told.push("due"), due.resolve()),
    (_, mayHaveStopped) => (told.push(mayHaveStopped), Promise.resolve()),
  );
  const begunAt = monotonicMs();
  timer.arm(begunAt + 3_600_000, true);
  // For timers, that is as if it was stopped.
  while (monotonicMs() - begunAt < 2500);
  await due.promise;
  assertEquals(told, [true, "due"]);
  await timer.end();
});
