// Unit.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MemoryParent } from "../helpers/simulated/memory_parent.ts";

/** The child sends pings, each when the one before was answered; an answer takes `answerMs`. */
async function exchange(answerMs: number, pings = 20): Promise<MemoryParent> {
  let now = 0;
  let left = pings;
  const parent: MemoryParent = new MemoryParent(undefined, {
    now: () => now,
    needsParentOnly: () => true,
    onFrame: () => {
      if (left-- === 0) return parent.streams.end();
      parent.link.send('["ping"]');
      now += answerMs;
      parent.streams.receive('["pong"]', { blocking: parent.link.standby.on });
    },
  });
  parent.streams.receive('["pong"]');
  await parent.link.run();
  return parent;
}

Deno.test("ParentLink.send() writes a frame at once", async () => {
  const parent = new MemoryParent();
  parent.link.send('["ready"]');
  assertEquals(await parent.streams.written.next(), ["ready"]);
});

Deno.test("ParentLink.send() throws when the parent is gone, unless the process outlives it", () => {
  const parent = new MemoryParent();
  parent.streams.broken = new Error("broken pipe");
  assertThrows(() => parent.link.send('["ready"]'), Error, "broken pipe");
  const detached = new MemoryParent();
  detached.streams.broken = new Error("broken pipe");
  detached.link.outliveParent();
  detached.link.send('["ready"]');
});

Deno.test("ParentLink.run() reads with the event loop stopped where the parent answers at once, and says so before", async () => {
  const { streams } = await exchange(0.1);
  const kinds = streams.written.all().map(([kind]) => kind);
  assertEquals(kinds.indexOf("standby"), 4);
  assertEquals(kinds.filter((kind) => kind === "standby").length, 1);
  assert(streams.blockingReads > 0);
});

Deno.test("ParentLink.run() lets the loop of a process on standby turn once a millisecond, not for each message", async () => {
  for (const [answerMs, expected] of [[0.1, 3], [0.4, 10]] as const) {
    let turns = 0;
    let immediate = setImmediate(function count() {
      turns++;
      immediate = setImmediate(count);
    });
    // Four, thirty on standby, and the end.
    const { streams } = await exchange(answerMs, 34);
    clearImmediate(immediate);
    assertEquals([streams.blockingReads, turns], [31, expected]);
  }
});

Deno.test("ParentLink.run() leaves the event loop running where the parent takes its time", async () => {
  const { streams } = await exchange(1);
  assertEquals(streams.written.all(), Array.from({ length: 20 }, () => ["ping"]));
  assertEquals(streams.blockingReads, 0);
});

Deno.test("ParentLink.run() rejects with what the frame's handler throws", async () => {
  const parent = new MemoryParent(undefined, {
    onFrame: () => {
      throw new Error("no frame of ours");
    },
  });
  parent.streams.receive("[]");
  await assertRejects(() => parent.link.run(), Error, "no frame of ours");
});
