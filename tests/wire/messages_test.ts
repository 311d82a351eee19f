/** Unit tests: every message is written as its tuple says, and every reader refuses what is not so. */
import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { encode } from "../../src/wire/codec/codec.ts";
import * as hub from "../../src/wire/messages/hub_messages.ts";
import { HEAD, LEASE_FRESH_MS, LEASE_MS, LEASE_SILENCE_MS, requireSoundLease } from "../../src/wire/messages/lease.ts";
import { withValue } from "../../src/wire/messages/text.ts";
import * as toChild from "../../src/wire/messages/to_child.ts";
import * as toParent from "../../src/wire/messages/to_parent.ts";
import type { WorkerSettings } from "../../src/wire/protocol.ts";

const SETTINGS: WorkerSettings = {
  workerId: 0,
  concurrency: 1,
  maxFrameBytes: 8192,
  memoryLimitMiB: null,
  memoryMarker: 'a "quoted" marker',
  blockSecret: "ff",
  colored: { 1: false, 2: true },
  initializer: null,
};
const PLAIN = encode([1, "x"]);
const TAGGED = encode(new Date(0));
const TREE = JSON.parse(TAGGED.text);
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

Deno.test("readParentMessage() reads what each writer of a parent writes", () => {
  const call = toChild.writeCall(7, 2, 1, PLAIN, undefined);
  const traced = toChild.writeCall(8, 2, 3, TAGGED, TRACE);
  const measured = toChild.writeCall(9, 2, 1, PLAIN, "");
  const mode = { spread: true, stopOnError: false };
  const messages: [text: string, tuple: unknown[]][] = [
    [toChild.writeFunction(2, { kind: "export", name: 'a"b' }), ["function", 2, { kind: "export", name: 'a"b' }]],
    [toChild.writeRun(HEAD, call), ["run", -1, [[7, 2, 1, 0, [1, "x"]]]]],
    [toChild.writeRun(4, [call, traced, measured].join(",")), [
      "run",
      4,
      [[7, 2, 1, 0, [1, "x"]], [8, 2, 3, 1, TREE, TRACE], [9, 2, 1, 0, [1, "x"], ""]],
    ]],
    [toChild.writeChunk(4, 7, 2, 1, mode, PLAIN, undefined), ["chunk", 4, 7, 2, 1, 1, 0, 0, [1, "x"]]],
    [toChild.writeChunk(4, 7, 2, 1, mode, PLAIN, TRACE), ["chunk", 4, 7, 2, 1, 1, 0, 0, [1, "x"], TRACE]],
    [toChild.writeAbort(7, TAGGED), ["abort", 7, 1, TREE]],
    [toChild.WAKE, ["wake"]],
    [toChild.STOP, ["stop"]],
  ];
  for (const [text, tuple] of messages) assertEquals<unknown>(toChild.readParentMessage(text), tuple);
  const hello = toChild.readParentMessage(toChild.writeHello(SETTINGS, PLAIN));
  assertEquals<unknown[]>([hello[0], ...hello.slice(3)], ["hello", SETTINGS, 0, [1, "x"]]);
});

Deno.test("readChildMessage() reads what each writer of a child writes", () => {
  const bytes = [new Uint8Array(3)];
  const messages: [text: string, tuple: unknown[]][] = [
    [toParent.READY, ["ready"]],
    [toParent.STANDBY, ["standby"]],
    [toParent.writeFailed(PLAIN), ["failed", 0, [1, "x"]]],
    [toParent.writeStarted(7), ["started", 7]],
    [toParent.writeResult(7, undefined), ["result", 7]],
    [toParent.writeResult(7, PLAIN), ["result", 7, 0, [1, "x"]]],
    [toParent.writeResult(7, TAGGED, 1.25), ["result", 7, 1, TREE, 1.25]],
    [toParent.writeError(7, TAGGED), ["error", 7, 1, TREE]],
    [toParent.writeError(7, PLAIN, 0), ["error", 7, 0, [1, "x"], 0]],
    [toParent.writePart(7, TAGGED), ["part", 7, 1, TREE]],
    [toParent.writeChunkResult(7, 0.5, PLAIN), ["chunk", 7, 0.5, 0, [1, "x"]]],
    [toParent.writeChunkErrors(7, 0.5, TAGGED), ["chunkErrors", 7, 0.5, 1, TREE]],
    [toParent.writeReturned([7, 8]), ["returned", [7, 8]]],
    [toParent.writeReturned([]), ["returned", []]],
    [toParent.writeProgress(7, PLAIN), ["progress", 7, 0, [1, "x"]]],
    [toParent.writeOutput(1, 0, 'a "b"\n'), ["output", 1, 0, 'a "b"\n']],
    [toParent.writeOutput(2, 7, null), ["output", 2, 7, null]],
  ];
  for (const [text, tuple] of messages) assertEquals<unknown>(toParent.readChildMessage(text, bytes), tuple);
  assertEquals<unknown>(toParent.readChildMessage(toParent.CHILD_HELLO, [])[0], "hello");
});

Deno.test("readHubMessage() reads what each writer of a hub writes", () => {
  const messages: [text: string, tuple: unknown[]][] = [
    [withValue(hub.requestHead(1, "a:1", "put", "2/3", 0, null), PLAIN), [
      "request",
      1,
      "a:1",
      "put",
      "2/3",
      0,
      null,
      0,
      [1, "x"],
    ]],
    [withValue(hub.responseHead(1, 2), TAGGED), ["response", 1, 1, 2, 1, TREE]],
    [withValue(hub.errorResponseHead(1), PLAIN), ["response", 1, 0, 0, 0, [1, "x"]]],
    [hub.writeDone([1, 2]), ["done", 1, 2]],
    [hub.writeCancel(1), ["cancel", 1]],
    [hub.writeAck(1), ["ack", 1]],
    [hub.writeRequeue(1), ["requeue", 1]],
    [hub.writeRelease("a:1", 2, true), ["release", "a:1", 2, 1]],
    [hub.writeEnded('2/"3"'), ["ended", '2/"3"']],
  ];
  for (const [text, tuple] of messages) {
    assertEquals<unknown>(hub.readHubMessage(JSON.parse(text)), tuple);
    // Both sides hand them on to their link, which checks them.
    assertEquals<unknown>(toParent.readChildMessage(text, []), tuple);
    assertEquals<unknown>(toChild.readParentMessage(text), tuple);
  }
  assertEquals(hub.readHubMessage(["result", 1]), undefined);
});

Deno.test("readChildMessage() throws ProtocolError for anything that is not a message of a child", () => {
  const malformed = [
    "",
    "result",
    "7",
    "{}",
    '{"kind":"result"}',
    "[]",
    "[1]",
    "null",
    '["shutdown",1]',
    '["run",-1,[]]',
    '["toString"]',
    '["result"]',
    '["result","7",0,1]',
    '["result","__proto__",0,1]',
    '["result",7,2,1]',
    '["result",7,0]',
    '["result",7,0,1,"1"]',
    '["result",7,0,1,-1]',
    '["result",7,0,1,1e999]',
    '["chunk",7,1e999,0,[]]',
    '["result",7,0,1,1,1]',
    '["error",7]',
    '["error",1.5,0,1]',
    '["part",7,0]',
    '["chunk",7,"1",0,[]]',
    '["chunk",7,1,0]',
    '["chunkErrors",7,null,0,{}]',
    '["started","7"]',
    '["returned",7]',
    '["returned",["7"]]',
    '["progress",7,0]',
    '["output",3,0,"x"]',
    '["output",1,"x","x"]',
    '["output",1,0,null]',
    '["output",1,0,7]',
    '["failed",0]',
    '["hello",1]',
  ];
  for (const text of malformed) assertThrows(() => toParent.readChildMessage(text, []), ProtocolError, undefined, text);
});

Deno.test("readParentMessage() throws ProtocolError for anything that is not a message of a parent", () => {
  const malformed = [
    "",
    "7",
    '["ready"]',
    '["run",-1]',
    '["run",-1,[]]',
    '["run","-1",[[1,1,1,0,[]]]]',
    '["run",-1,[[1,1,1,0]]]',
    '["run",-1,[[1,1,1,2,[]]]]',
    '["run",-1,[[1,1,1,0,[],7]]]',
    '["chunk",-1,1,1,1,0,0,0]',
    '["chunk",-1,1,1,1,0,2,0,[]]',
    '["chunk",-1,1,1,1,0,0,0,[],7]',
    '["function","1",{}]',
    '["function",1,null]',
    '["abort",1]',
    '["hello",1,"0.1.0",null,0,[]]',
  ];
  for (const text of malformed) assertThrows(() => toChild.readParentMessage(text), ProtocolError, undefined, text);
});

Deno.test("requireSoundLease() holds for the lease in use, and refuses one with which a task could start twice", () => {
  requireSoundLease(LEASE_FRESH_MS, LEASE_MS, LEASE_SILENCE_MS);
  for (const [fresh, lease, silence] of [[1, 5, 5], [1, 6, 5], [3, 3, 5], [4, 3, 5]] as const) {
    assertThrows(() => requireSoundLease(fresh, lease, silence), RangeError, "start twice");
  }
});
