/** Unit tests of how a chunk that takes long is worked on in several turns, in simulated time. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TurnTaking } from "../../../src/worker/streams/turn_taking.ts";

const QUICK_MS = 1;
/** Longer than any slice. */
const SLOW_MS = 10;

const chunkOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at % 251);

/** Turns by a clock that only the work moves on: each piece takes `pieceMs`, and is noted. */
function workOf(pieceMs: number): { turns: TurnTaking; seen: number[][]; work(piece: Uint8Array): void } {
  let nowMs = 0;
  const seen: number[][] = [];
  const work = (piece: Uint8Array): void => {
    seen.push([...piece]);
    nowMs += pieceMs;
  };
  return { turns: new TurnTaking(() => nowMs), seen, work };
}

Deno.test("TurnTaking works on a quick chunk at once, in order", () => {
  const { turns, seen, work } = workOf(QUICK_MS);
  assertEquals(turns.take(chunkOf(20_000), work), undefined);
  assertEquals(seen.flat(), [...chunkOf(20_000)]);
});

Deno.test("TurnTaking lets timers fire between the pieces of a slow chunk, which get smaller", async () => {
  const { turns, seen, work } = workOf(SLOW_MS);
  let firedAfter = Infinity;
  const timer = setTimeout(() => firedAfter = seen.length);
  await turns.take(chunkOf(200_000), work);
  clearTimeout(timer);
  assert(firedAfter < seen.length);
  assertEquals(seen.flat(), [...chunkOf(200_000)]);
  assert(seen.at(-1)!.length < seen[0]!.length);
});

Deno.test("TurnTaking gives no turn away when it is in a hurry", () => {
  const { turns, seen, work } = workOf(SLOW_MS);
  turns.hurry();
  assertEquals(turns.take(chunkOf(20_000), work), undefined);
  assertEquals(seen.flat(), [...chunkOf(20_000)]);
});

Deno.test("TurnTaking rejects with what the work throws in a later turn, and does no more", async () => {
  const { turns, seen, work } = workOf(SLOW_MS);
  const failing = (piece: Uint8Array): void => {
    work(piece);
    if (seen.length === 2) throw new RangeError("no more");
  };
  await assertRejects(async () => await turns.take(chunkOf(30_000), failing), RangeError, "no more");
  assertEquals(seen.length, 2);
});
