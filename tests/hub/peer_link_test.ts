/** Unit tests of hubs and the links between them, in memory, one message at a time. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { ClosedError, EndOfStreamError, ProtocolError, type Queue, QueueEmptyError } from "../../mod.ts";
import { REF } from "../../src/hub/handle.ts";
import { Hub } from "../../src/hub/hub.ts";
import { PARENT_LIMITS } from "../../src/hub/limits.ts";
import type { SharedObject } from "../../src/hub/shared_object.ts";
import { HandleCollector } from "../../src/hub/handle_collector.ts";
import { encode } from "../../src/wire/codec/codec.ts";
import { HubChild, makeHandle, queueIn, quiesce, turn } from "../helpers/simulated/hub_network.ts";

const idOf = (queue: Queue<unknown>): string => queue[REF].id;

Deno.test("PeerLink gives the same handle each time, and the owner's own when it comes back", () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const queue = queueIn(parent);
  const theirs = child.give(queue);
  assertStrictEquals(child.give(queue), theirs);
  assertStrictEquals(child.giveBack(theirs), queue);
});

Deno.test("PeerLink.receive() throws ProtocolError for a request about an object that was never sent", () => {
  const parent = new Hub();
  const [child, other] = [new HubChild(parent), new HubChild(parent)];
  const queue = queueIn(parent);
  other.give(queue);
  for (const id of [idOf(queue), "", "x:1", "__proto__"]) {
    const request = ["request", 1, id, "put", "", 0, null, 0, [1]];
    assertThrows(() => child.parentLink.receive(request, [], 0), ProtocolError, "never sent");
  }
});

Deno.test("PeerLink.receive() throws ProtocolError for malformed messages about objects", () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const id = idOf(child.give(queueIn(parent)));
  const malformed: unknown[][] = [
    ["request", "1", id, "put", "", 0, null, 0, [1]],
    ["request", 1, 7, "put", "", 0, null, 0, [1]],
    ["request", 1, id, ["put"], "", 0, null, 0, [1]],
    ["request", 1, id, "put", null, 0, null, 0, [1]],
    ["request", 1, id, "put", "", "x", null, 0, [1]],
    ["request", 1, id, "put", "", 0, "x", 0, [1]],
    ["request", 1, id, "put", "", 0, null, 0, 1],
    ["request", 1, id, "put", "", 0, null, 1, [{ $: "handle", v: { type: "Queue", id: "x" } }, 1, { $: "no" }]],
    ["response", 1, 1, 0, 0, 1],
    ["done", 1],
    ["done", null],
    ["release", id, 0, 0],
    ["release", id, 2, 0],
    ["release", "x", 1, 0],
    ["release", id, "1", 0],
  ];
  for (const message of malformed) {
    assertThrows(() => child.parentLink.receive(message, [], 0), ProtocolError, undefined, JSON.stringify(message));
  }
});

Deno.test("PeerLink.receive() throws ProtocolError for a second request with the number of one that is not settled", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const queue = queueIn(parent);
  const id = idOf(child.give(queue));
  const get = ["request", 1, id, "get", "", 0, null, 0, []];
  child.parentLink.receive(get, [], 0);
  assertThrows(() => child.parentLink.receive(get, [], 0), ProtocolError);
  await queue.put("x");
  await turn();
  assertThrows(() => child.parentLink.receive(get, [], 0), ProtocolError);
});

Deno.test("PeerLink.handles throws ProtocolError for a handle to this process's object that was never sent", () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const data = { type: "Queue", id: idOf(queueIn(parent)) };
  assertThrows(() => child.parentLink.handles.decode(data), ProtocolError, "never sent");
});

Deno.test("PeerLink.handles throws ProtocolError for another peer's object, and that peer is unharmed", () => {
  const parent = new Hub();
  const [child, hostile] = [new HubChild(parent), new HubChild(parent)];
  const queue = queueIn(child.hub);
  child.giveBack(queue);
  const data = { type: "Queue", id: idOf(queue) };
  assertThrows(() => hostile.parentLink.handles.decode(data), ProtocolError, "another process");
  const sibling = { type: "Queue", id: idOf(queue).replace(/\d+$/, "999") };
  assertThrows(() => hostile.parentLink.handles.decode(sibling), ProtocolError, "another process");
  child.giveBack(queueIn(child.hub));
});

Deno.test("PeerLink.handles throws ProtocolError for malformed handles and unknown types", () => {
  const child = new HubChild(new Hub());
  for (
    const data of [null, 7, {}, { type: "Queue" }, { id: "x:1" }, { type: 1, id: "x:1" }, {
      type: "toString",
      id: "x:1",
    }]
  ) {
    assertThrows(() => child.parentLink.handles.decode(data), ProtocolError);
  }
});

Deno.test("PeerLink exports nothing when a message could not be sent", async () => {
  const parent = new Hub();
  const [child, other] = [new HubChild(parent), new HubChild(parent)];
  const theirs = child.give(queueIn(parent));
  const secret = queueIn(child.hub);
  await assertRejects(() => theirs.put([secret, () => {}]), Error, "function");
  assertEquals(child.childLink.exported(idOf(secret)), undefined);
  assertEquals(other.childLink.exported(idOf(secret)), undefined);
});

Deno.test("Hub.released() keeps an export while a handle is on its way", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const queue = queueIn(parent);
  const theirs = child.give(queue);
  const { text, tagged } = child.parentLink.exportSent((handles) => encode(queue, handles));
  theirs.close();
  await quiesce(child);
  assert(child.parentLink.exported(idOf(queue)) !== undefined);
  const again = child.childLink.handles.decode((JSON.parse(text) as { v: unknown }).v) as Queue<unknown>;
  assert(tagged && !again.closed && theirs.closed);
  const put = again.put(1);
  await quiesce(child);
  await put;
  again.close();
  await quiesce(child);
  assertEquals(child.parentLink.exported(idOf(queue)), undefined);
});

Deno.test("RemoteRef.close() ends the waits of this process with ClosedError, and calls after it", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const theirs = child.give(queueIn(parent));
  const get = assertRejects(() => theirs.get(), ClosedError);
  await quiesce(child);
  theirs.close();
  await quiesce(child);
  await get;
  await assertRejects(() => theirs.put(1), ClosedError);
  assertThrows(() => child.childLink.exportSent((handles) => encode(theirs, handles)), Error, "closed");
});

Deno.test("RemoteRef.close() delivers what the owner had handed over by then", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const queue = queueIn(parent);
  const theirs = child.give(queue);
  const get = theirs.get();
  child.toParent.deliver();
  await queue.put("item");
  theirs.close();
  await quiesce(child);
  assertEquals(await get, "item");
  await assertRejects(() => queue.getNowait(), QueueEmptyError);
});

Deno.test("Hub.serve() forwards requests of a grandchild, both ways", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const grandchild = new HubChild(child.hub);
  const queue = queueIn(parent);
  const theirs = grandchild.give(child.give(queue));
  const put = theirs.put({ bytes: new Uint8Array([1, 2]) });
  await quiesce(child, grandchild);
  await put;
  assertEquals(await queue.get(), { bytes: new Uint8Array([1, 2]) });
  const own = queueIn(grandchild.hub);
  const seen = child.giveBack(grandchild.giveBack(own));
  await own.put("from below");
  const get = seen.get();
  await quiesce(child, grandchild);
  assertEquals(await get, "from below");
});

Deno.test("Hub.serve() forwards the end of a wait", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const grandchild = new HubChild(child.hub);
  const queue = queueIn(parent);
  const theirs = grandchild.give(child.give(queue));
  const abort = new AbortController();
  const get = theirs.get({ signal: abort.signal });
  await quiesce(child, grandchild);
  abort.abort(new Error("enough"));
  const failure = assertRejects(() => get, Error, "enough");
  await quiesce(child, grandchild);
  await failure;
  await queue.put(1);
  assertEquals(await queue.qsize(), 1);
});

Deno.test("Hub requeues what a grandchild did not get, in its old place, while the child lives on", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const [first, second] = [new HubChild(child.hub), new HubChild(child.hub)];
  const queue = queueIn(parent);
  const middle = child.give(queue);
  const readers = [first, second].map((one) => one.give(middle).get());
  for (const reader of readers) reader.catch(() => {});
  await quiesce(child, first, second);
  for (const item of [1, 2, 3]) await queue.put(item);
  await turn();
  // Up to the grandchildren's doors.
  while (child.step());
  await turn();
  assertEquals([first.toChild.size, second.toChild.size, await queue.qsize()], [1, 1, 1]);
  first.die();
  second.die();
  await quiesce(child);
  assertEquals([await queue.get(), await queue.get(), await queue.get()], [1, 2, 3]);
});

Deno.test("Hub drops the waits of a grandchild that has ended", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const grandchild = new HubChild(child.hub);
  const queue = queueIn(parent);
  grandchild.give(child.give(queue)).get().catch(() => {});
  await quiesce(child, grandchild);
  grandchild.die();
  await quiesce(child);
  await queue.put("kept");
  assertEquals(await queue.qsize(), 1);
});

Deno.test("Hub tells objects which process has ended: the child, or one behind it, and no other", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const grandchild = new HubChild(child.hub);
  const asked: boolean[][] = [];
  const callers: string[] = [];
  const object: SharedObject = {
    operations: { put: ({ process }) => void callers.push(process) },
    processEnded: (isEnded) => void asked.push([...callers, "", `${child.key}1`].map(isEnded)),
  };
  const theirs = child.give(makeHandle<Queue<unknown>>(parent, "Queue", object));
  const calls = [theirs.put(1), grandchild.give(theirs).put(1)];
  await quiesce(child, grandchild);
  await Promise.all(calls);
  assertEquals(callers, [child.key, `${child.key}/${grandchild.key}`]);
  grandchild.die();
  await quiesce(child);
  child.die();
  assertEquals(asked, [[false, true, false, false], [true, true, false, false]]);
});

Deno.test("Hub ends calls with EndOfStreamError when the owner's process has ended, also through another", async () => {
  const parent = new Hub();
  const [owner, reader] = [new HubChild(parent), new HubChild(parent)];
  const ours = owner.giveBack(queueIn(owner.hub));
  const theirs = reader.give(ours);
  const waits = [ours.get(), theirs.get()].map((get) => assertRejects(() => get, EndOfStreamError));
  await quiesce(owner, reader);
  owner.die();
  await quiesce(reader);
  await Promise.all(waits);
  const late = [ours.put(1), theirs.put(1)].map((put) => assertRejects(() => put, EndOfStreamError));
  await quiesce(reader);
  await Promise.all(late);
});

Deno.test("PeerLink sends all that one turn asks for at once, and confirms before the waiting code goes on", async () => {
  const parent = new Hub();
  const queue = queueIn(parent);
  const child = new HubChild(parent);
  const events: string[] = [];
  const { PeerLink } = await import("../../src/hub/peer_link.ts");
  const link = new PeerLink(
    child.hub,
    "parent",
    {
      append: (text: string) => events.push(JSON.parse(text)[0]),
      flush: () => events.push("flush"),
      appendedBytes: 0,
      writtenBytes: 0,
    },
    PARENT_LIMITS,
  );
  const theirs = link.handles.decode({ type: "Queue", id: idOf(queue) }) as Queue<unknown>;
  for (let n = 0; n < 3; n++) theirs.put(n).catch(() => {});
  const get = theirs.get().then(() => events.push("code"));
  await turn();
  assertEquals(events.splice(0), ["request", "request", "request", "request", "flush"]);
  link.receive(["response", 4, 1, 1, 0, "item"], [], 0);
  await get;
  assertEquals(events, ["ack", "flush", "code"]);
});

Deno.test("PeerLink.receive() throws ProtocolError for an answer that hands over what cannot be", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const theirs = child.giveBack(queueIn(child.hub));
  for (const delivery of ["1", -1, 0.5, null]) {
    const get = theirs.get();
    const [, requestId] = child.toChild.messages.at(-1)!;
    assertThrows(() => child.parentLink.receive(["response", requestId, 1, delivery, 0, 1], [], 0), ProtocolError);
    get.catch(() => {});
  }
  child.die();
  await turn();
});

Deno.test("PeerLink answers all that needs no more than that in one message, in order with the others", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const theirs = child.give(queueIn(parent));
  const settled: string[] = [];
  const ask = (name: string, promise: Promise<unknown>) => void promise.then(() => settled.push(name));
  for (const name of ["a", "b"]) ask(name, theirs.put(name));
  ask("size", theirs.qsize());
  ask("c", theirs.put("c"));
  while (child.toParent.deliver());
  await turn();
  assertEquals(child.toChild.messages.map(([kind]) => kind), ["done", "response", "done"]);
  await quiesce(child);
  assertEquals(settled, ["a", "b", "size", "c"]);
});

Deno.test("PeerLink.close() may be called again, and ends what was asked for", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const queue = queueIn(parent);
  const get = child.give(queue).get();
  child.childLink.close();
  child.childLink.close();
  assertInstanceOf(await get.catch((error) => error), EndOfStreamError);
});

Deno.test("PeerLink.undoExports() undoes the exports of what did not arrive, and no others", async () => {
  const parent = new Hub();
  const child = new HubChild(parent);
  const queue = queueIn(parent);
  const collector = new HandleCollector();
  encode([queue], collector);
  const tickets = collector.handles;
  for (const ticket of tickets) parent.export(ticket, child.parentLink);
  child.parentLink.undoExports(tickets);
  assertEquals(child.parentLink.exported(idOf(queue)), undefined);
  const theirs = child.give(queue);
  for (const ticket of tickets) parent.export(ticket, child.parentLink);
  child.parentLink.undoExports(tickets);
  assertStrictEquals(child.parentLink.exported(idOf(queue)), queue);
  theirs.close();
  await quiesce(child);
  assertEquals(child.parentLink.exported(idOf(queue)), undefined);
});
