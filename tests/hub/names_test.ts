/** Unit tests of what one peer may name to another, objects and processes behind it, in memory, one message at a time. */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProtocolError, type Queue } from "../../mod.ts";
import { REF } from "../../src/hub/handle.ts";
import { Hub } from "../../src/hub/hub.ts";
import type { PeerLimits } from "../../src/hub/limits.ts";
import type { SharedObject } from "../../src/hub/shared_object.ts";
import { decode } from "../../src/wire/codec/codec.ts";
import { HubChild, largeIn, makeHandle, queueIn, turn } from "../helpers/simulated/hub_network.ts";

const LIMITS: PeerLimits = { requests: 8, requestBytes: 4000, unreadBytes: 1000 };

Deno.test("A peer that sends handles of more objects or processes than it may is refused; those that were closed do not count", () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, { ...LIMITS, imports: 3 });
  const handleOf = (id: string) => ({ $: "handle", v: { type: "Queue", id } });
  const receive = (...ids: string[]): Queue<unknown>[] =>
    decode(ids.map(handleOf), true, [], child.parentLink.handles) as Queue<unknown>[];
  for (let round = 0; round < 9; round++) for (const queue of receive("a:1", "a:2", "a:3")) queue.close();
  assertThrows(() => receive("a:1", "a:2", "a:3", "a:4"), ProtocolError, "handles of more than 3 objects");
  const other = new HubChild(parent, undefined, { ...LIMITS, imports: 3 });
  const invented = (id: string): Queue<unknown> => {
    const [queue] = decode([handleOf(id)], true, [], other.parentLink.handles) as Queue<unknown>[];
    return queue!;
  };
  for (let round = 0; round < 9; round++) invented(`b${round}:1`).close();
  for (const id of ["c:1", "d:1", "e:1"]) invented(id);
  const { imports } = other.parentLink;
  assertEquals([imports.objects, imports.origins], [3, 3]);
  assertThrows(() => invented("f:1"), ProtocolError, "handles of more than 3 objects");
});

Deno.test("ImportCount is exact, however handles come, are passed on and are closed", () => {
  fc.assert(fc.property(
    fc.array(fc.record({ origin: fc.nat(3), object: fc.nat(2), kind: fc.constantFrom("come", "close", "show") })),
    (steps) => {
      const parent = new Hub();
      const [child, other] = [1, 2].map(() => new HubChild(parent, undefined, LIMITS)) as [HubChild, HubChild];
      const open = new Map<string, Queue<unknown>>();
      const shown = new Set<string>();
      for (const { origin, object, kind } of steps) {
        const id = `o${origin}:${object}`;
        if (kind === "come") open.set(id, child.parentLink.handles.decode({ type: "Queue", id }) as Queue<unknown>);
        if (kind === "show" && open.has(id)) {
          other.give(open.get(id)!);
          shown.add(id);
        }
        if (kind === "close") {
          open.get(id)?.[REF].close();
          open.delete(id);
        }
        // What another peer may use is known as long as that has it.
        const known = new Set([...open.keys(), ...shown]);
        const { imports } = child.parentLink;
        assertEquals(imports.objects, known.size);
        assertEquals(imports.origins, new Set([...known].map((id) => id.split(":")[0])).size);
      }
      other.die();
      for (const queue of open.values()) queue[REF].close();
      assertEquals([child.parentLink.imports.objects, child.parentLink.imports.origins], [0, 0]);
    },
  ));
});

Deno.test("A process whose objects were shown to another peer is not claimed by that, also when all are closed", () => {
  const parent = new Hub();
  const [child, other] = [1, 2].map(() => new HubChild(parent, undefined, LIMITS)) as [HubChild, HubChild];
  const come = (from: HubChild, id: string): Queue<unknown> =>
    from.parentLink.handles.decode({ type: "Queue", id }) as Queue<unknown>;
  const queue = come(child, "shown:1");
  const theirs = other.give(queue);
  theirs[REF].close();
  while (other.toParent.deliver());
  queue[REF].close();
  assertEquals(child.parentLink.imports.objects, 0);
  assertThrows(() => come(other, "shown:2"), ProtocolError, "of another process");
  come(child, "shown:3");
  // One of which no other peer knows is forgotten.
  come(child, "unseen:1")[REF].close();
  come(other, "unseen:2");
});

Deno.test("A peer may not fill the memory with names: of objects, or of processes behind it", () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, LIMITS);
  const queue = queueIn(parent);
  child.give(queue);
  const decoded = (id: string): unknown => child.parentLink.handles.decode({ type: "Queue", id });
  decoded(`${crypto.randomUUID()}:${2 ** 53}`);
  assertThrows(() => decoded(`${"x".repeat(100)}:1`), ProtocolError, "a handle is malformed");
  const ask = (process: string): unknown =>
    child.parentLink.receive(["request", 1, queue[REF].id, "qsize", process, 0, null, 0, []], [], 10);
  ask(Array.from({ length: 25 }, () => 123_456_789).join("/"));
  assertThrows(() => ask("1".repeat(300)), ProtocolError, "malformed");
  assertThrows(() => child.parentLink.receive(["ended", "1".repeat(300)], [], 10), ProtocolError, "malformed");
});

Deno.test("A peer may ask for so many processes behind it, and for others when those have ended", () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, { ...LIMITS, imports: 3 });
  const queue = queueIn(parent);
  child.give(queue);
  let id = 0;
  const ask = (process: string): unknown =>
    child.parentLink.receive(["request", ++id, queue[REF].id, "qsize", process, 0, null, 0, []], [], 10);
  for (let n = 0; n < 10; n++) {
    ask(`${n}`);
    ask(`${n}/1`);
    ask(`${n}/1/2`);
    ask("");
    child.parentLink.receive(["ended", `${n}`], [], 10);
  }
  ask("1");
  ask("2");
  ask("3");
  assertThrows(() => ask("4"), ProtocolError, "it asked for more than 3 processes");
});

Deno.test("An object hears that a process has ended after what that has asked, and only of one that has asked", async () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, { ...LIMITS, requests: 100 });
  const told: string[] = [];
  const object: SharedObject = {
    operations: {
      put: ({ process }) => {
        told.push(`put by ${process.slice(child.key.length)}`);
        return "x".repeat(2000);
      },
    },
    processEnded: (isEnded) => told.push(`ended ${["1", "2"].filter((name) => isEnded(`${child.key}/${name}`))}`),
  };
  const handle = makeHandle<Queue<unknown>>(parent, "Queue", object);
  child.give(handle);
  let id = 0;
  const ask = (process: string): unknown =>
    child.parentLink.receive(["request", ++id, handle[REF].id, "put", process, 0, null, 0, [0]], [], 10);
  child.parentLink.receive(["ended", "2"], [], 10);
  ask("1");
  // What follows is held: the child does not read.
  ask("2");
  child.parentLink.receive(["ended", "2"], [], 10);
  assertEquals(told, ["put by /1"]);
  for (let n = 0; n < 2; n++) {
    await turn();
    // It reads, and has not asked itself.
    assertThrows(() => child.toChild.deliver(), ProtocolError, "which was not made");
  }
  assertEquals(told, ["put by /1", "put by /2", "ended 2"]);
});

Deno.test("A peer may not report the end of any number of processes while it does not read", () => {
  const parent = new Hub();
  const child = new HubChild(parent, undefined, LIMITS);
  const { handle } = largeIn(parent, 2000);
  child.give(handle);
  const ask = (id: number, process: string): unknown =>
    child.parentLink.receive(["request", id, handle[REF].id, "qsize", process, 0, null, 0, []], [], 10);
  ask(1, "");
  assertThrows(
    () => {
      for (let n = 2; n < 100; n++) {
        ask(n, "1");
        child.parentLink.receive(["cancel", n], [], 10);
        child.parentLink.receive(["ended", "1"], [], 10);
      }
    },
    ProtocolError,
    "at once",
  );
});
