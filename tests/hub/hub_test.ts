/** Unit tests of a hub alone: its peers are records of what they were told. */
import "../../src/handles.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../mod.ts";
import { ExportTable } from "../../src/hub/export_table.ts";
import { type Handle, REF } from "../../src/hub/handle.ts";
import { ImportCount } from "../../src/hub/limits.ts";
import { Hub } from "../../src/hub/hub.ts";
import { InFlightHandle } from "../../src/hub/in_flight_handle.ts";
import type { Peer } from "../../src/hub/peer.ts";
import type { SharedObject } from "../../src/hub/shared_object.ts";
import { makeHandle, queueIn } from "../helpers/simulated/hub_network.ts";

/** A peer that keeps what the hub tells it, and what it is asked. */
class RecordingPeer implements Peer {
  readonly imports = new ImportCount(Infinity);
  readonly told: string[] = [];
  readonly exports = new ExportTable();
  readonly touched = new Map<string, SharedObject>();
  readonly forwardedTo = new Set<Peer>();
  readonly deferredRelease = undefined as never;
  readonly questions = {
    forward: (id: string, operation: string) => {
      this.told.push(`forward ${operation} of ${id}`);
      return Promise.resolve("answer");
    },
    cancel: () => {},
  } as never;
  readonly key: string;

  constructor(hub: Hub, key: string) {
    this.key = key;
    hub.join(this);
  }

  addExport(id: string, handle: Handle): boolean {
    return this.exports.add(id, handle);
  }

  exported(id: string): Handle | undefined {
    return this.exports.get(id);
  }

  release(id: string, count: number, closed: boolean): void {
    this.told.push(`release ${count} of ${id}${closed ? ", closed" : ""}`);
  }

  touch(id: string, object: SharedObject): void {
    this.touched.set(id, object);
  }

  tellObjects(isEnded: (process: string) => boolean): void {
    for (const object of this.touched.values()) object.processEnded?.(isEnded);
  }

  tellEnded(path: string): void {
    this.told.push(`ended ${path}`);
  }
}

const CALLER = { process: "a", task: 0 };
const FOREIGN = { type: "Queue", id: "elsewhere:1" };

/** An object that notes what happens to it. */
function noting(events: string[]): SharedObject {
  return {
    operations: { echo: (caller, _wait, value) => `${caller.process}: ${value}` },
    processEnded: (isEnded) => void events.push(...["a", "a/1", "ab", "b"].filter(isEnded)),
    held: (holder) => void events.push(`held ${holder}`),
    dropped: (holder, ended) => void events.push(`dropped ${holder}${ended ? ", ended" : ""}`),
  };
}

Deno.test("Hub.export() tells an object of its first handle elsewhere, and Hub.released() of its last", () => {
  const hub = new Hub();
  const [a, b] = [new RecordingPeer(hub, "a"), new RecordingPeer(hub, "b")];
  const events: string[] = [];
  const handle = makeHandle<Handle>(hub, "Queue", noting(events));
  for (const peer of [a, a, b]) hub.export(handle, peer);
  assertEquals(events, ["held here", "held elsewhere", "held elsewhere"]);
  assertEquals(a.exports.subtract(handle[REF].id, 1), undefined);
  hub.released(a.exports.subtract(handle[REF].id, 1)!, false);
  hub.released(b.exports.subtract(handle[REF].id, 1)!, true);
  assertEquals(events.slice(3), ["dropped elsewhere", "dropped elsewhere, ended"]);
});

Deno.test("Hub.export() lets go of what a message held, once the peer has it", () => {
  const hub = new Hub();
  const peer = new RecordingPeer(hub, "a");
  const events: string[] = [];
  const sent = new InFlightHandle(makeHandle<Handle>(hub, "Queue", noting(events)));
  hub.export(sent, peer);
  assertEquals(events, ["held here", "held elsewhere", "held elsewhere", "dropped elsewhere"]);
});

Deno.test("Hub.decodeHandle() gives a peer's object one handle, and its own object back as it was sent", () => {
  const hub = new Hub();
  const peer = new RecordingPeer(hub, "a");
  const handle = hub.decodeHandle(FOREIGN, peer);
  assertStrictEquals(hub.decodeHandle(FOREIGN, peer), handle);
  const own = queueIn(hub);
  hub.export(own, peer);
  assertStrictEquals(hub.decodeHandle({ type: "Queue", id: own[REF].id }, peer), own as unknown as Handle);
});

Deno.test("Hub.decodeHandle() throws ProtocolError for what a peer cannot have", () => {
  const hub = new Hub();
  const [a, b] = [new RecordingPeer(hub, "a"), new RecordingPeer(hub, "b")];
  hub.decodeHandle(FOREIGN, a);
  const cases: [unknown, string][] = [
    [{ type: "Queue", id: queueIn(hub)[REF].id }, "never sent"],
    [FOREIGN, "of another process"],
    [{ type: "Queue", id: "elsewhere:2" }, "of another process"],
    [{ type: "NoSuch", id: "third:1" }, 'unknown type "NoSuch"'],
    [null, "malformed"],
    [{ type: "Queue" }, "malformed"],
  ];
  for (const [data, message] of cases) assertThrows(() => hub.decodeHandle(data, b), ProtocolError, message);
});

Deno.test("Hub.forgetIfUnused() releases a closed import with all that arrived, and not while a peer may use it", () => {
  const hub = new Hub();
  const [owner, other] = [new RecordingPeer(hub, "owner"), new RecordingPeer(hub, "other")];
  for (let n = 0; n < 3; n++) hub.decodeHandle(FOREIGN, owner);
  const handle = hub.decodeHandle(FOREIGN, owner);
  hub.export(handle, other);
  handle[REF].close();
  assertEquals(owner.told, []);
  hub.released(other.exports.subtract(FOREIGN.id, 1)!, false);
  assertEquals(owner.told, ["release 4 of elsewhere:1, closed"]);
});

Deno.test("Hub.serve() runs operations of its own objects, and forwards those of others", async () => {
  const hub = new Hub();
  const [asker, owner] = [new RecordingPeer(hub, "a"), new RecordingPeer(hub, "owner")];
  const handle = makeHandle<Handle>(hub, "Queue", noting([]));
  assertEquals(hub.serve(asker, handle, "echo", ["x"], CALLER, {}), "a: x");
  const foreign = hub.decodeHandle(FOREIGN, owner);
  assertEquals(await hub.serve(asker, foreign, "get", [], CALLER, {}), "answer");
  assertEquals(owner.told, ["forward get of elsewhere:1"]);
});

Deno.test("Hub tells objects and owners elsewhere which processes have ended, and no others", () => {
  const hub = new Hub();
  const [asker, owner] = [new RecordingPeer(hub, "a"), new RecordingPeer(hub, "owner")];
  const events: string[] = [];
  const handle = makeHandle<Handle>(hub, "Queue", noting(events));
  hub.serve(asker, handle, "echo", [], CALLER, {});
  hub.serve(asker, hub.decodeHandle(FOREIGN, owner), "get", [], CALLER, {});
  events.length = 0;
  hub.processEnded(asker, "1");
  assertEquals(events.splice(0), ["a/1"]);
  hub.linkClosed(asker);
  assertEquals(events, ["a", "a/1"]);
  assertEquals(owner.told.slice(1), ["ended a/1", "ended a"]);
  assertEquals(hub.peerCount, 1);
});
