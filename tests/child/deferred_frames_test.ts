// Kind: pure unit.
import { assert, assertEquals, assertFalse } from "@std/assert";
import { DeferredFrames } from "../../src/child/deferred_frames.ts";

const HANDLE = '["run",0,[{"$":"handle"}]]';

Deno.test("DeferredFrames.push() passes frames on at once as long as no handle came", () => {
  const received: string[] = [];
  const frames = new DeferredFrames(() => Promise.reject(new Error("nothing is to be loaded")), (text) => {
    received.push(text);
  });
  frames.push("a", []);
  frames.push("b", []);
  assertEquals(received, ["a", "b"]);
  assertFalse(frames.isHolding);
});

Deno.test("DeferredFrames.push() holds frames from the first handle on, until the classes are there, in order", async () => {
  const received: [string, number][] = [];
  const loaded = Promise.withResolvers<void>();
  let loads = 0;
  const frames = new DeferredFrames(() => {
    loads++;
    return loaded.promise;
  }, (text, parts) => void received.push([text, parts.length]));
  frames.push(HANDLE, [new Uint8Array(1)]);
  frames.push("later", []);
  frames.push(HANDLE, []);
  assert(frames.isHolding);
  assertEquals(received, []);
  loaded.resolve();
  await loaded.promise;
  await Promise.resolve();
  assertEquals(received, [[HANDLE, 1], ["later", 0], [HANDLE, 0]]);
  assertFalse(frames.isHolding);
  frames.push(HANDLE, []);
  assertEquals(received.length, 4);
  assertEquals(loads, 1);
});
