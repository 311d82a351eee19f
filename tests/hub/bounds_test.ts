/** Unit tests of what one peer may ask of another at once, in memory, one message at a time. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Connection, ProtocolError, type Queue, QueueFullError } from "../../mod.ts";
import { PipeEnd } from "../../src/channels/pipe_end.ts";
import { REF } from "../../src/hub/handle.ts";
import { Hub } from "../../src/hub/hub.ts";
import { PEER_LIMITS, type PeerLimits } from "../../src/hub/limits.ts";
import type { SharedObject } from "../../src/hub/shared_object.ts";
import { monotonicMs } from "../../src/timer.ts";
import { HubChild, largeIn, makeHandle, queueIn, quiesce, turn } from "../helpers/simulated/hub_network.ts";

const LIMITS: PeerLimits = { requests: 8, requestBytes: 4000, unreadBytes: 1000 };

/** Lets the event loop turn until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

function request(id: number, object: Queue<unknown>, operation: string, args: unknown[] = []): unknown[] {
  return ["request", id, object[REF].id, operation, "", 0, null, 0, args];
}

Deno.test("A peer that makes more requests at once than it may is refused, whatever it waits for", () => {
  for (const [operation, args] of [["get", []], ["put", [1]], ["join", []]] as const) {
    const parent = new Hub();
    const child = new HubChild(parent, undefined, LIMITS);
    const queue = queueIn(parent, 1);
    child.give(queue);
    queue.put("full").catch(() => {});
    if (operation === "get") queue.get();
    for (let id = 1; id <= LIMITS.requests; id++) {
      child.parentLink.receive(request(id, queue, operation, [...args]), [], 10);
    }
    const next = request(99, queue, operation, [...args]);
    assertThrows(() => child.parentLink.receive(next, [], 10), ProtocolError, "it made more than 8 requests at once");
  }
});

Deno.test("A peer that makes requests of more bytes at once than it may is refused", () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, LIMITS);
  const queue = queueIn(parent, 1);
  child.give(queue);
  child.parentLink.receive(request(1, queue, "put", [1]), [], 3000);
  // Accepted, and so no longer open. One alone may be of any size.
  child.parentLink.receive(request(2, queue, "put", [2]), [], 100_000);
  const next = request(3, queue, "put", [3]);
  assertThrows(() => child.parentLink.receive(next, [], 10), ProtocolError, "requests of more than 4000 bytes at once");
});

Deno.test("A peer that does not read its answers gets no more of them, and all in order when it reads", async () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, LIMITS);
  const { handle, calls } = largeIn(parent, 400);
  const theirs = child.give(handle);
  const answers = Array.from({ length: 6 }, () => theirs.qsize());
  const put = theirs.put("last");
  while (child.toParent.deliver());
  // Two fit, a third exceeds the limit, the others are held.
  assertEquals(calls, ["qsize", "qsize", "qsize"]);
  await turn();
  assert(child.toChild.appendedBytes < 2000);
  await quiesce(child);
  await put;
  assertEquals(calls, ["qsize", "qsize", "qsize", "qsize", "qsize", "qsize", "last"]);
  assertEquals((await Promise.all(answers)).length, 6);
});

Deno.test("A request that is held because its peer does not read is not served once it is given up", async () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, LIMITS);
  const { handle, calls } = largeIn(parent, 2000);
  const theirs = child.give(handle);
  const first = theirs.qsize();
  const controller = new AbortController();
  const put = theirs.put("given up", { signal: controller.signal });
  controller.abort(new Error("never mind"));
  while (child.toParent.deliver());
  await Promise.all([assertRejects(() => put, Error, "never mind"), quiesce(child)]);
  await first;
  assertEquals(calls, ["qsize"]);
});

Deno.test("A call of an operation that does not exist is a breach; for another process, a hundred errors come first", () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const queue = queueIn(parent);
  child.give(queue);
  for (const name of ["nosuch", "__proto__", "constructor", "x".repeat(1000)]) {
    assertThrows(() => child.parentLink.receive(request(1, queue, name), [], 1), ProtocolError, "it called");
  }
  const forwarded = (id: number): unknown[] => request(id, queue, "nosuch").with(4, "behind");
  for (let id = 1; id <= 100; id++) child.parentLink.receive(forwarded(id), [], 1);
  assertThrows(() => child.parentLink.receive(forwarded(101), [], 1), ProtocolError, 'it called "nosuch"');
});

Deno.test("What a process asks beyond its limit waits there, and all is done in order", async () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, LIMITS);
  const queue = queueIn(parent);
  const theirs = child.give(queue);
  const puts = Array.from({ length: 100 }, (_, n) => theirs.put({ n }));
  assertEquals(child.toParent.size, LIMITS.requests);
  await quiesce(child);
  await Promise.all(puts);
  for (let n = 0; n < 100; n++) assertEquals(await queue.get(), { n });
});

Deno.test("What is changed while it is held leaves as it was, and what it holds stays open", async () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, LIMITS);
  const queue = queueIn(parent);
  const theirs = child.give(queue);
  for (let n = 0; n < LIMITS.requests; n++) theirs.put(n);
  const bytes = new Uint8Array([1]);
  const inner = queueIn(child.hub);
  const put = theirs.put([bytes, inner]);
  bytes[0] = 2;
  await quiesce(child);
  await put;
  for (let n = 0; n < LIMITS.requests; n++) await queue.get();
  const [arrived, handle] = await queue.get() as [Uint8Array, Queue<unknown>];
  assertEquals([...arrived], [1]);
  const item = handle.put("through");
  await quiesce(child);
  await item;
  assertEquals(await inner.get(), "through");
});

Deno.test("A held request is given up by its signal, by its handle's end and by the end of the peer", async () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, LIMITS);
  const [queue, other] = [queueIn(parent), queueIn(parent)];
  const [theirs, closed] = [child.give(queue), child.give(other)];
  const open = Array.from({ length: LIMITS.requests }, () => theirs.get());
  const controller = new AbortController();
  const aborted = theirs.get({ signal: controller.signal });
  const ended = closed.get();
  const last = theirs.get();
  controller.abort(new Error("never mind"));
  await assertRejects(() => aborted, Error, "never mind");
  closed.close();
  await assertRejects(() => ended, Error, "closed here while waiting");
  child.childLink.close();
  for (const get of [...open, last]) await assertRejects(() => get, Error, "has ended");
  // Nothing of what was held has left.
  assertEquals(child.toParent.messages.filter(([kind]) => kind === "request").length, LIMITS.requests);
});

Deno.test("A request that is held lets go of the handles in it when it is given up", async () => {
  for (const giveUp of ["signal", "handle", "peer"] as const) {
    const parent = new Hub();
    const child = new HubChild(parent, undefined, LIMITS);
    const theirs = child.give(queueIn(parent, 1));
    const open = Array.from({ length: LIMITS.requests }, () => theirs.get().catch(() => {}));
    const [end, other] = PipeEnd.pair().map((end) => makeHandle<Connection>(child.hub, "Connection", end));
    const controller = new AbortController();
    const held = theirs.put(end, { signal: controller.signal });
    if (giveUp === "signal") controller.abort();
    else if (giveUp === "handle") theirs.close();
    else child.childLink.close();
    await assertRejects(() => held);
    end!.close();
    assertEquals(await other!.poll(), true, `after the end of the ${giveUp}, the request still has it`);
    child.childLink.close();
    await Promise.all(open);
  }
});

Deno.test("A peer that asks another for all it takes keeps nobody else from asking that", async () => {
  const parent = new Hub();
  const [owner, greedy, honest] = [1, 2, 3].map(() => new HubChild(parent, undefined, LIMITS)) as [
    HubChild,
    HubChild,
    HubChild,
  ];
  const queue = queueIn(owner.hub);
  const ours = owner.giveBack(queue);
  const gets = Array.from({ length: 50 }, () => greedy.give(ours).get());
  await quiesce(owner, greedy, honest);
  const sizes = [honest.give(ours).qsize(), ours.qsize()];
  await quiesce(owner, greedy, honest);
  assertEquals(await Promise.all(sizes), [0, 0]);
  const put = honest.give(ours).put("for the greedy one");
  await quiesce(owner, greedy, honest);
  await put;
  assertEquals(await gets[0], "for the greedy one");
  greedy.childLink.close();
  for (const get of gets.slice(1)) await assertRejects(() => get, Error, "has ended");
});

Deno.test("A process that asks its grandparent for all it can keeps neither its sister nor its parent from asking", async () => {
  const parent = new Hub();
  const limits = { ...LIMITS, requests: 64, requestBytes: 40_000 };
  const child = new HubChild(parent, undefined, limits);
  const [greedy, honest] = [1, 2].map(() => new HubChild(child.hub, undefined, limits)) as [HubChild, HubChild];
  const theirs = child.give(queueIn(parent));
  const gets = Array.from({ length: 200 }, () => greedy.give(theirs).get());
  await quiesce(child, greedy, honest);
  const sizes = [honest.give(theirs).qsize(), theirs.qsize()];
  await quiesce(child, greedy, honest);
  assertEquals(await Promise.all(sizes), [0, 0]);
  const puts = Promise.all(gets.map((_, n) => theirs.put(n)));
  await quiesce(child, greedy, honest);
  await puts;
  assertEquals(await Promise.all(gets), [...gets.keys()]);
});

Deno.test("What was delivered to a wait of a peer that has stopped reading goes to one that reads", async () => {
  const parent = new Hub();
  const [still, reader] = [1, 2].map(() => new HubChild(parent, undefined, LIMITS)) as [HubChild, HubChild];
  const queue = queueIn(parent);
  const theirs = still.give(queue);
  const gets = Array.from({ length: 4 }, () => theirs.get());
  while (still.toParent.deliver());
  const item = "x".repeat(600);
  for (let n = 0; n < 10; n++) await queue.put([n, item]);
  await turn();
  // One more leaves than is unread at most.
  assertEquals([still.toChild.size, await queue.qsize()], [2, 8]);
  const taken: unknown[] = [];
  for (let n = 0; n < 8; n++) {
    const get = reader.give(queue).get();
    await quiesce(reader);
    taken.push((await get as [number])[0]);
  }
  assertEquals(taken, [2, 3, 4, 5, 6, 7, 8, 9]);
  await quiesce(still);
  await Promise.all([queue.put([10]), queue.put([11])]);
  await quiesce(still);
  assertEquals((await Promise.all(gets)).map((one) => (one as [number])[0]), [0, 1, 10, 11]);
});

Deno.test("A wait that starts again since its peer did not read ends by its time, and by being given up", async () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, LIMITS);
  const queue = queueIn(parent);
  const theirs = child.give(queue);
  const large = child.give(largeIn(parent, 2000).handle);
  const controller = new AbortController();
  const gets = [theirs.get({ timeoutMs: 300 }), theirs.get({ signal: controller.signal }), theirs.get()];
  const outcomes = Promise.allSettled(gets);
  const size = large.qsize();
  while (child.toParent.deliver());
  // Each wait is served while the answer of 2 000 bytes is unread, and so starts again.
  for (let n = 0; n < 3; n++) await queue.put(n);
  await turn();
  for (let n = 0; n < 3; n++) assertEquals(await queue.get(), n);
  controller.abort(new Error("never mind"));
  await quiesce(child);
  await size;
  let isOver = false;
  gets[0]!.catch(() => isOver = true);
  while (!isOver) await quiesce(child);
  await queue.put("last");
  await quiesce(child);
  const shown = (await outcomes).map((one) => one.status === "fulfilled" ? one.value : `${one.reason}`);
  const [late, ...others] = shown as string[];
  assertMatch(late!, /^QueueEmptyError: Cannot get: the queue is empty, even after 300 ms; wait again/);
  assertEquals(others, ["Error: never mind", "last"]);
});

Deno.test("Late answers that a peer does not read are dropped beyond a bound, but for small ones", async () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, { ...LIMITS, requests: 100, requestBytes: 1e6 });
  const waits: (() => void)[] = [];
  const late = (value: unknown) => (): Promise<unknown> => new Promise((resolve) => waits.push(() => resolve(value)));
  const object: SharedObject = { operations: { get: late("x".repeat(5000)), qsize: late(7) } };
  const theirs = child.give(makeHandle<Queue<unknown>>(parent, "Queue", object));
  const asked: Promise<unknown>[] = [];
  for (let n = 0; n < 20; n++) asked.push(theirs.get(), theirs.qsize());
  const outcomes = Promise.allSettled(asked);
  while (child.toParent.deliver());
  for (const answer of waits) answer();
  await turn();
  await quiesce(child);
  const shown = (await outcomes).map((one) => one.status === "fulfilled" ? typeof one.value : one.reason.name);
  assertEquals(shown.filter((_, n) => n % 2 === 1), Array(20).fill("number"));
  const large = shown.filter((_, n) => n % 2 === 0);
  assertEquals(large, [...Array(4).fill("string"), ...Array(16).fill("RangeError")]);
});

// ---------------------------------------------------------------------------
// Properties
// ---------------------------------------------------------------------------

type Step =
  | { kind: "put"; size: number }
  | { kind: "get" }
  | { kind: "ask" }
  | { kind: "down" | "up"; frames: number; reader: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), size: fc.nat(1500) }),
  fc.record({ kind: fc.constantFrom("get" as const, "ask" as const) }),
  fc.record({ kind: fc.constantFrom("down" as const, "up" as const), frames: fc.nat(5), reader: fc.boolean() }),
);

Deno.test("However processes ask and read, limits hold, nothing is lost, and order is kept", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.nat(3), async (steps, maxSize) => {
      const parent = new Hub();
      const child = new HubChild(parent, undefined, LIMITS);
      const queue = queueIn(parent, maxSize);
      const theirs = child.give(queue);
      // Another process: one alone could hold back the very requests that its open ones wait for.
      const reader = new HubChild(parent, undefined, LIMITS);
      const readers = reader.give(queue);
      const large = child.give(largeIn(parent, 500).handle);
      let sent = 0;
      const [taken, pending]: [unknown[], Promise<unknown>[]] = [[], []];
      // The first to ask gets the first item, whichever answer arrives first.
      let asked = 0;
      const take = (): void => {
        const place = asked++;
        pending.push(readers.get().then((item) => taken[place] = item));
      };
      for (const one of steps) {
        if (one.kind === "put") pending.push(theirs.put([sent++, "x".repeat(one.size)]));
        if (one.kind === "get") take();
        if (one.kind === "ask") pending.push(large.qsize());
        const { toChild, toParent } = "reader" in one && one.reader ? reader : child;
        if (one.kind === "down") { for (let n = 0; n < one.frames; n++) toChild.deliver(); }
        // A frame beyond the limits would throw here.
        if (one.kind === "up") { for (let n = 0; n < one.frames; n++) toParent.deliver(); }
        await Promise.resolve();
        const waiting = child.toChild.appendedBytes - child.toChild.writtenBytes;
        assert(waiting <= LIMITS.unreadBytes + 3000, `${waiting} bytes wait`);
      }
      // Readers for all items, and items for all readers.
      const gets = steps.filter(({ kind }) => kind === "get").length;
      for (let n = gets; n < sent; n++) take();
      for (let n = sent; n < gets; n++) pending.push(theirs.put([n, ""]));
      await quiesce(child, reader);
      await Promise.all(pending);
      assertEquals(taken.map((item) => (item as [number])[0]), [...Array(Math.max(sent, gets)).keys()]);
    }),
    { numRuns: 100 },
  );
});

Deno.test("Queue.putNowait() of a full queue stays an error, and no breach", async () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, LIMITS);
  const theirs = child.give(queueIn(parent, 1));
  const puts = Promise.allSettled(Array.from({ length: 50 }, () => theirs.putNowait(1)));
  await quiesce(child);
  const outcomes = await puts;
  assertEquals(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  assert(outcomes.every((one) => one.status === "fulfilled" || one.reason instanceof QueueFullError));
});

Deno.test("A peer is served for a while only in one turn, and all it asked for in order", async () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, { ...PEER_LIMITS, sliceMs: 0.01 });
  const calls: unknown[] = [];
  const slow: SharedObject = {
    operations: {
      put: (_caller, _wait, item) => {
        calls.push(item);
        for (const until = monotonicMs() + 0.1; monotonicMs() < until;);
      },
    },
  };
  const handle = makeHandle<Queue<unknown>>(parent, "Queue", slow);
  child.give(handle);
  for (let id = 1; id <= 4; id++) child.parentLink.receive(request(id, handle, "put", [id]), [], 10);
  assertEquals(calls, [1]);
  child.parentLink.receive(["cancel", 3], [], 10);
  await until(() => calls.length === 3);
  assertEquals(calls, [1, 2, 4]);
  await turn();
  const answers = child.toChild.messages.flatMap(([kind, ...rest]) => kind === "done" ? rest : [rest.slice(0, 2)]);
  assertEquals(answers, [1, 2, [3, 0], 4]);
});

Deno.test("Waits that end together are all answered, and those of a process that is gone are not", async () => {
  const parent = new Hub();
  const [late, gone] = [1, 2].map(() => new HubChild(parent, undefined, { ...PEER_LIMITS, sliceMs: 1e-6 }));
  const queue = queueIn(parent);
  for (const child of [late!, gone!]) {
    child.give(queue);
    for (const id of [1, 2, 3]) {
      child.parentLink.receive(["request", id, queue[REF].id, "get", "", 0, 1, 0, []], [], 10);
    }
  }
  gone!.die();
  await until(() => late!.toChild.size === 3);
  assertEquals(
    late!.toChild.messages.map((message) => message.slice(0, 3)),
    [1, 2, 3].map((id) => ["response", id, 0]),
  );
  assertEquals(gone!.toChild.size, 0);
});
