// Unit tests of how events reach those who watch a run.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { EventStream } from "../../../cli/observers/event_stream.ts";
import type { RunEvent, RunObserver } from "../../../cli/records/run_events.ts";
import { STARTED_AT } from "../../helpers/programs/run_events.ts";

Deno.test("EventStream hands on nothing to observers that are closed, also while another one takes its time to close", async () => {
  const seen: string[] = [];
  const slow = Promise.withResolvers<void>();
  const observer = (close: () => void | Promise<void>): RunObserver => ({
    wantsRecords: true,
    wantsHashes: false,
    receive: (events) => void seen.push(...events.map(({ type }) => type)),
    close,
  });
  const closing = Promise.withResolvers<void>();
  const events = new EventStream([
    observer(() => void seen.push("closed")),
    observer(() => {
      closing.resolve();
      return slow.promise;
    }),
  ]);
  const exit: RunEvent = { type: "worker", at: STARTED_AT, slot: 0, pid: 1, state: "exit", exitCode: 0 };
  events.emit(exit);
  const closed = events.close();
  await closing.promise;
  // As of a worker that was still starting when the run was interrupted.
  events.emit(exit);
  slow.resolve();
  await closed;
  await events.settle();
  assertEquals(seen, ["worker", "worker", "closed"]);
});

const print = (text: string): RunEvent => ({ type: "print", at: STARTED_AT, text });

function observerOf(receive: RunObserver["receive"]): RunObserver {
  return { wantsRecords: false, wantsHashes: false, receive, close: () => {} };
}

Deno.test("EventStream.settle() does not wait for what comes meanwhile: a task may print without an end", async () => {
  let prints = 0;
  const events: EventStream = new EventStream([observerOf(async () => {
    await undefined;
    // With an end here, or a test that fails would not end.
    if (++prints < 1000) events.emit(print("again\n"));
  })]);
  events.emit(print("first\n"));
  await events.settle();
  assert(prints < 1000, "it waited for all");
  while (prints < 1000) await events.settle();
});

Deno.test("EventStream hands on what is printed in parts that one write takes, in order, and says when there is room again", async () => {
  const got: string[] = [];
  const sizes: number[] = [];
  const gate = Promise.withResolvers<void>();
  const events = new EventStream([observerOf((list) => {
    const texts = list.map((event) => event.type === "print" ? event.text : "");
    got.push(...texts.map((text) => text.slice(0, 6)));
    sizes.push(texts.join("").length);
    return gate.promise;
  })]);
  const text = (n: number) => `${100_000 + n}`.padEnd(10_000, "x");
  assertEquals(events.room, undefined);
  const last = Array.from({ length: 900 }, (_, n) => events.emit(print(text(n)))).at(-1)!;
  const { room } = events;
  assert(room !== undefined, "nine megabytes wait");
  gate.resolve();
  await Promise.all([room, last]);
  assertEquals(events.room, undefined);
  assertEquals(got, Array.from({ length: 900 }, (_, n) => `${100_000 + n}`));
  assert(Math.max(...sizes) <= 80_000, `${Math.max(...sizes)} at once`);
  assertEquals(events.taken, sizes.length);
});

Deno.test("EventStream keeps nothing, and has nobody wait, when an observer has failed, and tells it", async () => {
  const failures: unknown[] = [];
  const error = new Error("the disk is full");
  const events = new EventStream([observerOf(() => Promise.reject(error))]);
  events.hearFailure((failure) => failures.push(failure));
  await events.emit(print("first\n"));
  await Promise.all(Array.from({ length: 1000 }, () => events.emit(print("x".repeat(10_000)))));
  assertEquals([failures, events.room], [[error], undefined]);
  await assertRejects(() => events.settle(), Error, "full");
  await assertRejects(() => events.close(), Error, "full");
});
